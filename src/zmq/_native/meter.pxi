# What a relay counts beside messages: how fast they went lately, and the peers that are connected.
# The loop writes, without the GIL; other threads read, without a lock.

cdef void mark(Course *course) noexcept nogil:
    """Note what has been counted by now. Before anything moves: an idle time ends with a mark."""
    cdef Mark *here = &course.marks[course.n_marks & (MARKS - 1)]
    here.at = course.now
    count(course, here.counts)
    ohmq_store_int(&course.n_marks, course.n_marks + 1)


cdef inline void count(Course *course, int64_t *counts) noexcept nogil:
    counts[0], counts[1] = course.ways[0].messages, course.ways[0].bytes
    counts[2], counts[3] = course.ways[1].messages, course.ways[1].bytes


cdef void rates(Course *course, int64_t now, double *per_s) noexcept nogil:
    """What went each way in about the last second, per second."""
    cdef int newest = ohmq_load_int(&course.n_marks) - 1
    cdef int i = newest
    cdef int64_t since = now - 1000000000
    cdef int64_t counts[4]
    cdef Mark base
    cdef int j
    for j in range(4):
        per_s[j] = 0.0
    if newest < 0 or course.last_move < since or course.ended:
        return
    # The loop overwrites a mark only after more than a second; and the oldest few are not read.
    while i > 0 and newest - i < MARKS - 4 and course.marks[i & (MARKS - 1)].at > since:
        i -= 1
    base = course.marks[i & (MARKS - 1)]
    if i < newest and course.marks[(i + 1) & (MARKS - 1)].at - base.at > 2 * MARK_NS:
        # Nothing moved between the two but at the very beginning.
        base = course.marks[(i + 1) & (MARKS - 1)]
        base.at = min(base.at, max(since, course.begun))
    count(course, counts)
    for j in range(4):
        per_s[j] = (counts[j] - base.counts[j]) * 1e9 / max(now - base.at, MARK_NS)


# ---- the peers -----------------------------------------------------------------------------------

cdef void look_aside(Course *course) noexcept nogil:
    """Read what is not traffic, until nothing is left: only an empty socket signals what comes.

    libzmq would stop to wait for a reader of a socket's events; subscriptions would pile up.
    """
    cdef int i
    cdef zmq_msg_t part
    pump_now()
    for i in range(3):
        if course.events[i] != NULL:
            count_peers(course, i)
    if course.monitor_talks:
        zmq_msg_init(&part)
        while zmq_msg_recv(&part, course.monitor, ZMQ_DONTWAIT) >= 0:
            pass
        zmq_msg_close(&part)
    # A PUB without a peer has nobody to show anything to: a copy would end there.
    course.shows = course.monitor != NULL and not (
        course.sheds and course.events[2] != NULL and course.peers[2] == 0)
    course.aside_due = course.now + ASIDE_NS


cdef void count_peers(Course *course, int i) noexcept nogil:
    """Follow the connections of a socket: an event is numbers of 2 and 4 bytes, then text."""
    cdef zmq_msg_t part
    cdef uint16_t event
    cdef bint first = True
    zmq_msg_init(&part)
    while zmq_msg_recv(&part, course.events[i], ZMQ_DONTWAIT) >= 0:
        if first and zmq_msg_size(&part) == 6:
            memcpy(&event, zmq_msg_data(&part), sizeof(event))
            if event & (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED):
                course.peers[i] += 1
            elif event & ZMQ_EVENT_DISCONNECTED and course.peers[i] > 0:
                course.peers[i] -= 1
        first = not zmq_msg_more(&part)
    zmq_msg_close(&part)
