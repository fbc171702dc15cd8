# Declarations of libzmq, of Python's C API and of the small C headers beside this file. No code.
# _native.pxd includes it, and every piece has it by that.

cimport cython
from cpython.buffer cimport (
    PyBUF_ANY_CONTIGUOUS,
    PyBUF_WRITABLE,
    PyBuffer_FillInfo,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
)
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.exc cimport PyErr_CheckSignals
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.errno cimport (
    EAGAIN,
    EBUSY,
    EEXIST,
    EFAULT,
    EINTR,
    EINVAL,
    EMFILE,
    ENOENT,
    ENOMEM,
    errno,
)
from libc.limits cimport INT_MAX, INT_MIN
from libc.stdint cimport INT64_MAX, int64_t, uint16_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset, strcmp, strlen, strncmp, strrchr


cdef extern from "zmq.h" nogil:
    ctypedef struct zmq_msg_t:
        pass
    ctypedef void zmq_free_fn(void *data, void *hint)

    int ZMQ_DONTWAIT, ZMQ_SNDMORE, ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR
    int ZMQ_EVENTS, ZMQ_FD, ZMQ_TYPE, ZMQ_LINGER, ZMQ_RCVMORE, ZMQ_SNDTIMEO, ZMQ_RCVTIMEO
    int ZMQ_MECHANISM, ZMQ_ZAP_DOMAIN, ZMQ_NULL, ZMQ_PLAIN
    int ZMQ_LAST_ENDPOINT, ZMQ_SOCKS_PROXY, ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_THREAD_SAFE
    int ZMQ_ROUTING_ID
    int ZMQ_SRCFD
    int zmq_msg_get(const zmq_msg_t *msg, int property)
    int ZMQ_ROUTER, ZMQ_REP, ZMQ_PAIR, ZMQ_DEALER, ZMQ_REQ, ZMQ_SUB, ZMQ_XSUB
    int ZMQ_SNDHWM, ZMQ_RCVHWM, ZMQ_IMMEDIATE, ZMQ_SUBSCRIBE, ZMQ_UNSUBSCRIBE
    int ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY, ZMQ_CURVE_SERVERKEY
    int ZMQ_PUSH, ZMQ_STREAM
    int ZMQ_PUB, ZMQ_XPUB, ZMQ_XPUB_NODROP
    int ZMQ_XPUB_VERBOSE, ZMQ_XPUB_VERBOSER, ZMQ_XPUB_MANUAL
    int ZMQ_EVENT_BIND_FAILED, ZMQ_EVENT_MONITOR_STOPPED
    int ZMQ_EVENT_CONNECTED, ZMQ_EVENT_ACCEPTED, ZMQ_EVENT_DISCONNECTED
    int ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    int ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ZMQ_EVENT_HANDSHAKE_SUCCEEDED
    int EFSM, ETERM, ENOTSOCK, ENOTSUP, ENAMETOOLONG, EHOSTUNREACH

    void zmq_version(int *major, int *minor, int *patch)
    int c_errno "zmq_errno"()
    const char *zmq_strerror(int errnum)
    int zmq_has(const char *capability)

    void *zmq_ctx_new()
    int zmq_ctx_term(void *context)
    int zmq_ctx_get(void *context, int option)
    int zmq_ctx_set(void *context, int option, int value)

    void *zmq_socket(void *context, int type)
    int zmq_close(void *socket)
    int zmq_setsockopt(void *socket, int option, const void *value, size_t size)
    int zmq_socket_monitor(void *socket, const char *endpoint, int events)

    int zmq_msg_init(zmq_msg_t *msg)
    int zmq_msg_init_size(zmq_msg_t *msg, size_t size)
    int zmq_msg_init_data(zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *ffn, void *hint)
    int zmq_msg_close(zmq_msg_t *msg)
    int zmq_msg_copy(zmq_msg_t *dest, zmq_msg_t *src)
    int zmq_msg_move(zmq_msg_t *dest, zmq_msg_t *src)
    void *zmq_msg_data(zmq_msg_t *msg)
    size_t zmq_msg_size(const zmq_msg_t *msg)
    int zmq_msg_more(const zmq_msg_t *msg)
    int zmq_msg_get(const zmq_msg_t *msg, int option)
    int zmq_msg_set(zmq_msg_t *msg, int option, int value)
    const char *zmq_msg_gets(const zmq_msg_t *msg, const char *name)

    int zmq_curve_keypair(char *public, char *secret)
    int zmq_curve_public(char *public, const char *secret)


# None of these fails with EINTR.
cdef extern from "retry.h" nogil:
    int zmq_getsockopt "ohmq_getsockopt"(void *socket, int option, void *value, size_t *size)
    int zmq_bind "ohmq_bind"(void *socket, const char *endpoint)
    int zmq_connect "ohmq_connect"(void *socket, const char *endpoint)
    int zmq_unbind "ohmq_unbind"(void *socket, const char *endpoint)
    int zmq_disconnect "ohmq_disconnect"(void *socket, const char *endpoint)
    int zmq_send "ohmq_send"(void *socket, const void *data, size_t size, int flags)
    int zmq_msg_send "ohmq_msg_send"(zmq_msg_t *msg, void *socket, int flags)
    int zmq_msg_recv "ohmq_msg_recv"(zmq_msg_t *msg, void *socket, int flags)


cdef extern from "draft.h" nogil:
    int zmq_join(void *socket, const char *group)
    int zmq_leave(void *socket, const char *group)
    int zmq_msg_set_routing_id(zmq_msg_t *msg, uint32_t routing_id)
    uint32_t zmq_msg_routing_id(zmq_msg_t *msg)
    int zmq_msg_set_group(zmq_msg_t *msg, const char *group)
    const char *zmq_msg_group(zmq_msg_t *msg)
    bint ohmq_have_groups()
    uint32_t zmq_connect_peer(void *socket, const char *endpoint)
    bint ohmq_have_routing_ids()
    bint ohmq_have_peers()


cdef extern from "signaler.h" nogil:
    void *ohmq_signaler_open(void *socket, int64_t *fd)
    void ohmq_signaler_close(void *signaler)
    void ohmq_signaler_clear(int64_t fd)


cdef extern from "platform.h" nogil:
    ctypedef struct ohmq_lock:
        int depth
    bint ohmq_lock_try(ohmq_lock *lock)
    void ohmq_lock_spin(ohmq_lock *lock)
    void ohmq_lock_release(ohmq_lock *lock)
    int ohmq_generation
    void ohmq_watch_fork()
    int64_t ohmq_now()
    int ohmq_ipc_path_max()

    ctypedef struct ohmq_waker:
        int64_t read_fd
        int64_t write_fd
        int owner
        int ticks
    bint ohmq_is_first_thread()
    int ohmq_waker_open(ohmq_waker *waker)
    int ohmq_ticker_open(ohmq_waker *waker)
    bint ohmq_waker_is_open(ohmq_waker *waker)
    void ohmq_waker_close(ohmq_waker *waker)
    void ohmq_waker_wake(ohmq_waker *waker)
    void ohmq_waker_clear(ohmq_waker *waker)

    ctypedef struct ohmq_interest:
        int64_t fd
        short events
        short ready
    int ohmq_wait(ohmq_interest *items, int n, int64_t deadline)

    bint OHMQ_FD_IS_WIDE
    bint OHMQ_FREE_THREADED
    int ohmq_set_open()
    void ohmq_set_close(int set)
    int ohmq_set_add(int set, int64_t fd, void *tag)
    int ohmq_set_watch(int set, int64_t fd, short events)
    void ohmq_set_remove(int set, int64_t fd)
    int ohmq_set_ready(int set, void **tags, int n)

    void ohmq_yield()
    void ohmq_block_signals()

    void ohmq_count(int *where, int change)
    int ohmq_load_int(int *where)
    void ohmq_store_int(int *where, int value)
    int64_t ohmq_load_long(int64_t *where)
    void ohmq_store_long(int64_t *where, int64_t value)
    void ohmq_add_long(int64_t *where, int64_t change)
    void *ohmq_load_pointer(void **where)
    void ohmq_store_pointer(void **where, void *value)


cdef extern from "busy_wait.h" nogil:
    ctypedef struct ohmq_busy_wait:
        int64_t limit_ns
        bint by_default
        int64_t won
        int64_t lost
        int64_t looked_ns
    ctypedef struct ohmq_one_wait:
        int64_t limit_ns
        int64_t began
    void ohmq_wait_begin(ohmq_one_wait *wait, ohmq_busy_wait *habit, bint for_answer,
                         int64_t now)
    bint ohmq_awaits_answer(ohmq_busy_wait *habit, int64_t sent)
    void ohmq_wait_end(const ohmq_one_wait *wait, ohmq_busy_wait *habit, int ready, int64_t now)
    int ohmq_look(ohmq_interest *items, int n, int64_t deadline, ohmq_one_wait *wait)
    int ohmq_wait_busily(ohmq_interest *items, int n, int64_t deadline, ohmq_one_wait *wait)


# These need the GIL: they let go of it while they wait.
cdef extern from "platform.h":
    void ohmq_lock_acquire(ohmq_lock *lock)
    bint ohmq_lock_to_leave(ohmq_lock *lock)


cdef extern from "half_close.h" nogil:
    bint ohmq_connection_can_be_held
    int ohmq_connection_hold(int fd)
    void ohmq_connection_let_go(int fd)
    bint ohmq_connection_is_at(int fd, const char *place)
    int ohmq_connection_unread(int fd)
    int64_t ohmq_connection_received(int fd, int64_t *gap_ns)
    void ohmq_connection_half_close(int fd, bint waits)


cdef extern from "connections.h" nogil:
    int ohmq_peer_port(int fd)
    int ohmq_descriptors(int **found, int most)
    bint ohmq_connection_text(int fd, bint remote, char *text, size_t size)
    void ohmq_listener_refuse(const char *place, bint refuses)


cdef extern from "loans.h" nogil:
    ctypedef struct ohmq_loan:
        ohmq_loan *next
        Py_buffer view
        PyObject *event
    ohmq_waker ohmq_loan_waker
    void ohmq_loan_returned(void *data, void *hint) noexcept
    ohmq_loan *ohmq_loans_take()
    bint ohmq_loans_any()
    void ohmq_loan_ended(ohmq_loan *loan)
    ohmq_loan *ohmq_loans_take_ended()
    bint ohmq_loans_any_ended()


cdef extern from "terminate.h" nogil:
    int ohmq_drop_reference(int *references)


cdef extern from "step_out.h":
    PyObject *ohmq_step_out()
    int ohmq_step_in(PyObject *) except -1


cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX
    int Py_IsInitialized() nogil
    ctypedef object (*getattrofunc)(object, object)
    ctypedef int (*setattrofunc)(object, object, PyObject *) except -1
    ctypedef struct PyTypeObject:
        getattrofunc tp_getattro
        setattrofunc tp_setattro
    void PyType_Modified(type cls)
    object PyObject_GenericGetAttr(object self, object name)
    object PyObject_GenericGetDict(object self, void *nothing)
    int PyObject_GenericSetAttr(object self, object name, PyObject *value) except -1
    unsigned long PyThread_get_thread_ident() nogil
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1
    long PyThread_start_new_thread(void (*function)(void *) noexcept nogil, void *argument) nogil


cdef extern from "futures.h":
    const char *OHMQ_RUNNING_KEY
    Py_ssize_t ohmq_offset_of(object)
    PyObject *PyThreadState_GetDict()
    PyObject *PyDict_GetItemWithError(PyObject *, PyObject *) except? NULL
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT
    ctypedef PySendResult (*sendfunc)(PyObject *, PyObject *, PyObject **) noexcept
    ctypedef object (*unaryfunc)(object)
    ctypedef object (*newfunc)(PyTypeObject *, object, PyObject *)
    ctypedef struct PyAsyncMethods:
        unaryfunc am_await
        sendfunc am_send
    ctypedef struct SlotsOfType "PyTypeObject":
        PyAsyncMethods *tp_as_async
        unaryfunc tp_iter
        unaryfunc tp_repr
        getattrofunc tp_getattro
        setattrofunc tp_setattro
        newfunc tp_new


cdef extern from "lookup.h":
    PyObject *ohmq_class_attribute(type cls, object name)
    bint ohmq_class_has(type cls, object name, PyObject *thing)
    PyObject *ohmq_dict_of(object)
    PyObject *ohmq_strong_reference(PyObject *weak)


cdef extern from "method.h":
    object ohmq_method_new(object function, object owner, object name, object qualname,
                           object module)
    int ohmq_set_in_class(PyTypeObject *cls, object name, object value) except -1


cdef extern from "frame_class.h":
    void ohmq_adopt_frame_class(PyTypeObject *native, PyTypeObject *cls)
    void ohmq_frame_adopt(object frame)
    int ohmq_frame_has_dict(PyTypeObject *native, Py_ssize_t offset) except -1
