# The part of the contract (_native.pxd) that is about relays: their structs and classes.

# ---- relays: one direction (relay_loop.pxi) ---------------------------------------------------

cdef enum:
    HEAD = 2                   # parts that are taken before the first is sent, where swapped
    SAMPLES = 16               # a power of two
    PLACES = 8

cdef enum SourceState:
    SOURCE_OPEN = 0
    SOURCE_EMPTY
    SOURCE_CLOSED
    SOURCE_SEND_ONLY

cdef enum TargetState:
    BETWEEN_MESSAGES = 0
    IN_MESSAGE
    DISCARDING

cdef enum CopyState:
    NO_COPY = 0
    COPYING
    COPIED_AHEAD
    COPIED_WHOLE

cdef struct Direction:
    void *source               # libzmq's sockets, claimed for as long as the loop runs
    void *target
    UnreadPart **unread        # of the source's handle, which the relay keeps alive
    zmq_msg_t held[HEAD]       # taken from the source, not yet accepted by the target
    int n_held
    bint rest_follows          # the source has more parts of the message that is held
    SourceState source_state
    TargetState target_state
    CopyState copy_state       # of the monitor
    int error                  # why what is held could not be handed on
    bint ends_anywhere         # nothing is lost with what comes too late, see prepare_direction()
    bint prefixed
    zmq_msg_t prefix
    int64_t messages
    int64_t bytes
    int64_t monitor_dropped    # copies that the monitor did not take
    int64_t blocked_ns         # how long the target could not take what is held
    int64_t blocked_since      # 0: it can
    int64_t last_blocked       # when it could take it again
    int64_t last_move

cdef struct Traffic:
    Direction directions[2]    # in_to_out, out_to_in
    int n_directions
    bint swap                  # the first two parts of each message

# ---- relays: the monitor, the control socket, other threads -----------------------------------

cdef struct RelayMonitor:
    void *socket               # claimed; NULL for none
    bint waits_for_it          # as for a target: it gets every message
    bint drops_silently        # it drops for some subscribers, and does not say so
    bint has_peer              # there may be a peer to get copies
    bint is_xpub               # subscriptions can be received from it
    int64_t peers_known_by     # number of the Monitor that knows all its peers; 0 for none
    int64_t looked             # the turn of the loop in which it was full, EVENTS say
    int failure                # why nothing can be sent to it

cdef struct RelayControl:
    void *socket               # claimed; NULL for none
    bint replies               # it is a REP
    int64_t terminate_stall_ns  # of the drain that TERMINATE begins; 0 for none

cdef enum:
    STOP_NOW = 1
    DRAIN = 2                  # first hand on what the sources hold

cdef struct Orders:
    # What other threads write, or wait for.
    ohmq_lock lock             # of what decides about the end, for a moment: see order_end()
    int stopping               # 0, STOP_NOW or DRAIN; read without the lock
    int paused
    int at_work                # 1 while run_relay_loop() has the sockets
    ohmq_waker waker

# ---- relays: the drain, and peers (relay_drain.pxi, relay_clients.pxi, relay_peers.pxi) --------

cdef enum IntakeState:
    NO_INTAKE = 0
    INTAKE_OPEN                # peers that only send come back: the addresses are bound
    INTAKE_DUE                 # now is the time to unbind
    INTAKE_ENDED

cdef struct Drain:
    int64_t begun              # written before stopping is
    int64_t until
    int64_t parting            # from then on peers are disconnected in the middle of what they send
    int64_t half               # the last moment in which requests are taken from outside
    int64_t intake_until       # and messages of peers that only send
    int64_t stall_ns           # it ends when nothing has moved for so long
    int64_t settled            # when it has to be over although there is always more
    bint looked                # the sources have been looked at since it has begun
    IntakeState intake
    bint refuses               # its addresses leave new connections unanswered
    bint abrupt                # it ended in the middle of what a peer was sending
    bint emptied               # it ended with nothing left
    int requests               # the direction of requests, answered in the other one; -1: none
    int64_t requests_before    # what had been counted when the relay was started
    int64_t answers_before

cdef struct Connections:
    # The connections of a socket whose peers only send, by their descriptors.
    bint takes                 # it is such a socket
    bint wanted                # and they are known
    unsigned char *states      # allocated, like numbers; freed with the relay
    uint32_t *numbers          # of the connections that a descriptor has been, one after the other
    uint32_t size
    int count
    const char *places[PLACES]  # where they were accepted: texts of bytes in Relay.places
    int n_places

cdef struct Connection:
    uint32_t fd                # libzmq's, which may close it at any moment
    int held                   # a duplicate of it, for the length of one look
    int64_t received

cdef struct Client:
    # A client of a queue of requests.
    uint64_t key               # 0: this place is free
    int64_t open               # requests that were handed out and not answered
    int fd                     # its connection
    uint32_t connection        # the number of that

cdef struct Clients:
    bint wanted
    bint stale                 # a client has gone
    Client *table              # allocated; freed with the relay
    uint32_t size
    uint32_t used
    int64_t open               # of all of them

cdef struct SideSockets:
    # What is read beside the traffic.
    void *events[3]            # monitors of the in, out and mon socket, claimed; NULL for none
    int peers[3]
    Connections connections[2]
    int64_t due                # when to read them next

# ---- relays: the meter, the sleep, and the whole ----------------------------------------------

cdef struct RateSample:
    # What had been counted at a moment: messages and bytes, in_to_out and out_to_in.
    int64_t at
    int64_t counts[4]

cdef struct Meter:
    # The loop writes it, others read it without a lock (relay_rates.pxi).
    int64_t begun              # 0: it has never run
    int64_t ended              # 0: it runs
    int64_t last_move
    RateSample samples[SAMPLES]
    int n_samples              # that were made; the last SAMPLES of them are there

# ---- relays: the cache (relay_cache.pxi) ------------------------------------------------------

cdef struct CacheEntry:
    # The last message of a topic, which is its first part.
    CacheEntry *next_in_bucket
    CacheEntry *older          # the entry whose message came before this one
    CacheEntry *newer
    uint64_t hash
    zmq_msg_t *parts           # allocated
    int n_parts
    int room
    int64_t bytes
    bint incomplete            # a part could not be kept

cdef struct ValueCache:
    int64_t most_entries       # 0: the relay has no cache
    int64_t most_bytes
    CacheEntry **buckets       # allocated, like the entries; freed with the relay
    uint32_t n_buckets         # a power of two, or 0
    CacheEntry *oldest
    CacheEntry *newest
    CacheEntry *unfinished     # of the message that goes out now
    CacheEntry *spare          # of a message that had to go, for the next one
    # The loop writes them, others read them without a lock.
    int64_t entries
    int64_t bytes
    int64_t evicted
    int64_t replayed

cdef struct Sleep:
    ohmq_interest interests[8]
    bint stays_readable[8]     # until it is cleared (signaler.h)
    int n_interests
    int n_traffic              # the first of them: the others are of the side sockets
    ohmq_busy_wait busy_wait   # with the longest limit of the sockets when it was started

cdef struct RelayLoop:
    # All that the loop needs, with no Python object in it.
    Traffic traffic
    RelayMonitor monitor
    RelayControl control
    Orders orders
    Drain drain
    Clients clients
    ValueCache cache
    SideSockets side
    Meter meter
    Sleep sleep
    int64_t now                # at the beginning of this turn
    int64_t signals_due        # 0 where another thread looks after POSIX signals

cdef class Relay:
    cdef object __weakref__
    cdef RelayLoop loop
    cdef list handles           # distinct, in the order in, out, mon, control
    cdef object sockets
    cdef object events
    cdef list places            # where the sockets are bound that only receive
    cdef object prefixes
    cdef object finished        # threading.Event: not running
    cdef bint running
    cdef int generation         # of the process that it runs in
    cdef bint held              # it ended with parts that no target had taken
    cdef unsigned long thread   # that run() is in

    cdef int set_cache(self, most_entries, most_bytes) except -1
    cdef bint abandon(self) noexcept
    cdef int claim_sockets(self) except -1
    cdef int release_sockets(self) except -1
    cdef int prepare_loop(self) except -1
    cdef int prepare_direction(self, int i, Handle source, Handle target) except -1
    cdef int set_drain(self) except -1
    cdef int set_clients(self, int *types) except -1
    cdef int set_connections(self, int i) except -1
    cdef int set_interests(self) except -1
    cdef int end_intake(self) except -1
