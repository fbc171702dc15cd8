# The course of a relay: the loop that moves messages. No Python object in it, and no GIL.

cdef extern from "zmq.h" nogil:
    int ZMQ_PUB, ZMQ_XPUB, ZMQ_XPUB_NODROP
    int ZMQ_EVENT_CONNECTED, ZMQ_EVENT_ACCEPTED, ZMQ_EVENT_DISCONNECTED

# Messages that one direction moves before the other one has its turn.
cdef enum:
    BURST = 500

cdef enum:
    SIGNAL_NS = 50000000      # how often a busy relay in the main thread looks for signals
    ASIDE_NS = 10000000       # how often a busy relay looks at what is not traffic

# What other threads store in Course.stopping.
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
    Parked **front           # of the source's handle: what it has given back earlier
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
    bint drained             # the source was found empty in this turn: its mailbox is, too
    bint prefixed
    zmq_msg_t prefix
    int64_t messages
    int64_t bytes
    int64_t dropped          # by the monitor
    int64_t blocked_ns       # how long the target could not take what is held
    int64_t blocked_since    # 0: it can
    int64_t last_move

cdef struct Mark:
    # What had been counted at a moment: messages and bytes, forth and back.
    int64_t at
    int64_t counts[4]

cdef enum:
    MARKS = 16               # a power of two
    MARK_NS = 100000000

cdef struct Drain:
    # How a relay ends that hands on what its sources hold (drain.pxi).
    int64_t begun            # written before stopping is
    int64_t until
    int64_t half             # the last moment in which something is taken from outside
    int64_t patience         # it ends when nothing has moved for so long
    int64_t settled          # when it has to be over although there is always more
    bint looked              # the sources have been looked at since it has begun
    int requests             # the way of requests, which are answered the other way; -1: none
    int64_t requests_before  # what had been counted when the relay was started
    int64_t answers_before
    bint intake              # peers that only send come back where they are not unbound
    bint intake_due          # now is the time to unbind
    bint intake_ended
    bint abrupt              # in the middle of what a peer was sending

cdef enum:
    PLACES = 8

cdef struct Lines:
    # The connections of a socket whose peers only send, by their descriptors (peers.pxi).
    bint takes               # it is such a socket
    bint wanted              # and they are known
    unsigned char *states
    uint32_t *numbers        # of the connections that a descriptor has been, one after the other
    uint32_t size
    int count
    const char *places[PLACES]   # where they were accepted
    int n_places

cdef struct Line:
    uint32_t fd
    int held                 # a descriptor of one's own
    int64_t received

cdef struct Talk:
    # A client of a queue (talks.pxi).
    uint64_t key             # 0: this place is free
    int64_t open             # requests that were handed out and not answered
    int fd                   # its connection
    uint32_t line            # the number of that

cdef struct Talks:
    bint wanted
    bint stale               # a client has gone
    Talk *table
    uint32_t size
    uint32_t used
    int64_t open             # of all of them

cdef struct Course:
    # All that the loop needs, with no Python object in it.
    Direction ways[2]        # in to out, out to in
    int n_ways
    void *monitor
    void *control
    bint swap
    bint control_replies
    int stopping             # set by other threads
    int at_work              # 1 while relay_loop() has the sockets
    int paused
    int64_t now              # at the beginning of this turn
    Drain drain
    Talks talks
    bint emptied             # how it ended: nothing was left
    int64_t terminate_patience   # that of the drain which TERMINATE begins; 0 for none
    ohmq_waker waker
    ohmq_interest interests[8]
    int n_interests
    int n_watched            # the first of them: the others are of sockets to look_aside() at
    int64_t signals_due      # 0 where another thread looks after signals
    # What is counted, for others to read (meter.pxi).
    int64_t begun            # 0: it has never run
    int64_t ended            # 0: it runs
    int64_t last_move
    Mark marks[MARKS]
    int n_marks              # that were made; the last MARKS of them are there
    void *events[3]          # monitors of the in, out and mon socket, or NULL
    int peers[3]
    Lines lines[2]
    int64_t aside_due        # when to look at them
    bint waits               # for the monitor, as for a target: it gets every message
    int failure              # of the monitor: why nothing can be sent to it
    bint sheds               # the monitor drops for some subscribers, and does not say so
    bint shows               # there may be somebody to show messages to
    bint monitor_talks       # and subscriptions can be received from it


# ---- the loop -----------------------------------------------------------------------------------

cdef Ending relay_loop(Course *course) noexcept nogil:
    """Move messages until something ends it."""
    cdef int moved, i, stopping
    cdef Ending ending
    while True:
        stopping = ohmq_load_int(&course.stopping)
        course.now = ohmq_now()
        if stopping == STOP_NOW:
            return STOPPED
        if stopping == DRAIN:
            ending = drain_turn(course)
            if ending != GOES_ON:
                return ending
        if course.now - course.marks[(course.n_marks - 1) & (MARKS - 1)].at >= MARK_NS:
            mark(course)
        if course.now >= course.aside_due:
            look_aside(course)  # first: the peer of a message is counted before it
        moved = 0
        if stopping or not ohmq_load_int(&course.paused):
            for i in range(course.n_ways):
                ending = move(course, &course.ways[i], &moved)
                if ending != GOES_ON:
                    return ending
        if moved:
            course.last_move = course.now
        if course.control != NULL:
            ending = obey(course)
            if ending != GOES_ON:
                return ending
        if course.signals_due and course.now > course.signals_due:
            return INTERRUPTED
        if moved == 0:
            ending = rest(course)
            if ending != GOES_ON:
                return ending


cdef Ending rest(Course *course) noexcept nogil:
    """Sleep until a socket signals.

    A socket from which nothing was received in vain has its EVENTS read first: that makes libzmq
    handle what waits in the mailbox, without which the descriptor would stay readable.
    """
    cdef Direction *way
    cdef int i, ready
    cdef int events = 0
    cdef bint stuck = True
    cdef bint holds = False
    cdef bint draining = ohmq_load_int(&course.stopping) == DRAIN
    cdef bint paused = ohmq_load_int(&course.paused) and not draining
    if course.waits and read_events(course.monitor, &events) < 0:
        return FAILED
    for i in range(course.n_ways):
        way = &course.ways[i]
        if paused:
            way.drained = False  # nobody has looked lately
            unblock(course, way)
        if not way.drained:
            if read_events(way.source, &events) < 0:
                return FAILED
            if events & ZMQ_POLLIN and not (way.n_held or way.mute or way.closed or paused):
                stuck = False
    for i in range(course.n_ways):
        # A held part is tried again now that the mailboxes are empty, whatever EVENTS says of the
        # target: a ROUTER is writable as long as any of its peers is.
        if course.ways[i].n_held and not paused and hand_over(course, &course.ways[i]):
            stuck = False
        holds = holds or course.ways[i].n_held
    if not stuck:
        return GOES_ON
    ready = ohmq_wait(course.interests, course.n_interests, wake_at(course, draining, holds))
    if ready < 0:
        return INTERRUPTED if errno == EINTR else FAILED
    if ready == 0:
        return drained(course, holds) if draining else INTERRUPTED
    if course.interests[0].ready:
        ohmq_waker_clear(&course.waker)
    for i in range(course.n_watched, course.n_interests):
        if course.interests[i].ready:
            course.aside_due = 0
    return GOES_ON


cdef inline int read_events(void *socket, int *events) noexcept nogil:
    cdef size_t size = sizeof(int)
    return zmq_getsockopt(socket, ZMQ_EVENTS, events, &size)


cdef Ending move(Course *course, Direction *way, int *moved) noexcept nogil:
    """Move a burst of messages in one direction, as far as they come and go."""
    cdef int done = 0
    way.drained = False
    way.error = 0
    # Never an end within a message: the target would wait for the rest of it.
    while (done < BURST or way.inside) and not way.mute:
        if way.n_held == 0 and way.closed and not way.inside:
            break
        if way.n_held == 0 and take_head(course, way) < 0:
            if c_errno() == ENOTSUP:
                way.mute = True  # PUB, PUSH: nothing ever comes from there
                break
            if c_errno() == EAGAIN:
                way.drained = True
                break
            # EFSM is a REQ or REP socket whose turn it is not.
            way.error = c_errno()
            return GOES_ON if way.error == EFSM else FAILED
        if not hand_over(course, way):
            if course.failure:
                return FAILED
            if way.error == EAGAIN and way.blocked_since == 0:
                way.blocked_since = course.now
            return GOES_ON if way.error in (EAGAIN, EFSM) else FAILED
        done += 1
        moved[0] += 1
        way.last_move = course.now
    return GOES_ON


cdef int take_part(Direction *way, zmq_msg_t *part) noexcept nogil:
    """Take a part, from the front first of all. Whether more follow, or -1 with errno for none."""
    cdef Parked *parked = way.front[0]
    cdef bint more
    zmq_msg_init(part)
    if parked == NULL:
        while zmq_msg_recv(part, way.source, ZMQ_DONTWAIT) < 0:
            if c_errno() != EINTR:
                return -1
        return zmq_msg_more(part)
    more = parked.more
    way.front[0] = parked.next
    zmq_msg_move(part, &parked.msg)
    zmq_msg_close(&parked.msg)
    free(parked)
    return more


cdef int take_head(Course *course, Direction *way) noexcept nogil:
    """Take the next part, or the first two where they are swapped. -1 with errno for none."""
    cdef int more = take_part(way, &way.held[0])
    way.n_held = 0
    if more < 0:
        return -1
    way.n_held = 1
    way.rest_follows = more
    if not course.swap or way.inside or not more:
        return 0
    more = take_part(way, &way.held[1])
    if more < 0:
        return -1
    way.n_held = 2
    way.rest_follows = more
    swap_head(way)
    return 0


cdef void swap_head(Direction *way) noexcept nogil:
    cdef zmq_msg_t spare
    zmq_msg_init(&spare)
    zmq_msg_move(&spare, &way.held[0])
    zmq_msg_move(&way.held[0], &way.held[1])
    zmq_msg_move(&way.held[1], &spare)


cdef bint hand_over(Course *course, Direction *way) noexcept nogil:
    """Hand what is held to the target, a copy to the monitor. False if one cannot take it."""
    cdef zmq_msg_t copy
    cdef int i, flags
    cdef size_t size
    cdef bint asks
    cdef Talk *talk = NULL
    if way.n_held == 0:
        return False
    for i in range(way.n_held):
        flags = ZMQ_SNDMORE if i < way.n_held - 1 or way.rest_follows else 0
        size = zmq_msg_size(&way.held[i])
        if course.talks.wanted and not way.inside:
            asks = way == &course.ways[course.drain.requests]
            talk = talk_of(course, &way.held[i], size, asks)
        if course.shows:
            if course.waits and not way.shown and not show_first(course, way, i, flags):
                return False
            if not course.waits:
                zmq_msg_init(&copy)
                zmq_msg_copy(&copy, &way.held[i])
        # Counted before: who has got a message, and then asks, finds it counted.
        way.bytes += size
        way.messages += not flags
        if not send_part(way, &way.held[i], flags):
            way.error = c_errno()
            way.bytes -= size
            way.messages -= not flags
            if course.shows and not course.waits:
                zmq_msg_close(&copy)
            return False
        if course.shows and not course.waits:
            show(course, way, &copy, flags)
        way.shown = False
        way.inside = flags & ZMQ_SNDMORE
        way.lost = way.lost and way.inside
    way.n_held = 0
    note_talk(&course.talks, talk, asks)
    unblock(course, way)
    return True


cdef inline bint send_part(Direction *way, zmq_msg_t *part, int flags) noexcept nogil:
    """Send a part, or let it end here. False with errno if the target cannot take it now."""
    if not way.lost:
        while zmq_msg_send(part, way.target, flags | ZMQ_DONTWAIT) < 0:
            if c_errno() == EHOSTUNREACH or c_errno() == EAGAIN and way.inside:
                # A peer that has gone, or that a ROUTER does not know: the message ends here, the
                # rest of it too, or a ROUTER would take that for another one.
                way.lost = True
                break
            if c_errno() != EINTR:
                return False
    if way.lost:
        zmq_msg_close(part)
        zmq_msg_init(part)
    return True


cdef inline void unblock(Course *course, Direction *way) noexcept nogil:
    if way.blocked_since:
        way.blocked_ns += course.now - way.blocked_since
        way.blocked_since = 0
