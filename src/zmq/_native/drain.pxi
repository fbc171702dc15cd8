# Draining: the end of a relay that leaves nothing behind, as far as libzmq allows it.
#
# It hands on what the sources hold. Meanwhile
# - peers that only send are asked to close their connections (farewell.h), and the addresses where
#   they would come back are unbound once they are gone: from then on there is an end to it;
# - a queue of requests takes no more of them once it has found no more, and waits for the answers
#   of those that it has handed out.
# Others may go on sending as long as they like: then it ends in the middle of that, and says so.

cdef enum:
    SETTLE_NS = 10000000      # it is over when nothing has come for so long
    SETTLED_NS = 100000000    # or, where there is always more to come, so long after a pause
    DRAINED_NS = 60000000000  # or now: it was TERMINATE that made it drain
    LEAVE_NS = 1000000        # between two looks at peers that are to leave
    GAP_NS = 200000           # a peer that has sent nothing for so long is not in the middle of it
    LONGEST_GAP_NS = 50000000
    CROWD = 64                # peers that are asked at once
    # A peer that has sent so much in the last tenth of a second may be in the middle of sending,
    # although nothing came for a moment.
    HEAVY_MESSAGES = 5000
    HEAVY_BYTES = 10000000


cdef void begin_drain(Course *course, int64_t until, int64_t patience) noexcept nogil:
    course.drain.begun = ohmq_now()
    set_drain(course, until)
    course.drain.patience = patience
    course.drain.settled = 0
    ohmq_store_int(&course.stopping, DRAIN)


cdef void set_drain(Course *course, int64_t until) noexcept nogil:
    """Let a drain end at a time; half of it is for what its peers still send."""
    course.drain.until = until
    course.drain.half = course.drain.begun + (until - course.drain.begun) // 2


cdef Ending drain_turn(Course *course) noexcept nogil:
    """Begin a turn of a relay that drains."""
    cdef Drain *drain = &course.drain
    if course.now >= drain.until:
        return STOPPED
    course.aside_due = 0  # peers that come and go count now
    if not drain.looked:
        drain.looked = True  # what was found earlier says nothing: the sources are looked at first
        return GOES_ON
    if drain.intake and not drain.intake_ended and intake_is_over(course):
        drain.intake_due = True
        return INTERRUPTED
    return GOES_ON if drain.requests < 0 else end_requests(course)


cdef int64_t wake_at(Course *course, bint draining, bint holds) noexcept nogil:
    """When a sleep of rest() has to end."""
    cdef Drain *drain = &course.drain
    cdef int64_t until
    if not draining:
        return stretch(-1, STRETCH_NS) if course.signals_due else -1
    if holds or owed(course):
        until = hopeless_at(course)
        drain.settled = 0
    else:
        if drain.settled == 0:
            drain.settled = course.now + SETTLED_NS
        until = min(course.now + SETTLE_NS, drain.settled)
    if drain.intake and not drain.intake_ended:
        until = min(until, drain.half if holds else course.now + LEAVE_NS)
    until = min(until, drain.until)
    return stretch(until, STRETCH_NS) if course.signals_due else until


cdef Ending drained(Course *course, bint holds) noexcept nogil:
    """Whether it is over, now that nothing came for as long as wake_at() said."""
    cdef int64_t now = ohmq_now()
    if holds or owed(course):
        return STOPPED if now >= hopeless_at(course) else INTERRUPTED
    if course.drain.intake and not course.drain.intake_ended:
        return GOES_ON
    course.emptied = not course.drain.abrupt and is_quiet(course, now)
    return STOPPED


cdef int64_t hopeless_at(Course *course) noexcept nogil:
    """When nothing of what is waited for will have come for as long as patience lasts."""
    cdef int64_t since = course.drain.begun
    cdef int i
    for i in range(course.n_ways):
        if course.ways[i].n_held:
            since = max(since, course.ways[i].last_move)
    if owed(course):
        since = max(since, course.ways[1 - course.drain.requests].last_move)
    return since + course.drain.patience


cdef bint is_quiet(Course *course, int64_t now) noexcept nogil:
    """Whether the sources are at rest: a peer that is sending would lose something.

    A subscriber is told of what is sent as long as it listens, and of no more.
    """
    cdef Direction *way
    cdef int i
    for i in range(course.n_ways):
        way = &course.ways[i]
        if way.closed:
            if has_more(way):
                return False
        elif not way.subscribes and now - way.last_move < SETTLE_NS:
            return False
    return True


# ---- conversations -------------------------------------------------------------------------------

cdef int64_t owed(Course *course) noexcept nogil:
    """Requests that were handed out and not answered, of peers that are still there to hear it."""
    cdef int requests = course.drain.requests
    if course.talks.wanted:
        return course.talks.open
    if requests < 0 or course.events[requests] != NULL and course.peers[requests] == 0:
        return 0
    return unanswered(course)


cdef int64_t unanswered(Course *course) noexcept nogil:
    """Requests that were handed out and not answered, where the sockets are for requests."""
    cdef Drain *drain = &course.drain
    cdef int64_t requests = course.ways[drain.requests].messages - drain.requests_before
    cdef int64_t answers = course.ways[1 - drain.requests].messages - drain.answers_before
    return course.talks.open if course.talks.wanted else max(0, requests - answers)


cdef Ending end_requests(Course *course) noexcept nogil:
    """Hand out no more requests than there were, and end with the last answer."""
    cdef Drain *drain = &course.drain
    cdef Direction *way = &course.ways[drain.requests]
    cdef Direction *back = &course.ways[1 - drain.requests]
    if not way.closed:
        # EFSM: a REP has handed one out, and takes no other before that is answered.
        way.closed = (way.drained or way.error == EFSM
                      or course.now >= min(drain.begun + SETTLED_NS, drain.half))
        return GOES_ON
    if way.n_held or back.n_held or not back.drained or owed(course):
        return GOES_ON
    if back.messages - drain.answers_before > way.messages - drain.requests_before:
        return GOES_ON  # there may be more than one answer to a request
    course.emptied = not has_more(way)
    return STOPPED


cdef bint has_more(Direction *way) noexcept nogil:
    """Whether something came too late to be handed on."""
    cdef int events = 0
    return (way.front[0] != NULL or read_events(way.source, &events) < 0
            or (events & ZMQ_POLLIN) != 0)


# ---- peers that only send ------------------------------------------------------------------------

cdef bint intake_is_over(Course *course) noexcept nogil:
    """See peers off; whether they are gone, or have to be left as they are."""
    cdef Drain *drain = &course.drain
    cdef Direction *way
    cdef int i
    cdef bint over = True
    for i in range(2):
        way = &course.ways[i]
        if not course.lines[i].takes:
            continue
        if not course.lines[i].wanted:
            # They cannot be asked: a pause has to do.
            over = over and not way.n_held and course.now - way.last_move >= SETTLE_NS
        elif course.lines[i].count:
            over = False
            if way.drained and not way.n_held:
                see_off(course, i)
    if not over and course.now >= drain.half:
        drain.abrupt = over = True
    return over


cdef void see_off(Course *course, int i) noexcept nogil:
    """Have the peers of a socket close their connections, each when it sends nothing."""
    cdef Lines *lines = &course.lines[i]
    cdef Line crowd[CROWD]
    cdef uint32_t fd = 0
    cdef int n
    while fd < lines.size:
        n = 0
        while fd < lines.size and n < CROWD:
            if lines.states[fd] == LINE:
                crowd[n].fd = fd
                crowd[n].held = hold_line(lines, fd)
                n += crowd[n].held >= 0
            fd += 1
        if n:
            see_off_crowd(course, i, crowd, n)


cdef int hold_line(Lines *lines, uint32_t fd) noexcept nogil:
    """A descriptor of one's own for a connection; -1 if it is none of these any more."""
    cdef int held = ohmq_line_hold(fd)
    cdef int i
    if held >= 0:
        for i in range(lines.n_places):
            if ohmq_line_is_at(held, lines.places[i]):
                return held
        ohmq_line_let_go(held)
    return -1


cdef void see_off_crowd(Course *course, int i, Line *crowd, int n) noexcept nogil:
    cdef Lines *lines = &course.lines[i]
    cdef Direction *way = &course.ways[i]
    cdef int64_t gap = GAP_NS
    cdef int events = 0
    cdef int k
    cdef bint heavy = is_heavy(course, i)
    # Enough of waiting for a moment in which they are at rest; one in which nothing waits will do.
    cdef bint hurry = course.now >= course.drain.begun + SETTLED_NS
    cdef bint calm, silent
    pump_now()
    count_peers(course, i)  # what was closed before it was held is in there
    for k in range(n):
        crowd[k].received = ohmq_line_received(crowd[k].held, &gap)
    ohmq_wait(course.interests, 0, ohmq_now() + min(gap, LONGEST_GAP_NS))
    silent = read_events(way.source, &events) == 0 and not events & ZMQ_POLLIN
    for k in range(n):
        if lines.states[crowd[k].fd] == LINE and ohmq_line_unread(crowd[k].held) == 0:
            if crowd[k].received < 0:
                calm = silent
            else:
                calm = ohmq_line_received(crowd[k].held, &gap) == crowd[k].received
            calm = calm and not heavy
            if calm or hurry and silent:
                ohmq_line_hang_up(crowd[k].held)
                lines.states[crowd[k].fd] = LEFT_LINE
                course.drain.abrupt = course.drain.abrupt or not calm
        ohmq_line_let_go(crowd[k].held)


cdef bint is_heavy(Course *course, int i) noexcept nogil:
    """Whether much has come from a socket lately."""
    cdef int newest = ohmq_load_int(&course.n_marks) - 1
    cdef Mark *base = &course.marks[max(newest - 1, 0) & (MARKS - 1)]
    return (course.ways[i].messages - base.counts[2 * i] > HEAVY_MESSAGES
            or course.ways[i].bytes - base.counts[2 * i + 1] > HEAVY_BYTES)
