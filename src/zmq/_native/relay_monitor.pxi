# The monitor of a relay: which readers get copies of what passes, and what becomes of those that it
# cannot take: they are dropped and counted, or the relay waits, as libzmq's proxy for its capture.

cdef void copy_behind(RelayLoop *loop, Direction *direction, zmq_msg_t *part,
                      int flags) noexcept nogil:
    """Send the monitor a part that the target has, the prefix before the first; or drop it."""
    cdef bint first = direction.target_state == BETWEEN_MESSAGES
    if first:
        direction.copy_state = COPYING
        if direction.prefixed and not offer_prefix(loop, direction):
            direction.copy_state = NO_COPY
    if direction.copy_state == COPYING and offer(loop, direction, part, flags,
                                                 first and not direction.prefixed):
        return
    zmq_msg_close(part)
    if direction.copy_state == COPYING or first:
        ohmq_add_long(&direction.monitor_dropped, 1)
    direction.copy_state = NO_COPY


cdef bint offer_prefix(RelayLoop *loop, Direction *direction) noexcept nogil:
    cdef zmq_msg_t copy
    zmq_msg_init(&copy)
    zmq_msg_copy(&copy, &direction.prefix)
    if offer(loop, direction, &copy, ZMQ_SNDMORE, True):
        return True
    zmq_msg_close(&copy)
    return False


cdef bint offer(RelayLoop *loop, Direction *direction, zmq_msg_t *part, int flags,
                bint first) noexcept nogil:
    """Send the monitor a part. False if it cannot take it; direction.error says why.

    A send looks at libzmq's mailbox only now and then; before it drops, EVENTS makes it look: once
    a turn of the loop, as that is a system call.
    """
    cdef int off = 0
    cdef int on = 1
    cdef int events = 0
    cdef bint sent
    flags |= ZMQ_DONTWAIT
    if zmq_msg_send(part, loop.monitor.socket, flags) >= 0:
        return True
    direction.error = c_errno()
    if first and loop.monitor.looked != loop.now:
        loop.monitor.looked = loop.now
        if read_events(loop.monitor.socket, &events) < 0 or not events & ZMQ_POLLOUT:
            events = 0
    if events:
        if zmq_msg_send(part, loop.monitor.socket, flags) >= 0:
            return True
        direction.error = c_errno()
    if not loop.monitor.drops_silently:
        return False
    if first and loop.side.events[2] != NULL and loop.side.peers[2] == 1:
        return False
    # One of several subscribers is full. The others shall have it: those that cannot take it are
    # left out, as ZMQ_PUB does by itself, but for the counting.
    if first:
        ohmq_add_long(&direction.monitor_dropped, 1)
    zmq_setsockopt(loop.monitor.socket, ZMQ_XPUB_NODROP, &off, sizeof(off))
    sent = zmq_msg_send(part, loop.monitor.socket, flags) >= 0
    zmq_setsockopt(loop.monitor.socket, ZMQ_XPUB_NODROP, &on, sizeof(on))
    return sent


# ---- a monitor that gets everything --------------------------------------------------------------

cdef bint copy_ahead(RelayLoop *loop, Direction *direction, int i, int flags) noexcept nogil:
    """Send the monitor a part before the target gets it. False if it has to wait, or has failed.

    Only the first part of a message can wait: a monitor that loses its peer in the middle of one
    gets no more of it.
    """
    cdef zmq_msg_t copy
    cdef bint first = direction.target_state == BETWEEN_MESSAGES
    if first:
        direction.copy_state = COPYING
        if direction.prefixed:
            if not offer_prefix(loop, direction):
                return refused(loop, direction)
            first = False
    if direction.copy_state == NO_COPY:
        return True
    zmq_msg_init(&copy)
    zmq_msg_copy(&copy, &direction.held[i])
    if offer(loop, direction, &copy, flags, first):
        direction.copy_state = COPIED_AHEAD
        return True
    zmq_msg_close(&copy)
    if first or direction.error != EAGAIN:
        return refused(loop, direction)
    ohmq_add_long(&direction.monitor_dropped, 1)
    direction.copy_state = NO_COPY
    return True


cdef void copy_rest(RelayLoop *loop, Direction *direction, int held) noexcept nogil:
    """Send the monitor the rest of a message whose first part the target does not take.

    Or a message of the other direction would get among its parts. What is not held waits, unread.
    """
    cdef UnreadPart **link = direction.unread
    cdef bint more = direction.rest_follows
    cdef int i
    direction.copy_state = COPYING
    for i in range(held, direction.n_held):
        copy_more(loop, direction, &direction.held[i], i < direction.n_held - 1 or more)
    while more:
        if link[0] == NULL:
            link[0] = receive_unread(direction.source)
            if link[0] == NULL:
                break
        more = link[0].more
        copy_more(loop, direction, &link[0].msg, more)
        link = &link[0].next
    direction.copy_state = COPIED_WHOLE


cdef void copy_more(RelayLoop *loop, Direction *direction, zmq_msg_t *part,
                    bint more) noexcept nogil:
    """Send the monitor a part that is not the first; it gets no more of it if it refuses one."""
    cdef zmq_msg_t copy
    if direction.copy_state == NO_COPY:
        return
    zmq_msg_init(&copy)
    zmq_msg_copy(&copy, part)
    if not offer(loop, direction, &copy, ZMQ_SNDMORE if more else 0, False):
        zmq_msg_close(&copy)
        ohmq_add_long(&direction.monitor_dropped, 1)
        direction.copy_state = NO_COPY


cdef UnreadPart *receive_unread(void *source) noexcept nogil:
    """Receive a part for the list of unread ones; NULL for none."""
    cdef UnreadPart *part = <UnreadPart *> malloc(sizeof(UnreadPart))
    if part == NULL:
        return NULL
    zmq_msg_init(&part.msg)
    while zmq_msg_recv(&part.msg, source, ZMQ_DONTWAIT) < 0:
        if c_errno() != EINTR:
            free(part)
            return NULL
    part.more = zmq_msg_more(&part.msg)
    part.order = 0
    part.next = NULL
    return part


cdef inline bint refused(RelayLoop *loop, Direction *direction) noexcept nogil:
    """Note why the monitor has not taken a part: what is no lack of room ends the relay."""
    if direction.error != EAGAIN:
        loop.monitor.failure = direction.error
    return False
