# The peers of a relay's sockets, as the events of these tell: how many there are, and, of those
# that only send, over which connections.
#
# A PUB or XPUB that has no peer gets no copies: they would end there. The peers of a mon socket
# whose events the relay is not given are known by a monitor of its own (peers.pxi).

# What a connection is known as, by its descriptor.
cdef enum:
    NO_CONNECTION = 0
    CONNECTED = 1
    HALF_CLOSED = 2            # our half has ended: the peer is to close the other one
    MOST_CONNECTIONS = 1 << 24


cdef void poll_side_sockets(RelayLoop *loop) noexcept nogil:
    """Read what is not traffic, until nothing is left: only an empty socket signals what comes.

    libzmq would stop to wait for a reader of a socket's events; subscriptions would pile up.
    """
    cdef int i
    cdef zmq_msg_t part
    pump_now()
    for i in range(3):
        if loop.side.events[i] != NULL:
            count_peers(loop, i)
    if loop.monitor.is_xpub:
        zmq_msg_init(&part)
        while zmq_msg_recv(&part, loop.monitor.socket, ZMQ_DONTWAIT) >= 0:
            pass
        zmq_msg_close(&part)
    if loop.clients.stale and loop.clients.wanted:
        forget_gone_clients(loop)
    loop.monitor.has_peer = may_have_peer(loop)
    loop.side.due = loop.now + SIDE_SOCKETS_NS


cdef bint may_have_peer(RelayLoop *loop) noexcept nogil:
    """Whether the monitor may have a peer that gets copies."""
    if loop.monitor.socket == NULL:
        return False
    if loop.monitor.peers_known_by:
        return may_have_connection(loop.monitor.peers_known_by)
    return not (loop.monitor.drops_silently and loop.side.events[2] != NULL
                and loop.side.peers[2] == 0)


cdef int64_t monitor_that_knows_peers(Socket socket) except -1:
    """The number of a Monitor that knows all peers of a PUB or XPUB; 0 where there may be others.

    All are known of a socket that is only bound, over tcp or ipc, on a system that tells of
    connections. Called without a lock.
    """
    cdef Handle handle = socket.handle
    if handle.type != ZMQ_PUB and handle.type != ZMQ_XPUB:
        return 0
    ohmq_lock_acquire(&handle.lock)
    try:
        known = (handle.ptr != NULL and not handle.connected
                 and all([each.startswith(("tcp:", "ipc:")) for each in handle.bound]))
    finally:
        ohmq_lock_release(&handle.lock)
    if not known or standing_connections(handle) is None:
        return 0
    try:
        track_peers(socket)
        peers_of(socket)  # finds those that are there already
    except Exception:
        return 0  # such as EMFILE: copies are sent in any case
    return monitor_of(handle)


cdef void count_peers(RelayLoop *loop, int i) noexcept nogil:
    """Follow the connections of a socket: an event is numbers of 2 and 4 bytes, then text."""
    cdef zmq_msg_t part
    cdef uint16_t event
    cdef uint32_t value
    cdef bint first = True
    zmq_msg_init(&part)
    while zmq_msg_recv(&part, loop.side.events[i], ZMQ_DONTWAIT) >= 0:
        if first and zmq_msg_size(&part) == 6:
            memcpy(&event, zmq_msg_data(&part), sizeof(event))
            memcpy(&value, <char *> zmq_msg_data(&part) + sizeof(event), sizeof(value))
            if event & (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED):
                ohmq_store_int(&loop.side.peers[i], loop.side.peers[i] + 1)
                if event & ZMQ_EVENT_ACCEPTED or i < 2 and not loop.side.connections[i].takes:
                    note_connection(loop, i, value, CONNECTED)
            elif event & ZMQ_EVENT_DISCONNECTED and loop.side.peers[i] > 0:
                ohmq_store_int(&loop.side.peers[i], loop.side.peers[i] - 1)
                note_connection(loop, i, value, NO_CONNECTION)
                loop.clients.stale = loop.clients.stale or i == loop.drain.requests
        first = not zmq_msg_more(&part)
    zmq_msg_close(&part)


cdef void note_connection(RelayLoop *loop, int i, uint32_t fd, unsigned char state) noexcept nogil:
    """Note what a descriptor is, where its peer only sends."""
    cdef Connections *connections
    cdef unsigned char *table
    cdef uint32_t *numbers
    cdef uint32_t size
    if i > 1 or not loop.side.connections[i].wanted or fd > MOST_CONNECTIONS:
        return
    connections = &loop.side.connections[i]
    if fd >= connections.size:
        if state == NO_CONNECTION:
            return
        size = max(2 * fd, <uint32_t> 64)
        table = <unsigned char *> realloc(connections.states, size)
        if table == NULL:
            return
        connections.states = table
        numbers = <uint32_t *> realloc(connections.numbers, size * sizeof(uint32_t))
        if numbers == NULL:
            return
        connections.numbers = numbers
        memset(table + connections.size, NO_CONNECTION, size - connections.size)
        memset(numbers + connections.size, 0, (size - connections.size) * sizeof(uint32_t))
        connections.size = size
    connections.count += (state != NO_CONNECTION) - (connections.states[fd] != NO_CONNECTION)
    connections.states[fd] = state
    connections.numbers[fd] += state == CONNECTED
