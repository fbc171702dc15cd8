# The conversations of a queue: which clients wait for answers, and for how many.
#
# A client is known by the name that its ROUTER gives it, the first part of each message, and by its
# connection, whose end is the end of its waiting. Names are kept as hashes of 64 bits.

cdef enum:
    NO_FD = -1             # inproc: its end cannot be seen
    LOST_FD = -2           # its connection has ended: the next request tells of another one
    FEWEST_TALKS = 64      # places in the table, a power of two

cdef inline Talk *talk_of(Course *course, zmq_msg_t *name, size_t size,
                          bint asks) noexcept nogil:
    """Find the client that a part names; NULL if it is not known and does not ask."""
    cdef Talks *talks = &course.talks
    cdef uint64_t key = hash_of(zmq_msg_data(name), size)
    cdef Talk *talk
    if talks.size:
        talk = place_of(talks, key)
        if talk.key and (talk.fd != LOST_FD or not asks):
            return talk
    return new_talk(course, name, key) if asks else NULL


cdef Talk *new_talk(Course *course, zmq_msg_t *name, uint64_t key) noexcept nogil:
    cdef Talks *talks = &course.talks
    cdef Talk *talk
    if talks.size == 0 and not grow_talks(course):
        return NULL
    talk = place_of(talks, key)
    if talk.key == 0:
        if 4 * (talks.used + 1) > 3 * talks.size:
            if not grow_talks(course):
                return NULL
            talk = place_of(talks, key)
        talk.key = key
        talk.open = 0
        talks.used += 1
    notice(course, talk, zmq_msg_get(name, ZMQ_SRCFD))
    return talk


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


cdef inline Talk *place_of(Talks *talks, uint64_t key) noexcept nogil:
    cdef uint32_t i = <uint32_t> (key * 11400714819323198485ULL >> 32) & (talks.size - 1)
    while talks.table[i].key != 0 and talks.table[i].key != key:
        i = (i + 1) & (talks.size - 1)
    return &talks.table[i]


cdef void notice(Course *course, Talk *talk, int fd) noexcept nogil:
    """Note the connection of a client, which libzmq has told of before its first message."""
    cdef Lines *lines = &course.lines[course.drain.requests]
    talk.fd = NO_FD
    if fd < 0 or course.events[course.drain.requests] == NULL:
        return
    pump_now()
    count_peers(course, course.drain.requests)
    if <uint32_t> fd < lines.size and lines.states[fd] != NO_LINE:
        talk.fd = fd
        talk.line = lines.numbers[fd]


cdef inline bint is_there(Course *course, Talk *talk) noexcept nogil:
    """Whether the connection of a client stands, as far as that can be seen."""
    cdef Lines *lines = &course.lines[course.drain.requests]
    if talk.fd < 0:
        return talk.fd == NO_FD
    return lines.states[talk.fd] != NO_LINE and lines.numbers[talk.fd] == talk.line


cdef void forget_talks(Course *course) noexcept nogil:
    """Have those that are gone wait for nothing."""
    cdef Talks *talks = &course.talks
    cdef Talk *talk
    cdef uint32_t i
    talks.stale = False
    for i in range(talks.size):
        talk = &talks.table[i]
        if talk.key and not is_there(course, talk):
            talks.open -= talk.open
            talk.open = 0
            talk.fd = LOST_FD


cdef bint grow_talks(Course *course) noexcept nogil:
    """Make a larger table of the clients that are there or wait. False without memory for it."""
    cdef Talks *talks = &course.talks
    cdef Talk *old = talks.table
    cdef Talk *table
    cdef uint32_t n = talks.size
    cdef uint32_t kept = 0
    cdef uint32_t size = FEWEST_TALKS
    cdef uint32_t i
    for i in range(n):
        kept += old[i].key != 0 and (old[i].open > 0 or old[i].fd >= 0)
    while size < 3 * kept:
        size *= 2
    table = <Talk *> malloc(size * sizeof(Talk))
    if table == NULL:
        talks.wanted = False  # from now on only the sums are known
        return False
    memset(table, 0, size * sizeof(Talk))
    talks.table, talks.size, talks.used = table, size, 0
    for i in range(n):
        if old[i].key != 0 and (old[i].open > 0 or old[i].fd >= 0):
            place_of(talks, old[i].key)[0] = old[i]
            talks.used += 1
    free(old)
    return True


cdef inline void note_talk(Talks *talks, Talk *talk, bint asks) noexcept nogil:
    """Count a request that was handed out, or an answer that was passed."""
    if talk == NULL:
        return
    if asks:
        talk.open += 1
        talks.open += 1
    elif talk.open > 0:
        talk.open -= 1
        talks.open -= 1
