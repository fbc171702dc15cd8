# The conversations of a queue: which clients wait for answers, and for how many.
#
# A client is known by the name that its ROUTER gives it, the first part of each message, and by its
# connection: when that ends, it waits no more. Names are kept as hashes of 64 bits.

cdef enum:
    NO_FD = -1             # inproc: its end cannot be seen
    LOST_FD = -2           # its connection has ended: the next request tells of another one
    FEWEST_CLIENTS = 64    # places in the table, a power of two

cdef inline Client *client_of(RelayLoop *loop, zmq_msg_t *name, size_t size,
                              bint asks) noexcept nogil:
    """Find the client that a part names; NULL if it is not known and does not ask."""
    cdef Clients *clients = &loop.clients
    cdef uint64_t key = hash_of(zmq_msg_data(name), size)
    cdef Client *client
    if clients.size:
        client = slot_of(clients, key)
        if client.key and (client.fd != LOST_FD or not asks):
            return client
    return new_client(loop, name, key) if asks else NULL


cdef Client *new_client(RelayLoop *loop, zmq_msg_t *name, uint64_t key) noexcept nogil:
    cdef Clients *clients = &loop.clients
    cdef Client *client
    if clients.size == 0 and not grow_clients(loop):
        return NULL
    client = slot_of(clients, key)
    if client.key == 0:
        if 4 * (clients.used + 1) > 3 * clients.size:
            if not grow_clients(loop):
                return NULL
            client = slot_of(clients, key)
        client.key = key
        client.open = 0
        clients.used += 1
    note_connection_of(loop, client, zmq_msg_get(name, ZMQ_SRCFD))
    return client


cdef inline uint64_t hash_of(void *name, size_t size) noexcept nogil:
    """FNV-1a, but never 0; for names that libzmq has made, a zero and four bytes, those."""
    cdef const unsigned char *data = <const unsigned char *> name
    cdef uint64_t key = 14695981039346656037ULL
    cdef uint32_t number
    cdef size_t i
    if size == 5 and data[0] == 0:
        memcpy(&number, data + 1, sizeof(number))
        return number | 5ULL << 32
    for i in range(size):
        key = (key ^ data[i]) * 1099511628211ULL
    return key if key else 1


cdef inline Client *slot_of(Clients *clients, uint64_t key) noexcept nogil:
    cdef uint32_t i = <uint32_t> (key * 11400714819323198485ULL >> 32) & (clients.size - 1)
    while clients.table[i].key != 0 and clients.table[i].key != key:
        i = (i + 1) & (clients.size - 1)
    return &clients.table[i]


cdef void note_connection_of(RelayLoop *loop, Client *client, int fd) noexcept nogil:
    """Note the connection of a client, which libzmq has told of before its first message."""
    cdef Connections *connections = &loop.side.connections[loop.drain.requests]
    client.fd = NO_FD
    if fd < 0 or loop.side.events[loop.drain.requests] == NULL:
        return
    pump_now()
    count_peers(loop, loop.drain.requests)
    if <uint32_t> fd < connections.size and connections.states[fd] != NO_CONNECTION:
        client.fd = fd
        client.connection = connections.numbers[fd]


cdef inline bint is_connected(RelayLoop *loop, Client *client) noexcept nogil:
    """Whether the connection of a client stands, as far as that can be seen."""
    cdef Connections *connections = &loop.side.connections[loop.drain.requests]
    if client.fd < 0:
        return client.fd == NO_FD
    return (connections.states[client.fd] != NO_CONNECTION
            and connections.numbers[client.fd] == client.connection)


cdef void forget_gone_clients(RelayLoop *loop) noexcept nogil:
    """Have those that are gone wait for nothing."""
    cdef Clients *clients = &loop.clients
    cdef Client *client
    cdef uint32_t i
    clients.stale = False
    for i in range(clients.size):
        client = &clients.table[i]
        if client.key and not is_connected(loop, client):
            ohmq_add_long(&clients.open, -client.open)
            client.open = 0
            client.fd = LOST_FD


cdef bint grow_clients(RelayLoop *loop) noexcept nogil:
    """Make a larger table of the clients that are there or wait. False without memory for it."""
    cdef Clients *clients = &loop.clients
    cdef Client *old = clients.table
    cdef Client *table
    cdef uint32_t n = clients.size
    cdef uint32_t kept = 0
    cdef uint32_t size = FEWEST_CLIENTS
    cdef uint32_t i
    for i in range(n):
        kept += old[i].key != 0 and (old[i].open > 0 or old[i].fd >= 0)
    while size < 3 * kept:
        size *= 2
    table = <Client *> malloc(size * sizeof(Client))
    if table == NULL:
        clients.wanted = False  # from now on only the sums are known
        return False
    memset(table, 0, size * sizeof(Client))
    clients.table, clients.size, clients.used = table, size, 0
    for i in range(n):
        if old[i].key != 0 and (old[i].open > 0 or old[i].fd >= 0):
            slot_of(clients, old[i].key)[0] = old[i]
            clients.used += 1
    free(old)
    return True


cdef inline void count_request(Clients *clients, Client *client, bint asks) noexcept nogil:
    """Count a request that was handed out, or an answer that was passed."""
    if client == NULL:
        return
    if asks:
        client.open += 1
        ohmq_add_long(&clients.open, 1)
    elif client.open > 0:
        client.open -= 1
        ohmq_add_long(&clients.open, -1)
