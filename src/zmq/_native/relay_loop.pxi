# The loop of a relay, which moves messages. No Python object in it, and no GIL.
#
# Each direction has three states: what its source gives, how far its target is in a message, and
# how far the copy of the monitor is.
#
#   source        event                                        to
#   OPEN          a receive would block; EVENTS say so         EMPTY: the mailbox is empty, too
#   EMPTY         a sleep has ended; the other direction has   OPEN: what has come since then may
#                 sent something to it; a pause, a drain       have left no signal
#   OPEN, EMPTY   a drain has handed out all requests          CLOSED: no message is begun any more
#   any           a receive is not supported (PUB, PUSH)       SEND_ONLY
#
#   target              event                                  to
#   BETWEEN_MESSAGES    it takes a part that others follow     IN_MESSAGE
#   BETWEEN_MESSAGES,   its peer has gone, or is unknown       DISCARDING: the rest of the message
#   IN_MESSAGE                                                 ends here, or it would be another one
#   any                 the last part is sent or discarded     BETWEEN_MESSAGES
#
#   copy          event                                        to
#   any           the first part of a message                  COPYING, or NO_COPY if it is refused
#   COPYING       the monitor refuses a part                   NO_COPY: counted in monitor_dropped
#   COPYING       the monitor, which the relay waits for, has  COPIED_AHEAD: it gets this part no
#                 a part that the target does not take         second time
#   COPIED_AHEAD  the target takes that part                   COPYING
#   COPIED_AHEAD  it does not, and others follow               COPIED_WHOLE: they are copied, too
#   COPIED_WHOLE  the last part is sent or discarded           NO_COPY

# Messages that one direction moves before the other one has its turn.
cdef enum:
    BURST = 500

cdef enum:
    SIGNALS_NS = 50000000       # how often a busy relay in the main thread looks for signals
    SIDE_SOCKETS_NS = 10000000  # how often a busy relay looks at what is not traffic
    UNSURE_NS = 100000000       # how long it sleeps where a signal may have been taken

cdef enum PartSent:
    NOT_SENT = 0
    SENT
    DISCARDED

cdef enum Ending:
    GOES_ON = 0
    STOPPED = 1
    INTERRUPTED = 2    # a signal came: its handlers want to run
    FAILED = 3         # errno says how

cdef enum:
    SAMPLE_NS = 100000000      # between two samples of what is counted

# ---- the loop -----------------------------------------------------------------------------------

cdef Ending run_relay_loop(RelayLoop *loop) noexcept nogil:
    """Move messages until something ends it."""
    cdef int moved, i, stopping
    cdef bint woken = True
    cdef Ending ending
    while True:
        stopping = ohmq_load_int(&loop.orders.stopping)
        loop.now = ohmq_now()
        if stopping == STOP_NOW:
            return STOPPED
        if stopping == DRAIN:
            ending = drain_turn(loop)
            if ending != GOES_ON:
                return ending
        if loop.now - last_sample(&loop.meter).at >= SAMPLE_NS:
            take_sample(loop)
        if loop.now >= loop.side.due:
            poll_side_sockets(loop)  # first: the peer of a message is counted before it
        if woken or stopping:
            for i in range(loop.traffic.n_directions):
                reopen(&loop.traffic.directions[i])
        moved = woken = 0
        if stopping or not ohmq_load_int(&loop.orders.paused):
            for i in range(loop.traffic.n_directions):
                ending = move(loop, i, &moved)
                if ending != GOES_ON:
                    return ending
        if moved:
            ohmq_store_long(&loop.meter.last_move, loop.now)
        if loop.control.socket != NULL:
            ending = execute_commands(loop)
            if ending != GOES_ON:
                return ending
        if loop.signals_due and loop.now > loop.signals_due:
            return INTERRUPTED
        if moved == 0:
            ending = rest(loop)
            if ending != GOES_ON:
                return ending
            woken = True


cdef Ending rest(RelayLoop *loop) noexcept nogil:
    """Sleep until a socket signals.

    A socket from which nothing was received in vain has its EVENTS read first: that makes libzmq
    handle what waits in the mailbox, without which the descriptor would stay readable.
    """
    cdef Direction *direction
    cdef ohmq_one_wait wait
    cdef int64_t until
    cdef Ending ending
    cdef int i, ready
    cdef int events = 0
    cdef int moved = 0
    cdef bint stuck = True
    cdef bint holds = False
    cdef bint unsure = False
    cdef bint draining = ohmq_load_int(&loop.orders.stopping) == DRAIN
    cdef bint paused = ohmq_load_int(&loop.orders.paused) and not draining
    if loop.monitor.waits_for_it and read_events(loop.monitor.socket, &events) < 0:
        return FAILED
    for i in range(loop.traffic.n_directions):
        direction = &loop.traffic.directions[i]
        if paused:
            reopen(direction)  # it was not read lately
            unblock(loop, direction)
        if direction.source_state != SOURCE_EMPTY:
            if read_events(direction.source, &events) < 0:
                return FAILED
            if direction.source_state == SOURCE_OPEN:
                if not events & ZMQ_POLLIN:
                    direction.source_state = SOURCE_EMPTY
                elif not direction.n_held and not paused:
                    stuck = False
    for i in range(loop.traffic.n_directions):
        # What is held is tried again now that the mailboxes are empty, whatever EVENTS says of the
        # target: a ROUTER is writable as long as any of its peers is.
        direction = &loop.traffic.directions[i]
        if direction.n_held and not paused:
            ending = move_burst(loop, direction, &moved)
            if ending == GOES_ON and direction.n_held:
                ending = look_behind(loop, i, &moved, &unsure)
            if ending != GOES_ON:
                return ending
        holds = holds or direction.n_held
    if moved or not stuck:
        return GOES_ON
    until = wake_at(loop, draining, holds)
    if unsure:
        until = stretch(until, UNSURE_NS)
    ohmq_wait_begin(&wait, &loop.sleep.busy_wait, False, ohmq_now())
    ready = ohmq_wait_busily(loop.sleep.interests, loop.sleep.n_interests, until, &wait)
    ohmq_wait_end(&wait, &loop.sleep.busy_wait, ready, ohmq_now())
    if ready < 0:
        return INTERRUPTED if errno == EINTR else FAILED
    if ready == 0:
        return drain_is_over(loop, holds) if draining else INTERRUPTED
    if loop.sleep.interests[0].ready:
        ohmq_waker_clear(&loop.orders.waker)
    if loop.monitor.socket != NULL and not loop.monitor.has_peer:
        loop.side.due = 0  # a peer of the monitor is to get the copy of what has come
    for i in range(loop.sleep.n_traffic):
        if loop.sleep.interests[i].ready and loop.sleep.stays_readable[i]:
            ohmq_signaler_clear(loop.sleep.interests[i].fd)
    for i in range(loop.sleep.n_traffic, loop.sleep.n_interests):
        if loop.sleep.interests[i].ready:
            loop.side.due = 0
    return GOES_ON


cdef Ending look_behind(RelayLoop *loop, int i, int *moved, bint *unsure) noexcept nogil:
    """Look at a target that took nothing: it, or the direction that it feeds, may go on.

    The attempt to send may have taken the signal of something that has come from there, this look
    that of room for what is held. Then another attempt is due, after which there is no look: where
    EVENTS do not tell whether one can send (ROUTER_MANDATORY, XPUB_NODROP), the sleep is short.
    """
    cdef Direction *direction = &loop.traffic.directions[i]
    cdef Direction *other = &loop.traffic.directions[1 - i]
    cdef int events = 0
    if loop.traffic.n_directions == 1 or read_events(direction.target, &events) < 0:
        return GOES_ON
    if events & ZMQ_POLLIN:
        reopen(other)
        if other.source_state == SOURCE_OPEN and other.n_held == 0:
            moved[0] = True
            return GOES_ON
    if not events & ZMQ_POLLOUT:
        return GOES_ON
    unsure[0] = True
    return move_burst(loop, direction, moved)


cdef inline int read_events(void *socket, int *events) noexcept nogil:
    cdef size_t size = sizeof(int)
    return zmq_getsockopt(socket, ZMQ_EVENTS, events, &size)


cdef Ending move(RelayLoop *loop, int i, int *moved) noexcept nogil:
    """Move a burst of messages in one direction, unless it is known that none has come.

    To send makes libzmq look at the mailbox of the target now and then, which may take the signal
    of what has come from there.
    """
    cdef Direction *direction = &loop.traffic.directions[i]
    cdef int moved_here = 0
    cdef Ending ending
    if direction.source_state == SOURCE_EMPTY and direction.n_held == 0:
        return GOES_ON
    ending = move_burst(loop, direction, &moved_here)
    if moved_here or direction.n_held:
        moved[0] = moved[0] or moved_here
        reopen(&loop.traffic.directions[1 - i])
    return ending


cdef Ending move_burst(RelayLoop *loop, Direction *direction, int *moved) noexcept nogil:
    """Move a burst of messages, as far as they come and go."""
    cdef int done = 0
    cdef int found
    cdef bint plain
    reopen(direction)
    direction.error = 0
    plain = is_plain(loop, direction)
    # Never an end within a message: the target would wait for the rest of it.
    while ((done < BURST or direction.target_state != BETWEEN_MESSAGES)
           and direction.source_state != SOURCE_SEND_ONLY):
        if (direction.n_held == 0 and direction.source_state == SOURCE_CLOSED
                and direction.target_state == BETWEEN_MESSAGES):
            break
        found = 0
        if direction.n_held == 0 and plain:
            found = pass_on(loop, direction, &done)
            if done:
                moved[0] = 1
                direction.last_move = loop.now
        elif direction.n_held == 0:
            found = take_head(loop, direction)
        if found < 0:
            if c_errno() == ENOTSUP:
                direction.source_state = SOURCE_SEND_ONLY  # PUB, PUSH
                break
            if c_errno() == EAGAIN:
                if direction.source_state == SOURCE_OPEN:
                    direction.source_state = SOURCE_EMPTY
                break
            # EFSM is a REQ or REP socket whose turn it is not.
            direction.error = c_errno()
            return GOES_ON if direction.error == EFSM else FAILED
        if direction.n_held == 0:
            break
        if is_asked(loop, direction):
            serve_subscriber(loop, direction, &done)
        elif not hand_over(loop, direction):
            if loop.monitor.failure:
                return FAILED
            if direction.error == EAGAIN and direction.blocked_since == 0:
                ohmq_store_long(&direction.blocked_since, loop.now)
            return GOES_ON if direction.error in (EAGAIN, EFSM) else FAILED
        done += 1
        moved[0] = 1
        direction.last_move = loop.now
        plain = is_plain(loop, direction)
    return GOES_ON


cdef inline bint is_plain(RelayLoop *loop, Direction *direction) noexcept nogil:
    """Whether the messages that come next are only moved, and perhaps copied."""
    return (direction.n_held == 0 and direction.unread[0] == NULL
            and direction.source_state == SOURCE_OPEN
            and direction.target_state == BETWEEN_MESSAGES
            and not (loop.monitor.has_peer and loop.monitor.waits_for_it
                     or loop.traffic.swap or loop.cache.most_entries))


cdef int pass_on(RelayLoop *loop, Direction *direction, int *done) noexcept nogil:
    """Move messages for which is_plain() holds, as many as a burst has.

    0, with a part held that the target does not take, or none: the burst is over. -1 with errno
    where nothing can be received.
    """
    cdef zmq_msg_t *part = &direction.held[0]
    cdef void *source = direction.source
    cdef void *target = direction.target
    cdef bint known = loop.clients.wanted
    cdef bint asks = known and direction == &loop.traffic.directions[loop.drain.requests]
    cdef bint copied = loop.monitor.has_peer
    cdef bint last
    cdef Client *client = NULL
    cdef zmq_msg_t copy
    cdef int64_t size = 0
    direction.copy_state = NO_COPY
    zmq_msg_init(part)
    while done[0] < BURST:
        size = zmq_msg_recv(part, source, ZMQ_DONTWAIT)
        if size < 0:
            if c_errno() == EINTR:
                continue
            break
        if size == INT_MAX:
            size = zmq_msg_size(part)
        last = not zmq_msg_more(part)
        if known and direction.target_state == BETWEEN_MESSAGES:
            client = client_of(loop, part, size, asks)
        if copied:
            zmq_msg_init(&copy)
            zmq_msg_copy(&copy, part)
        # Counted before, as in hand_over().
        ohmq_add_long(&direction.bytes, size)
        ohmq_add_long(&direction.messages, last)
        if zmq_msg_send(part, target, ZMQ_DONTWAIT if last else ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0:
            ohmq_add_long(&direction.bytes, -<int64_t> size)
            ohmq_add_long(&direction.messages, -last)
            direction.n_held = 1
            direction.rest_follows = not last
            if copied:
                zmq_msg_close(&copy)
            break
        if copied:
            copy_behind(loop, direction, &copy, 0 if last else ZMQ_SNDMORE)
        direction.target_state = BETWEEN_MESSAGES if last else IN_MESSAGE
        done[0] += last
        if client != NULL:
            count_request(&loop.clients, client, asks)
            client = NULL
    return -1 if size < 0 else 0


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
    if not loop.traffic.swap or direction.target_state != BETWEEN_MESSAGES or not more:
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
    cdef int i, flags, error
    cdef size_t size
    cdef bint asks = False
    cdef PartSent sent
    cdef Client *client = NULL
    if direction.n_held == 0:
        return False
    for i in range(direction.n_held):
        flags = ZMQ_SNDMORE if i < direction.n_held - 1 or direction.rest_follows else 0
        size = zmq_msg_size(&direction.held[i])
        if loop.clients.wanted and direction.target_state == BETWEEN_MESSAGES:
            asks = direction == &loop.traffic.directions[loop.drain.requests]
            client = client_of(loop, &direction.held[i], size, asks)
        if loop.monitor.has_peer:
            if (loop.monitor.waits_for_it and direction.copy_state < COPIED_AHEAD
                    and not copy_ahead(loop, direction, i, flags)):
                return False
            if not loop.monitor.waits_for_it:
                zmq_msg_init(&copy)
                zmq_msg_copy(&copy, &direction.held[i])
        if is_cached(loop, direction):
            keep_part(loop, &direction.held[i], direction.target_state == BETWEEN_MESSAGES,
                      not flags)
        # Counted before: a peer that has a message, and then asks, finds it counted.
        ohmq_add_long(&direction.bytes, size)
        ohmq_add_long(&direction.messages, not flags)
        sent = send_part(direction, &direction.held[i], flags)
        if sent == NOT_SENT:
            error = c_errno()
            if direction.copy_state == COPIED_AHEAD and flags:
                copy_rest(loop, direction, i + 1)
            direction.error = error
            ohmq_add_long(&direction.bytes, -<int64_t> size)
            ohmq_add_long(&direction.messages, -(not flags))
            if loop.monitor.has_peer and not loop.monitor.waits_for_it:
                zmq_msg_close(&copy)
            return False
        if loop.monitor.has_peer and not loop.monitor.waits_for_it:
            copy_behind(loop, direction, &copy, flags)
        if direction.copy_state == COPIED_AHEAD:
            direction.copy_state = COPYING
        if not flags & ZMQ_SNDMORE:
            direction.target_state = BETWEEN_MESSAGES
            direction.copy_state = NO_COPY
        else:
            direction.target_state = DISCARDING if sent == DISCARDED else IN_MESSAGE
    direction.n_held = 0
    count_request(&loop.clients, client, asks)
    unblock(loop, direction)
    return True


cdef inline PartSent send_part(Direction *direction, zmq_msg_t *part, int flags) noexcept nogil:
    """Send a part, or discard it. NOT_SENT with errno if the target cannot take it now."""
    if direction.target_state != DISCARDING:
        while True:
            if zmq_msg_send(part, direction.target, flags | ZMQ_DONTWAIT) >= 0:
                return SENT
            if c_errno() == EHOSTUNREACH or (c_errno() == EAGAIN
                                             and direction.target_state == IN_MESSAGE):
                # A peer that has gone, or that a ROUTER does not know: the message ends here, the
                # rest of it too, or a ROUTER would take that for another one.
                break
            if c_errno() != EINTR:
                return NOT_SENT
    zmq_msg_close(part)
    zmq_msg_init(part)
    return DISCARDED


cdef inline void reopen(Direction *direction) noexcept nogil:
    if direction.source_state == SOURCE_EMPTY:
        direction.source_state = SOURCE_OPEN


cdef inline void unblock(RelayLoop *loop, Direction *direction) noexcept nogil:
    if direction.blocked_since:
        ohmq_add_long(&direction.blocked_ns, loop.now - direction.blocked_since)
        ohmq_store_long(&direction.blocked_since, 0)
        direction.last_blocked = loop.now
