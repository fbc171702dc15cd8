# The loop of a relay: the loop that moves messages. No Python object in it, and no GIL.

cdef extern from "zmq.h" nogil:
    int ZMQ_PUB, ZMQ_XPUB, ZMQ_XPUB_NODROP
    int ZMQ_EVENT_CONNECTED, ZMQ_EVENT_ACCEPTED, ZMQ_EVENT_DISCONNECTED

# Messages that one direction moves before the other one has its turn.
cdef enum:
    BURST = 500

cdef enum:
    SIGNALS_NS = 50000000       # how often a busy relay in the main thread looks for signals
    SIDE_SOCKETS_NS = 10000000  # how often a busy relay looks at what is not traffic

# What other threads store in RelayLoop.stopping.
cdef enum:
    STOP_NOW = 1
    DRAIN = 2                 # first hand on what the sources hold

cdef enum Ending:
    GOES_ON = 0
    STOPPED = 1
    INTERRUPTED = 2    # a signal came: its handlers want to run
    FAILED = 3         # errno says how

# Parts of a message that are taken before the first is sent: two, where they are swapped.
cdef enum:
    HEAD = 2

cdef struct Direction:
    void *source
    void *target
    UnreadPart **unread      # of the source's handle: what it has given back earlier
    zmq_msg_t held[HEAD]     # taken from the source, not yet accepted by the target
    int n_held
    bint rest_follows        # the source has more parts of the message that is held
    bint inside              # the target has the first parts of a message, not the last
    bint lost                # nobody takes the message whose parts these are
    bint monitored           # the monitor has the first parts, too
    bint shown               # and the next one, which the target has not: that was full
    int error                # why what is held could not be handed on
    bint mute                # nothing can be received from the source
    bint subscribes          # what comes from the source is for subscribers
    bint closed              # nothing more is taken from the source
    bint mailbox_empty       # the source was found empty in this turn: its mailbox is, too
    bint prefixed
    zmq_msg_t prefix
    int64_t messages
    int64_t bytes
    int64_t monitor_dropped  # copies that the monitor did not take
    int64_t blocked_ns       # how long the target could not take what is held
    int64_t blocked_since    # 0: it can
    int64_t last_move

cdef struct RateSample:
    # What had been counted at a moment: messages and bytes, in_to_out and out_to_in.
    int64_t at
    int64_t counts[4]

cdef enum:
    SAMPLES = 16             # a power of two
    SAMPLE_NS = 100000000

cdef struct Drain:
    # How a relay ends that hands on what its sources hold (relay_drain.pxi).
    int64_t begun            # written before stopping is
    int64_t until
    int64_t half             # the last moment in which something is taken from outside
    int64_t patience         # it ends when nothing has moved for so long
    int64_t settled          # when it has to be over although there is always more
    bint looked              # the sources have been looked at since it has begun
    int requests             # the direction of requests, answered in the other one; -1: none
    int64_t requests_before  # what had been counted when the relay was started
    int64_t answers_before
    bint intake              # peers that only send come back where they are not unbound
    bint intake_due          # now is the time to unbind
    bint intake_ended
    bint abrupt              # in the middle of what a peer was sending

cdef enum:
    PLACES = 8

cdef struct Connections:
    # The connections of a socket whose peers only send, by their descriptors (relay_peers.pxi).
    bint takes                  # it is such a socket
    bint wanted                 # and they are known
    unsigned char *states
    uint32_t *numbers           # of the connections that a descriptor has been, one after the other
    uint32_t size
    int count
    const char *places[PLACES]  # where they were accepted
    int n_places

cdef struct Connection:
    uint32_t fd
    int held                 # a descriptor of one's own
    int64_t received

cdef struct Client:
    # A client of a queue (relay_clients.pxi).
    uint64_t key             # 0: this place is free
    int64_t open             # requests that were handed out and not answered
    int fd                   # its connection
    uint32_t connection      # the number of that

cdef struct Clients:
    bint wanted
    bint stale               # a client has gone
    Client *table
    uint32_t size
    uint32_t used
    int64_t open             # of all of them

cdef struct RelayLoop:
    # All that the loop needs, with no Python object in it.
    Direction directions[2]     # in_to_out, out_to_in
    int n_directions
    void *monitor
    void *control
    bint swap
    bint control_replies
    int stopping                # set by other threads
    int at_work                 # 1 while run_relay_loop() has the sockets
    int paused
    int64_t now                 # at the beginning of this turn
    Drain drain
    Clients clients
    bint emptied                # how it ended: nothing was left
    int64_t terminate_patience  # that of the drain which TERMINATE begins; 0 for none
    ohmq_waker waker
    ohmq_interest interests[8]
    int n_interests
    int n_watched               # the first of them: the others are of the side sockets
    int64_t signals_due         # 0 where another thread looks after signals
    # What is counted, for others to read (relay_rates.pxi).
    int64_t begun             # 0: it has never run
    int64_t ended             # 0: it runs
    int64_t last_move
    RateSample samples[SAMPLES]
    int n_samples             # that were made; the last SAMPLES of them are there
    void *events[3]           # monitors of the in, out and mon socket, or NULL
    int peers[3]
    Connections connections[2]
    int64_t side_sockets_due  # when to look at them
    bint waits                # for the monitor, as for a target: it gets every message
    int failure               # of the monitor: why nothing can be sent to it
    bint drops_silently       # the monitor drops for some subscribers, and does not say so
    bint monitor_has_peer     # there may be somebody to show messages to
    bint monitor_is_xpub      # and subscriptions can be received from it


# ---- the loop -----------------------------------------------------------------------------------

cdef Ending run_relay_loop(RelayLoop *loop) noexcept nogil:
    """Move messages until something ends it."""
    cdef int moved, i, stopping
    cdef Ending ending
    while True:
        stopping = ohmq_load_int(&loop.stopping)
        loop.now = ohmq_now()
        if stopping == STOP_NOW:
            return STOPPED
        if stopping == DRAIN:
            ending = drain_turn(loop)
            if ending != GOES_ON:
                return ending
        if loop.now - loop.samples[(loop.n_samples - 1) & (SAMPLES - 1)].at >= SAMPLE_NS:
            take_sample(loop)
        if loop.now >= loop.side_sockets_due:
            poll_side_sockets(loop)  # first: the peer of a message is counted before it
        moved = 0
        if stopping or not ohmq_load_int(&loop.paused):
            for i in range(loop.n_directions):
                ending = move(loop, &loop.directions[i], &moved)
                if ending != GOES_ON:
                    return ending
        if moved:
            loop.last_move = loop.now
        if loop.control != NULL:
            ending = obey(loop)
            if ending != GOES_ON:
                return ending
        if loop.signals_due and loop.now > loop.signals_due:
            return INTERRUPTED
        if moved == 0:
            ending = rest(loop)
            if ending != GOES_ON:
                return ending


cdef Ending rest(RelayLoop *loop) noexcept nogil:
    """Sleep until a socket signals.

    A socket from which nothing was received in vain has its EVENTS read first: that makes libzmq
    handle what waits in the mailbox, without which the descriptor would stay readable.
    """
    cdef Direction *direction
    cdef int i, ready
    cdef int events = 0
    cdef bint stuck = True
    cdef bint holds = False
    cdef bint draining = ohmq_load_int(&loop.stopping) == DRAIN
    cdef bint paused = ohmq_load_int(&loop.paused) and not draining
    if loop.waits and read_events(loop.monitor, &events) < 0:
        return FAILED
    for i in range(loop.n_directions):
        direction = &loop.directions[i]
        if paused:
            direction.mailbox_empty = False  # nobody has looked lately
            unblock(loop, direction)
        if not direction.mailbox_empty:
            if read_events(direction.source, &events) < 0:
                return FAILED
            if events & ZMQ_POLLIN and not (direction.n_held or direction.mute or direction.closed
                                            or paused):
                stuck = False
    for i in range(loop.n_directions):
        # A held part is tried again now that the mailboxes are empty, whatever EVENTS says of the
        # target: a ROUTER is writable as long as any of its peers is.
        if loop.directions[i].n_held and not paused and hand_over(loop, &loop.directions[i]):
            stuck = False
        holds = holds or loop.directions[i].n_held
    if not stuck:
        return GOES_ON
    ready = ohmq_wait(loop.interests, loop.n_interests, wake_at(loop, draining, holds))
    if ready < 0:
        return INTERRUPTED if errno == EINTR else FAILED
    if ready == 0:
        return drain_is_over(loop, holds) if draining else INTERRUPTED
    if loop.interests[0].ready:
        ohmq_waker_clear(&loop.waker)
    for i in range(loop.n_watched, loop.n_interests):
        if loop.interests[i].ready:
            loop.side_sockets_due = 0
    return GOES_ON


cdef inline int read_events(void *socket, int *events) noexcept nogil:
    cdef size_t size = sizeof(int)
    return zmq_getsockopt(socket, ZMQ_EVENTS, events, &size)


cdef Ending move(RelayLoop *loop, Direction *direction, int *moved) noexcept nogil:
    """Move a burst of messages in one direction, as far as they come and go."""
    cdef int done = 0
    direction.mailbox_empty = False
    direction.error = 0
    # Never an end within a message: the target would wait for the rest of it.
    while (done < BURST or direction.inside) and not direction.mute:
        if direction.n_held == 0 and direction.closed and not direction.inside:
            break
        if direction.n_held == 0 and take_head(loop, direction) < 0:
            if c_errno() == ENOTSUP:
                direction.mute = True  # PUB, PUSH: nothing ever comes from there
                break
            if c_errno() == EAGAIN:
                direction.mailbox_empty = True
                break
            # EFSM is a REQ or REP socket whose turn it is not.
            direction.error = c_errno()
            return GOES_ON if direction.error == EFSM else FAILED
        if not hand_over(loop, direction):
            if loop.failure:
                return FAILED
            if direction.error == EAGAIN and direction.blocked_since == 0:
                direction.blocked_since = loop.now
            return GOES_ON if direction.error in (EAGAIN, EFSM) else FAILED
        done += 1
        moved[0] += 1
        direction.last_move = loop.now
    return GOES_ON


cdef int take_part(Direction *direction, zmq_msg_t *part) noexcept nogil:
    """Take a part, one that was put back first. Whether more follow; -1 with errno for none."""
    cdef UnreadPart *first = direction.unread[0]
    cdef bint more
    zmq_msg_init(part)
    if first == NULL:
        while zmq_msg_recv(part, direction.source, ZMQ_DONTWAIT) < 0:
            if c_errno() != EINTR:
                return -1
        return zmq_msg_more(part)
    more = first.more
    direction.unread[0] = first.next
    zmq_msg_move(part, &first.msg)
    zmq_msg_close(&first.msg)
    free(first)
    return more


cdef int take_head(RelayLoop *loop, Direction *direction) noexcept nogil:
    """Take the next part, or the first two where they are swapped. -1 with errno for none."""
    cdef int more = take_part(direction, &direction.held[0])
    direction.n_held = 0
    if more < 0:
        return -1
    direction.n_held = 1
    direction.rest_follows = more
    if not loop.swap or direction.inside or not more:
        return 0
    more = take_part(direction, &direction.held[1])
    if more < 0:
        return -1
    direction.n_held = 2
    direction.rest_follows = more
    swap_head(direction)
    return 0


cdef void swap_head(Direction *direction) noexcept nogil:
    cdef zmq_msg_t spare
    zmq_msg_init(&spare)
    zmq_msg_move(&spare, &direction.held[0])
    zmq_msg_move(&direction.held[0], &direction.held[1])
    zmq_msg_move(&direction.held[1], &spare)


cdef bint hand_over(RelayLoop *loop, Direction *direction) noexcept nogil:
    """Hand what is held to the target, a copy to the monitor. False if one cannot take it."""
    cdef zmq_msg_t copy
    cdef int i, flags
    cdef size_t size
    cdef bint asks
    cdef Client *client = NULL
    if direction.n_held == 0:
        return False
    for i in range(direction.n_held):
        flags = ZMQ_SNDMORE if i < direction.n_held - 1 or direction.rest_follows else 0
        size = zmq_msg_size(&direction.held[i])
        if loop.clients.wanted and not direction.inside:
            asks = direction == &loop.directions[loop.drain.requests]
            client = client_of(loop, &direction.held[i], size, asks)
        if loop.monitor_has_peer:
            if loop.waits and not direction.shown and not show_first(loop, direction, i, flags):
                return False
            if not loop.waits:
                zmq_msg_init(&copy)
                zmq_msg_copy(&copy, &direction.held[i])
        # Counted before: who has got a message, and then asks, finds it counted.
        direction.bytes += size
        direction.messages += not flags
        if not send_part(direction, &direction.held[i], flags):
            direction.error = c_errno()
            direction.bytes -= size
            direction.messages -= not flags
            if loop.monitor_has_peer and not loop.waits:
                zmq_msg_close(&copy)
            return False
        if loop.monitor_has_peer and not loop.waits:
            show(loop, direction, &copy, flags)
        direction.shown = False
        direction.inside = flags & ZMQ_SNDMORE
        direction.lost = direction.lost and direction.inside
    direction.n_held = 0
    count_request(&loop.clients, client, asks)
    unblock(loop, direction)
    return True


cdef inline bint send_part(Direction *direction, zmq_msg_t *part, int flags) noexcept nogil:
    """Send a part, or let it end here. False with errno if the target cannot take it now."""
    if not direction.lost:
        while zmq_msg_send(part, direction.target, flags | ZMQ_DONTWAIT) < 0:
            if c_errno() == EHOSTUNREACH or c_errno() == EAGAIN and direction.inside:
                # A peer that has gone, or that a ROUTER does not know: the message ends here, the
                # rest of it too, or a ROUTER would take that for another one.
                direction.lost = True
                break
            if c_errno() != EINTR:
                return False
    if direction.lost:
        zmq_msg_close(part)
        zmq_msg_init(part)
    return True


cdef inline void unblock(RelayLoop *loop, Direction *direction) noexcept nogil:
    if direction.blocked_since:
        direction.blocked_ns += loop.now - direction.blocked_since
        direction.blocked_since = 0
