# Functions of libzmq, for programs in Cython. A program links with the libzmq that this package uses:
# pointers of one copy of it mean nothing to another.

from libc.stdint cimport int64_t, uint32_t, uint64_t

cdef extern from "zmq.h" nogil:
    ctypedef int fd_t "zmq_fd_t"
    ctypedef struct zmq_msg_t:
        pass
    ctypedef struct zmq_pollitem_t:
        void *socket
        fd_t fd
        short events
        short revents
    ctypedef void zmq_free_fn(void *data, void *hint) noexcept nogil

    enum: ZMQ_VERSION_MAJOR
    enum: ZMQ_VERSION_MINOR
    enum: ZMQ_VERSION_PATCH

    # errors, versions, abilities
    int zmq_errno()
    const char *zmq_strerror(int number)
    void zmq_version(int *major, int *minor, int *patch)
    void _zmq_version "zmq_version"(int *major, int *minor, int *patch)
    int zmq_has(const char *ability)

    # contexts
    void *zmq_ctx_new()
    int zmq_ctx_get(void *context, int option)
    int zmq_ctx_set(void *context, int option, int value)
    int zmq_ctx_shutdown(void *context)
    int zmq_ctx_term(void *context)
    int zmq_ctx_destroy(void *context)
    void *zmq_init(int io_threads)
    int zmq_term(void *context)

    # sockets
    void *zmq_socket(void *context, int type)
    int zmq_close(void *socket)
    int zmq_getsockopt(void *socket, int option, void *value, size_t *size)
    int zmq_setsockopt(void *socket, int option, const void *value, size_t size)
    int zmq_bind(void *socket, const char *endpoint)
    int zmq_connect(void *socket, const char *endpoint)
    int zmq_unbind(void *socket, const char *endpoint)
    int zmq_disconnect(void *socket, const char *endpoint)
    int zmq_socket_monitor(void *socket, const char *endpoint, int events)
    int zmq_send(void *socket, const void *data, size_t size, int flags)
    int zmq_send_const(void *socket, const void *data, size_t size, int flags)
    int zmq_recv(void *socket, void *data, size_t size, int flags)

    # messages
    int zmq_msg_init(zmq_msg_t *msg)
    int zmq_msg_init_size(zmq_msg_t *msg, size_t size)
    int zmq_msg_init_data(zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *release, void *hint)
    int zmq_msg_send(zmq_msg_t *msg, void *socket, int flags)
    int zmq_msg_recv(zmq_msg_t *msg, void *socket, int flags)
    int zmq_msg_close(zmq_msg_t *msg)
    int zmq_msg_move(zmq_msg_t *target, zmq_msg_t *source)
    int zmq_msg_copy(zmq_msg_t *target, zmq_msg_t *source)
    void *zmq_msg_data(zmq_msg_t *msg)
    size_t zmq_msg_size(const zmq_msg_t *msg)
    int zmq_msg_more(const zmq_msg_t *msg)
    int zmq_msg_get(const zmq_msg_t *msg, int property)
    int zmq_msg_set(zmq_msg_t *msg, int property, int value)
    const char *zmq_msg_gets(const zmq_msg_t *msg, const char *property)

    # waiting, relaying, keys
    int zmq_poll(zmq_pollitem_t *items, int count, long timeout)
    int zmq_proxy(void *frontend, void *backend, void *capture)
    int zmq_proxy_steerable(void *frontend, void *backend, void *capture, void *control)
    int zmq_curve_keypair(char *public_key, char *secret_key)
    int zmq_curve_public(char *public_key, const char *secret_key)
