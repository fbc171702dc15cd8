# The peers of a relay's sockets, as the events of these tell: how many there are, and, of those
# that only send, over which connections.

# What a connection is known as, by its descriptor.
cdef enum:
    NO_LINE = 0
    LINE = 1
    LEFT_LINE = 2            # our half has ended: the peer is to close the other one
    MOST_LINES = 1 << 24


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
    if course.talks.stale and course.talks.wanted:
        forget_talks(course)
    # A PUB without a peer has no reader to show anything to: a copy would end there.
    course.shows = course.monitor != NULL and not (
        course.sheds and course.events[2] != NULL and course.peers[2] == 0)
    course.aside_due = course.now + ASIDE_NS


cdef void count_peers(Course *course, int i) noexcept nogil:
    """Follow the connections of a socket: an event is numbers of 2 and 4 bytes, then text."""
    cdef zmq_msg_t part
    cdef uint16_t event
    cdef uint32_t value
    cdef bint first = True
    zmq_msg_init(&part)
    while zmq_msg_recv(&part, course.events[i], ZMQ_DONTWAIT) >= 0:
        if first and zmq_msg_size(&part) == 6:
            memcpy(&event, zmq_msg_data(&part), sizeof(event))
            memcpy(&value, <char *> zmq_msg_data(&part) + sizeof(event), sizeof(value))
            if event & (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED):
                course.peers[i] += 1
                if event & ZMQ_EVENT_ACCEPTED or i < 2 and not course.lines[i].takes:
                    note_line(course, i, value, LINE)
            elif event & ZMQ_EVENT_DISCONNECTED and course.peers[i] > 0:
                course.peers[i] -= 1
                note_line(course, i, value, NO_LINE)
                course.talks.stale = course.talks.stale or i == course.drain.requests
        first = not zmq_msg_more(&part)
    zmq_msg_close(&part)


cdef void note_line(Course *course, int i, uint32_t fd, unsigned char state) noexcept nogil:
    """Note what a descriptor is, where its peer only sends."""
    cdef Lines *lines
    cdef unsigned char *table
    cdef uint32_t *numbers
    cdef uint32_t size
    if i > 1 or not course.lines[i].wanted or fd > MOST_LINES:
        return
    lines = &course.lines[i]
    if fd >= lines.size:
        if state == NO_LINE:
            return
        size = max(2 * fd, <uint32_t> 64)
        table = <unsigned char *> realloc(lines.states, size)
        if table == NULL:
            return
        lines.states = table
        numbers = <uint32_t *> realloc(lines.numbers, size * sizeof(uint32_t))
        if numbers == NULL:
            return
        lines.numbers = numbers
        memset(table + lines.size, NO_LINE, size - lines.size)
        memset(numbers + lines.size, 0, (size - lines.size) * sizeof(uint32_t))
        lines.size = size
    lines.count += (state != NO_LINE) - (lines.states[fd] != NO_LINE)
    lines.states[fd] = state
    lines.numbers[fd] += state == LINE
