# The classes as a program in Cython sees them. The handles are NULL once a socket or context is
# closed. libzmq's own functions know no lock: only one thread may use a socket through its handle.

from zmq.backend.cython.libzmq cimport zmq_msg_t

cdef extern from * nogil:
    """
    #include <zmq.h>

    /* The beginning of a Frame of zmq._native. */
    typedef struct {
        PyObject_HEAD
        PyObject *weak_references;
        PyObject *attributes;
        zmq_msg_t msg;
    } ohmq_frame;
    """

    ctypedef class zmq._native.Context [object PyObject, check_size ignore]:
        @property
        cdef inline void *handle(self) except? NULL:
            return NULL if self.closed else <void *> <size_t> self.underlying

    ctypedef class zmq._native.Socket [object PyObject, check_size ignore]:
        @property
        cdef inline void *handle(self) except? NULL:
            return NULL if self.closed else <void *> <size_t> self.underlying

    ctypedef class zmq._native.Frame [object ohmq_frame, check_size ignore]:
        cdef zmq_msg_t zmq_msg "msg"
