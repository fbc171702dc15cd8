# The course of a relay: the loop that moves messages. No Python object in it, and no GIL.

# Messages that one direction moves before the other one has its turn.
cdef enum:
    BURST = 500

# How often a busy relay in the main thread looks for signals.
cdef enum:
    SIGNAL_NS = 50000000

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
    zmq_msg_t held[HEAD]     # taken from the source, not yet accepted by the target
    int n_held
    bint rest_follows        # the source has more parts of the message that is held
    bint inside              # the target has the first parts of a message, not the last
    bint monitored           # and so has the monitor
    bint mute                # nothing can be received from the source
    bint drained             # the source was found empty in this turn: its mailbox is, too
    const char *prefix
    size_t prefix_size
    int64_t messages
    int64_t bytes
    int64_t dropped          # by the monitor

cdef struct Course:
    # All that the loop needs, with no Python object in it.
    Direction ways[2]        # in to out, out to in
    int n_ways
    void *monitor
    void *control
    bint swap
    bint control_replies
    int stopping             # set by other threads
    int paused
    ohmq_waker waker
    ohmq_interest interests[5]
    int n_interests
    int64_t signals_due      # 0 where another thread looks after signals


# ---- the loop -----------------------------------------------------------------------------------

cdef Ending relay_loop(Course *course) noexcept nogil:
    """Move messages until something ends it."""
    cdef int moved, i
    cdef Ending ending
    while True:
        if ohmq_load_int(&course.stopping):
            return STOPPED
        moved = 0
        if not ohmq_load_int(&course.paused):
            for i in range(course.n_ways):
                ending = move(course, &course.ways[i], &moved)
                if ending != GOES_ON:
                    return ending
        if course.control != NULL:
            ending = obey(course)
            if ending != GOES_ON:
                return ending
        if course.signals_due and moved and ohmq_now() > course.signals_due:
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
    cdef bint paused = ohmq_load_int(&course.paused)
    for i in range(course.n_ways):
        way = &course.ways[i]
        if not way.drained:
            if read_events(way.source, &events) < 0:
                return FAILED
            if events & ZMQ_POLLIN and not (way.n_held or way.mute or paused):
                stuck = False
    for i in range(course.n_ways):
        # A held part is tried again now that the mailboxes are empty, whatever EVENTS says of the
        # target: a ROUTER is writable as long as any of its peers is.
        if course.ways[i].n_held and not paused and hand_over(course, &course.ways[i]):
            stuck = False
    if not stuck:
        return GOES_ON
    ready = ohmq_wait(course.interests, course.n_interests,
                      stretch(-1, STRETCH_NS) if course.signals_due else -1)
    if ready < 0:
        return INTERRUPTED if errno == EINTR else FAILED
    if ready == 0:
        return INTERRUPTED
    if course.interests[0].ready:
        ohmq_waker_clear(&course.waker)
    return GOES_ON


cdef inline int read_events(void *socket, int *events) noexcept nogil:
    cdef size_t size = sizeof(int)
    return zmq_getsockopt(socket, ZMQ_EVENTS, events, &size)


cdef Ending move(Course *course, Direction *way, int *moved) noexcept nogil:
    """Move a burst of messages in one direction, as far as they come and go."""
    cdef int done = 0
    way.drained = False
    while done < BURST and not way.mute:
        if way.n_held == 0 and take_head(course, way) < 0:
            if c_errno() == ENOTSUP:
                way.mute = True  # PUB, PUSH: nothing ever comes from there
                break
            if c_errno() == EAGAIN:
                way.drained = True
                break
            # EFSM is a REQ or REP socket whose turn it is not.
            return GOES_ON if c_errno() == EFSM else FAILED
        if not hand_over(course, way):
            return GOES_ON if c_errno() in (EAGAIN, EFSM) else FAILED
        done += 1
        moved[0] += 1
    return GOES_ON


cdef int take_head(Course *course, Direction *way) noexcept nogil:
    """Take the next part, or the first two where they are swapped. -1 with errno for none."""
    cdef zmq_msg_t spare
    way.n_held = 0
    zmq_msg_init(&way.held[0])
    while zmq_msg_recv(&way.held[0], way.source, ZMQ_DONTWAIT) < 0:
        if c_errno() != EINTR:
            return -1
    way.n_held = 1
    way.rest_follows = zmq_msg_more(&way.held[0])
    if not course.swap or way.inside or not way.rest_follows:
        return 0
    zmq_msg_init(&way.held[1])
    while zmq_msg_recv(&way.held[1], way.source, ZMQ_DONTWAIT) < 0:
        if c_errno() != EINTR:
            return -1
    way.n_held = 2
    way.rest_follows = zmq_msg_more(&way.held[1])
    zmq_msg_init(&spare)
    zmq_msg_move(&spare, &way.held[0])
    zmq_msg_move(&way.held[0], &way.held[1])
    zmq_msg_move(&way.held[1], &spare)
    return 0


cdef bint hand_over(Course *course, Direction *way) noexcept nogil:
    """Hand what is held to the target, a copy to the monitor. False with errno if it is full."""
    cdef zmq_msg_t copy
    cdef int i, flags, error
    cdef size_t size
    if way.n_held == 0:
        return False
    for i in range(way.n_held):
        flags = ZMQ_SNDMORE if i < way.n_held - 1 or way.rest_follows else 0
        size = zmq_msg_size(&way.held[i])
        if course.monitor != NULL:
            zmq_msg_init(&copy)
            zmq_msg_copy(&copy, &way.held[i])
        while zmq_msg_send(&way.held[i], way.target, flags | ZMQ_DONTWAIT) < 0:
            error = c_errno()
            if error == EINTR:
                continue
            if error != EHOSTUNREACH and not (error == EAGAIN and way.inside):
                if course.monitor != NULL:
                    zmq_msg_close(&copy)
                errno = error
                return False
            # A peer that has gone, or that a ROUTER does not know: the message ends here.
            zmq_msg_close(&way.held[i])
            zmq_msg_init(&way.held[i])
            break
        if course.monitor != NULL:
            show(course, way, &copy, flags)
        way.inside = flags & ZMQ_SNDMORE
        way.bytes += size
    way.n_held = 0
    if not way.inside:
        way.messages += 1
    return True


cdef void show(Course *course, Direction *way, zmq_msg_t *part, int flags) noexcept nogil:
    """Send one part to the monitor, the prefix before the first. Never waits: it drops instead.

    A send looks at libzmq's mailbox only now and then; before it drops, EVENTS makes it look.
    """
    cdef int rc
    cdef int events = 0
    if not way.inside:
        way.monitored = True
        if way.prefix != NULL:
            rc = zmq_send(course.monitor, way.prefix, way.prefix_size, ZMQ_DONTWAIT | ZMQ_SNDMORE)
            if rc < 0 and read_events(course.monitor, &events) == 0 and events & ZMQ_POLLOUT:
                rc = zmq_send(course.monitor, way.prefix, way.prefix_size,
                              ZMQ_DONTWAIT | ZMQ_SNDMORE)
            way.monitored = rc >= 0
    if way.monitored and zmq_msg_send(part, course.monitor, flags | ZMQ_DONTWAIT) >= 0:
        return
    zmq_msg_close(part)
    if way.monitored or not way.inside:
        way.dropped += 1
    way.monitored = False


# ---- steering: zmq_proxy_steerable(3) -----------------------------------------------------------

cdef Ending obey(Course *course) noexcept nogil:
    """Do all that the control socket says: PAUSE, RESUME, TERMINATE, STATISTICS.

    Until nothing is left: only a socket that was found empty signals the next message.
    """
    cdef zmq_msg_t command
    cdef Ending ending = GOES_ON
    zmq_msg_init(&command)
    while ending == GOES_ON and zmq_msg_recv(&command, course.control, ZMQ_DONTWAIT) >= 0:
        ending = obey_one(course, <char *> zmq_msg_data(&command), zmq_msg_size(&command))
    if ending == GOES_ON and c_errno() not in (EAGAIN, EINTR, EFSM):
        ending = FAILED
    zmq_msg_close(&command)
    return ending


cdef Ending obey_one(Course *course, const char *text, size_t size) noexcept nogil:
    cdef Ending ending = GOES_ON
    if size == 10 and memcmp(text, b"STATISTICS", 10) == 0:
        report(course)
        return GOES_ON
    if size == 5 and memcmp(text, b"PAUSE", 5) == 0:
        ohmq_store_int(&course.paused, 1)
    elif size == 6 and memcmp(text, b"RESUME", 6) == 0:
        ohmq_store_int(&course.paused, 0)
    elif size == 9 and memcmp(text, b"TERMINATE", 9) == 0:
        ending = STOPPED
    if course.control_replies:
        zmq_send(course.control, NULL, 0, ZMQ_DONTWAIT)
    return ending


cdef void report(Course *course) noexcept nogil:
    """Answer STATISTICS: received and sent, messages and bytes, of the in and of the out socket."""
    cdef Direction *forth = &course.ways[0]
    cdef Direction *back = &course.ways[course.n_ways - 1]
    cdef uint64_t numbers[8]
    cdef int i
    numbers[0], numbers[1] = forth.messages, forth.bytes
    numbers[2], numbers[3] = back.messages, back.bytes
    numbers[4], numbers[5] = back.messages, back.bytes
    numbers[6], numbers[7] = forth.messages, forth.bytes
    for i in range(8):
        zmq_send(course.control, &numbers[i], sizeof(uint64_t),
                 ZMQ_DONTWAIT | (ZMQ_SNDMORE if i < 7 else 0))
