# What a relay counts beside messages: how fast they went lately.
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
