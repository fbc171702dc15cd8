# The connections of a monitored socket, as its events tell. Called with the lock of the monitors.
#
#     CONNECTED, ACCEPTED    CONNECTION_BEGUN, under the descriptor that the event names
#     HANDSHAKE_SUCCEEDED    CONNECTION_READY: a peer. The event names the endpoint alone: where
#                            several handshakes are under way there, the oldest is taken for it
#     HANDSHAKE_FAILED_*     a connection that was taken for ready may be the one that failed
#     DISCONNECTED           the connection is over, under its descriptor
#
# So the number of peers is what the events say; which of several connections at one endpoint is
# ready is put right when one of them ends. Connections that are older than the monitor are looked
# for (peers.pxi): CONNECTION_FOUND.

cdef int FAILURES = (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
                     | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)


cdef void follow_connection(Monitor *monitor, int number, uint32_t value,
                            zmq_msg_t *endpoint) noexcept nogil:
    """Take note of an event."""
    cdef const char *text = <const char *> zmq_msg_data(endpoint)
    cdef size_t size = zmq_msg_size(endpoint)
    cdef PeerConnection *known
    if number & (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED):
        known = connection_of(monitor, value)
        if known != NULL:
            forget_connection(monitor, known)
        add_connection(monitor, CONNECTION_BEGUN, value, text, size)
    elif number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        known = oldest_at(monitor, CONNECTION_BEGUN, text, size)
        if known == NULL:
            known = oldest_at(monitor, CONNECTION_FOUND, text, size)
        if known == NULL:
            known = oldest_assumed(monitor, text, size)
        if known == NULL:
            known = add_connection(monitor, CONNECTION_READY, -1, text, size)
        elif known.state != CONNECTION_READY:
            set_state(known, CONNECTION_READY)
        if known != NULL:
            known.told = True
    elif number & FAILURES:
        monitor.failed = True
    elif number == ZMQ_EVENT_DISCONNECTED:
        end_connection(monitor, value, text, size)
        monitor.failed = False


cdef void end_connection(Monitor *monitor, uint32_t fd, const char *text,
                         size_t size) noexcept nogil:
    """Forget a connection that has ended, and put right which of the others are ready."""
    cdef PeerConnection *ended = connection_of(monitor, fd)
    cdef PeerConnection *other
    if ended == NULL:
        # Found under the descriptor of another socket's connection, or not found at all.
        ended = oldest_at(monitor, CONNECTION_FOUND, text, size)
        if ended == NULL and not monitor.failed:
            ended = oldest_unknown(monitor, text, size)
    elif ended.state == CONNECTION_READY and monitor.failed:
        other = oldest_at(monitor, CONNECTION_BEGUN, text, size)
        if other != NULL:
            set_state(other, CONNECTION_READY)
    elif ended.state == CONNECTION_BEGUN and not monitor.failed:
        other = oldest_at(monitor, CONNECTION_READY, text, size)
        if other != NULL:
            set_state(other, CONNECTION_BEGUN)
    if ended != NULL:
        forget_connection(monitor, ended)


cdef PeerConnection *add_connection(Monitor *monitor, ConnectionState state, int64_t fd,
                                    const char *text, size_t size) noexcept nogil:
    """A new entry of the table; NULL without memory."""
    cdef PeerConnection *table
    cdef PeerConnection *added
    cdef int room
    if monitor.n_connections == monitor.room:
        room = max(2 * monitor.room, 8)
        table = <PeerConnection *> realloc(monitor.table, room * sizeof(PeerConnection))
        if table == NULL:
            return NULL
        monitor.table, monitor.room = table, room
    added = &monitor.table[monitor.n_connections]
    added.endpoint = <char *> malloc(size + 1)
    if added.endpoint == NULL:
        return NULL
    memcpy(added.endpoint, text, size)
    added.endpoint[size] = 0
    added.fd = fd
    added.found = state == CONNECTION_FOUND
    added.told = False
    set_state(added, state)
    monitor.n_connections += 1
    return added


cdef inline void set_state(PeerConnection *connection, ConnectionState state) noexcept nogil:
    connection.state = state
    connection.since = ohmq_now()


cdef void forget_connection(Monitor *monitor, PeerConnection *connection) noexcept nogil:
    """Take an entry out of the table, whose order is that of the connections."""
    cdef int i = <int> (connection - monitor.table)
    free(connection.endpoint)
    monitor.n_connections -= 1
    memmove(&monitor.table[i], &monitor.table[i + 1],
            (monitor.n_connections - i) * sizeof(PeerConnection))


cdef void forget_connections(Monitor *monitor) noexcept nogil:
    for i in range(monitor.n_connections):
        free(monitor.table[i].endpoint)
    monitor.n_connections = 0


cdef PeerConnection *connection_of(Monitor *monitor, int64_t fd) noexcept nogil:
    for i in range(monitor.n_connections):
        if monitor.table[i].fd == fd:
            return &monitor.table[i]
    return NULL


cdef PeerConnection *oldest_at(Monitor *monitor, ConnectionState state, const char *text,
                               size_t size) noexcept nogil:
    """The oldest connection at an endpoint that is in a state; NULL if there is none."""
    for i in range(monitor.n_connections):
        if monitor.table[i].state == state and is_at(&monitor.table[i], text, size):
            return &monitor.table[i]
    return NULL


cdef PeerConnection *oldest_unknown(Monitor *monitor, const char *text, size_t size) noexcept nogil:
    """The oldest connection at an endpoint whose descriptor is not known; NULL if none is."""
    for i in range(monitor.n_connections):
        if monitor.table[i].fd < 0 and is_at(&monitor.table[i], text, size):
            return &monitor.table[i]
    return NULL


cdef PeerConnection *oldest_assumed(Monitor *monitor, const char *text, size_t size) noexcept nogil:
    """The oldest at an endpoint that was found, and counts before its event has come; or NULL."""
    for i in range(monitor.n_connections):
        if (monitor.table[i].found and not monitor.table[i].told
                and is_at(&monitor.table[i], text, size)):
            return &monitor.table[i]
    return NULL


cdef inline bint is_at(PeerConnection *connection, const char *text, size_t size) noexcept nogil:
    return strlen(connection.endpoint) == size and memcmp(connection.endpoint, text, size) == 0


cdef bint is_connection_known(int64_t fd) noexcept nogil:
    """Whether a descriptor is that of a connection in the table of any monitor."""
    cdef Monitor *monitor = _monitors
    while monitor != NULL:
        if connection_of(monitor, fd) != NULL:
            return True
        monitor = monitor.next
    return False


cdef void forget_at_port(Monitor *monitor, const char *endpoint) noexcept nogil:
    """The socket has given up an endpoint: libzmq ends its connections and tells of no end.

    libzmq writes in events which address of the machine it was, and not the name that was given:
    the port, or the path, says as much.
    """
    cdef const char *place = port_of(endpoint)
    cdef int i = monitor.n_connections - 1
    while i >= 0:
        if strcmp(port_of(monitor.table[i].endpoint), place) == 0:
            forget_connection(monitor, &monitor.table[i])
        i -= 1


cdef const char *port_of(const char *endpoint) noexcept nogil:
    """The part of an endpoint that is written alike everywhere: the port, or else all of it."""
    cdef const char *colon = strrchr(endpoint, b':')
    return colon if colon != NULL and strncmp(endpoint, "tcp", 3) == 0 else endpoint
