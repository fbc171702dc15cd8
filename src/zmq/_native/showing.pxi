# The monitor of a relay: which readers get copies of what passes, and what becomes of those that it
# cannot take: they are dropped and counted, or the relay waits, as libzmq's proxy for its capture.

cdef void show(Course *course, Direction *way, zmq_msg_t *part, int flags) noexcept nogil:
    """Send one part to the monitor, the prefix before the first. Never waits: it drops instead."""
    cdef bint first = not way.inside
    if first:
        way.monitored = not way.prefixed or offer_prefix(course, way)
    if way.monitored and offer(course, way, part, flags, first and not way.prefixed):
        return
    zmq_msg_close(part)
    if way.monitored or first:
        way.dropped += 1
    way.monitored = False


cdef bint offer_prefix(Course *course, Direction *way) noexcept nogil:
    cdef zmq_msg_t copy
    zmq_msg_init(&copy)
    zmq_msg_copy(&copy, &way.prefix)
    if offer(course, way, &copy, ZMQ_SNDMORE, True):
        return True
    zmq_msg_close(&copy)
    return False


cdef bint offer(Course *course, Direction *way, zmq_msg_t *part, int flags,
                bint first) noexcept nogil:
    """Send the monitor a part. False if it cannot take it; way.error says why.

    A send looks at libzmq's mailbox only now and then; before it drops, EVENTS makes it look.
    """
    cdef int off = 0
    cdef int on = 1
    cdef int events = 0
    cdef bint sent
    flags |= ZMQ_DONTWAIT
    if zmq_msg_send(part, course.monitor, flags) >= 0:
        return True
    way.error = c_errno()
    if first and read_events(course.monitor, &events) == 0 and events & ZMQ_POLLOUT:
        if zmq_msg_send(part, course.monitor, flags) >= 0:
            return True
        way.error = c_errno()
    if not course.sheds or first and course.events[2] != NULL and course.peers[2] == 1:
        return False
    # One of several subscribers is full. The others shall have it: those that cannot take it are
    # left out, as ZMQ_PUB does by itself, but for the counting.
    if first:
        way.dropped += 1
    zmq_setsockopt(course.monitor, ZMQ_XPUB_NODROP, &off, sizeof(off))
    sent = zmq_msg_send(part, course.monitor, flags) >= 0
    zmq_setsockopt(course.monitor, ZMQ_XPUB_NODROP, &on, sizeof(on))
    return sent


# ---- a monitor that gets everything --------------------------------------------------------------

cdef bint show_first(Course *course, Direction *way, int i, int flags) noexcept nogil:
    """Send the monitor a part before the target gets it. False if it has to wait, or has failed.

    Only the first part of a message can wait: a monitor that loses its peer in the middle of one
    gets no more of it.
    """
    cdef zmq_msg_t copy
    cdef bint first = not way.inside
    if first:
        way.monitored = True
        if way.prefixed:
            if not offer_prefix(course, way):
                return refused(course, way)
            first = False
    if not way.monitored:
        return True
    zmq_msg_init(&copy)
    zmq_msg_copy(&copy, &way.held[i])
    way.shown = offer(course, way, &copy, flags, first)
    if way.shown:
        return True
    zmq_msg_close(&copy)
    if first or way.error != EAGAIN:
        return refused(course, way)
    way.dropped += 1
    way.monitored = False
    return True


cdef inline bint refused(Course *course, Direction *way) noexcept nogil:
    """Note why the monitor has not taken a part: what is no lack of room ends the relay."""
    if way.error != EAGAIN:
        course.failure = way.error
    return False
