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

    # constants; one that this libzmq does not know is an error only where a program uses it
    enum:
        ZMQ_VERSION, ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_SOCKET_LIMIT, ZMQ_THREAD_PRIORITY
        ZMQ_THREAD_SCHED_POLICY, ZMQ_MAX_MSGSZ, ZMQ_MSG_T_SIZE, ZMQ_THREAD_AFFINITY_CPU_ADD
        ZMQ_THREAD_AFFINITY_CPU_REMOVE, ZMQ_THREAD_NAME_PREFIX, ZMQ_IO_THREADS_DFLT
        ZMQ_MAX_SOCKETS_DFLT, ZMQ_THREAD_PRIORITY_DFLT, ZMQ_THREAD_SCHED_POLICY_DFLT, ZMQ_PAIR
        ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB
        ZMQ_XSUB, ZMQ_STREAM, ZMQ_XREQ, ZMQ_XREP, ZMQ_AFFINITY, ZMQ_ROUTING_ID, ZMQ_SUBSCRIBE
        ZMQ_UNSUBSCRIBE, ZMQ_RATE, ZMQ_RECOVERY_IVL, ZMQ_SNDBUF, ZMQ_RCVBUF, ZMQ_RCVMORE, ZMQ_FD
        ZMQ_EVENTS, ZMQ_TYPE, ZMQ_LINGER, ZMQ_RECONNECT_IVL, ZMQ_BACKLOG, ZMQ_RECONNECT_IVL_MAX
        ZMQ_MAXMSGSIZE, ZMQ_SNDHWM, ZMQ_RCVHWM, ZMQ_MULTICAST_HOPS, ZMQ_RCVTIMEO, ZMQ_SNDTIMEO
        ZMQ_LAST_ENDPOINT, ZMQ_ROUTER_MANDATORY, ZMQ_TCP_KEEPALIVE, ZMQ_TCP_KEEPALIVE_CNT
        ZMQ_TCP_KEEPALIVE_IDLE, ZMQ_TCP_KEEPALIVE_INTVL, ZMQ_IMMEDIATE, ZMQ_XPUB_VERBOSE
        ZMQ_ROUTER_RAW, ZMQ_IPV6, ZMQ_MECHANISM, ZMQ_PLAIN_SERVER, ZMQ_PLAIN_USERNAME
        ZMQ_PLAIN_PASSWORD, ZMQ_CURVE_SERVER, ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY
        ZMQ_CURVE_SERVERKEY, ZMQ_PROBE_ROUTER, ZMQ_REQ_CORRELATE, ZMQ_REQ_RELAXED, ZMQ_CONFLATE
        ZMQ_ZAP_DOMAIN, ZMQ_ROUTER_HANDOVER, ZMQ_TOS, ZMQ_CONNECT_ROUTING_ID, ZMQ_GSSAPI_SERVER
        ZMQ_GSSAPI_PRINCIPAL, ZMQ_GSSAPI_SERVICE_PRINCIPAL, ZMQ_GSSAPI_PLAINTEXT, ZMQ_HANDSHAKE_IVL
        ZMQ_SOCKS_PROXY, ZMQ_XPUB_NODROP, ZMQ_BLOCKY, ZMQ_XPUB_MANUAL, ZMQ_XPUB_WELCOME_MSG
        ZMQ_STREAM_NOTIFY, ZMQ_INVERT_MATCHING, ZMQ_HEARTBEAT_IVL, ZMQ_HEARTBEAT_TTL
        ZMQ_HEARTBEAT_TIMEOUT, ZMQ_XPUB_VERBOSER, ZMQ_CONNECT_TIMEOUT, ZMQ_TCP_MAXRT
        ZMQ_THREAD_SAFE, ZMQ_MULTICAST_MAXTPDU, ZMQ_VMCI_BUFFER_SIZE, ZMQ_VMCI_BUFFER_MIN_SIZE
        ZMQ_VMCI_BUFFER_MAX_SIZE, ZMQ_VMCI_CONNECT_TIMEOUT, ZMQ_USE_FD
        ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, ZMQ_BINDTODEVICE
        ZMQ_MORE, ZMQ_SHARED, ZMQ_DONTWAIT, ZMQ_SNDMORE, ZMQ_NULL, ZMQ_PLAIN, ZMQ_CURVE, ZMQ_GSSAPI
        ZMQ_GROUP_MAX_LENGTH, ZMQ_IDENTITY, ZMQ_CONNECT_RID, ZMQ_TCP_ACCEPT_FILTER
        ZMQ_IPC_FILTER_PID, ZMQ_IPC_FILTER_UID, ZMQ_IPC_FILTER_GID, ZMQ_IPV4ONLY
        ZMQ_DELAY_ATTACH_ON_CONNECT, ZMQ_NOBLOCK, ZMQ_FAIL_UNROUTABLE, ZMQ_ROUTER_BEHAVIOR
        ZMQ_SRCFD, ZMQ_GSSAPI_NT_HOSTBASED, ZMQ_GSSAPI_NT_USER_NAME, ZMQ_GSSAPI_NT_KRB5_PRINCIPAL
        ZMQ_EVENT_CONNECTED, ZMQ_EVENT_CONNECT_DELAYED, ZMQ_EVENT_CONNECT_RETRIED
        ZMQ_EVENT_LISTENING, ZMQ_EVENT_BIND_FAILED, ZMQ_EVENT_ACCEPTED, ZMQ_EVENT_ACCEPT_FAILED
        ZMQ_EVENT_CLOSED, ZMQ_EVENT_CLOSE_FAILED, ZMQ_EVENT_DISCONNECTED, ZMQ_EVENT_MONITOR_STOPPED
        ZMQ_EVENT_ALL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_SUCCEEDED
        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND
        ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE, ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY
        ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA
        ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH
        ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED, ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY
        ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID, ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION
        ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA
        ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED, ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR, ZMQ_POLLPRI
        ZMQ_POLLITEMS_DFLT, ZMQ_STREAMER, ZMQ_FORWARDER, ZMQ_QUEUE, ZMQ_SERVER, ZMQ_CLIENT
        ZMQ_RADIO, ZMQ_DISH, ZMQ_GATHER, ZMQ_SCATTER, ZMQ_DGRAM, ZMQ_PEER, ZMQ_CHANNEL
        ZMQ_ZAP_ENFORCE_DOMAIN, ZMQ_LOOPBACK_FASTPATH, ZMQ_METADATA, ZMQ_MULTICAST_LOOP
        ZMQ_ROUTER_NOTIFY, ZMQ_XPUB_MANUAL_LAST_VALUE, ZMQ_SOCKS_USERNAME, ZMQ_SOCKS_PASSWORD
        ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE, ZMQ_WSS_KEY_PEM, ZMQ_WSS_CERT_PEM, ZMQ_WSS_TRUST_PEM
        ZMQ_WSS_HOSTNAME, ZMQ_WSS_TRUST_SYSTEM, ZMQ_ONLY_FIRST_SUBSCRIBE, ZMQ_RECONNECT_STOP
        ZMQ_HELLO_MSG, ZMQ_DISCONNECT_MSG, ZMQ_PRIORITY, ZMQ_RECONNECT_STOP_CONN_REFUSED
        ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED, ZMQ_RECONNECT_STOP_AFTER_DISCONNECT
        ZMQ_MSG_PROPERTY_ROUTING_ID, ZMQ_MSG_PROPERTY_SOCKET_TYPE, ZMQ_MSG_PROPERTY_USER_ID
        ZMQ_MSG_PROPERTY_PEER_ADDRESS, ZMQ_NOTIFY_CONNECT, ZMQ_NOTIFY_DISCONNECT
        ZMQ_EVENT_PIPES_STATS, ZMQ_EVENT_ALL_V1, ZMQ_EVENT_ALL_V2, ZMQ_NORM_FIXED, ZMQ_NORM_CC
        ZMQ_NORM_CCL, ZMQ_NORM_CCE, ZMQ_NORM_CCE_ECNONLY, ZMQ_HWM, ZMQ_BUSY_POLL, ZMQ_HICCUP_MSG
        ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, ZMQ_TOPICS_COUNT, ZMQ_NORM_MODE, ZMQ_NORM_UNICAST_NACK
        ZMQ_NORM_BUFFER_SIZE, ZMQ_NORM_SEGMENT_SIZE, ZMQ_NORM_BLOCK_SIZE, ZMQ_NORM_NUM_PARITY
        ZMQ_NORM_NUM_AUTOPARITY, ZMQ_NORM_PUSH

    # error numbers
    enum:
        ZMQ_EAGAIN "EAGAIN", ZMQ_EFAULT "EFAULT", ZMQ_EINVAL "EINVAL", ZMQ_ENOTSUP "ENOTSUP"
        ZMQ_EPROTONOSUPPORT "EPROTONOSUPPORT", ZMQ_ENOBUFS "ENOBUFS", ZMQ_ENETDOWN "ENETDOWN"
        ZMQ_EADDRINUSE "EADDRINUSE", ZMQ_EADDRNOTAVAIL "EADDRNOTAVAIL"
        ZMQ_ECONNREFUSED "ECONNREFUSED", ZMQ_EINPROGRESS "EINPROGRESS", ZMQ_ENOTSOCK "ENOTSOCK"
        ZMQ_EMSGSIZE "EMSGSIZE", ZMQ_EAFNOSUPPORT "EAFNOSUPPORT", ZMQ_ENETUNREACH "ENETUNREACH"
        ZMQ_ECONNABORTED "ECONNABORTED", ZMQ_ECONNRESET "ECONNRESET", ZMQ_ENOTCONN "ENOTCONN"
        ZMQ_ETIMEDOUT "ETIMEDOUT", ZMQ_EHOSTUNREACH "EHOSTUNREACH", ZMQ_ENETRESET "ENETRESET"
        ZMQ_EFSM "EFSM", ZMQ_ENOCOMPATPROTO "ENOCOMPATPROTO", ZMQ_ETERM "ETERM"
        ZMQ_EMTHREAD "EMTHREAD"
