# Draining: the end of a relay that leaves nothing behind, as far as libzmq allows it.
#
# It hands on what the sources hold. Meanwhile
# - peers that only send are asked to close their connections (half_close.h), and the addresses
#   where they would come back are unbound once they are gone: from then on there is an end to it;
# - a queue of requests takes no more of them once it has found no more, and waits for the answers
#   of those that it has handed out.
# Others may go on sending as long as they like: then it ends in the middle of that, and says so.

cdef enum:
    SETTLE_NS = 10000000      # it is over when nothing has come for so long
    SETTLED_NS = 100000000    # or for so long, from a source whose peers cannot be asked to leave
    RESTLESS_NS = 200000000   # or, where there is always more to come, so long after a pause
    DRAINED_NS = 60000000000  # or now: it was TERMINATE that made it drain
    LEAVE_NS = 1000000        # between two looks at peers that are to leave
    GAP_NS = 200000           # a peer that has sent nothing for so long is not in the middle of it
    LONGEST_GAP_NS = 50000000
    # Time for each peer to have such a moment, before all are disconnected at once.
    PARTING_NS = 1000000000
    HALF_CLOSE_BATCH = 64     # peers that are asked at once
    # A peer that has sent so much in the last tenth of a second may be in the middle of sending,
    # although nothing came for a moment.
    HEAVY_MESSAGES = 5000
    HEAVY_BYTES = 10000000


cdef void order_end(RelayLoop *loop, int64_t until, int64_t stall_ns) noexcept nogil:
    """Have the relay drain until then, or end at once (0): of several orders the shortest counts.

    They come from threads that stop it, and from the control socket in the loop itself.
    """
    ohmq_lock_spin(&loop.orders.lock)
    if until == 0:
        ohmq_store_int(&loop.orders.stopping, STOP_NOW)
    elif ohmq_load_int(&loop.orders.stopping) == 0:
        begin_drain(loop, until, stall_ns)
    elif until < loop.drain.until:
        set_drain(loop, until)
    ohmq_lock_release(&loop.orders.lock)


cdef void begin_drain(RelayLoop *loop, int64_t until, int64_t stall_ns) noexcept nogil:
    loop.drain.begun = ohmq_now()
    set_drain(loop, until)
    loop.drain.stall_ns = stall_ns
    loop.drain.settled = 0
    ohmq_store_int(&loop.orders.stopping, DRAIN)


cdef void set_drain(RelayLoop *loop, int64_t until) noexcept nogil:
    """Let a drain end at a time; a part of it is for what its peers still send."""
    cdef int64_t begun = loop.drain.begun
    loop.drain.until = until
    loop.drain.parting = begun + min((until - begun) // 4, <int64_t> PARTING_NS)
    loop.drain.half = begun + (until - begun) // 2
    loop.drain.intake_until = begun + (until - begun) // 4 * 3


cdef Ending drain_turn(RelayLoop *loop) noexcept nogil:
    """Begin a turn of a relay that drains."""
    cdef Drain *drain = &loop.drain
    if loop.now >= drain.until:
        return STOPPED
    loop.side.due = 0  # peers that come and go count now
    if not drain.looked:
        drain.looked = True  # what was found earlier says nothing: the sources are looked at first
        return GOES_ON
    if drain.intake == INTAKE_OPEN and intake_is_over(loop):
        drain.intake = INTAKE_DUE
        return INTERRUPTED
    return GOES_ON if drain.requests < 0 else end_requests(loop)


cdef int64_t wake_at(RelayLoop *loop, bint draining, bint holds) noexcept nogil:
    """When a sleep of rest() has to end."""
    cdef Drain *drain = &loop.drain
    cdef int64_t until
    if not draining:
        return stretch(-1, STRETCH_NS) if loop.signals_due else -1
    if holds or awaited_answers(loop):
        until = stalled_at(loop)
        drain.settled = 0
    else:
        if drain.settled == 0 or drain.intake == INTAKE_OPEN:
            drain.settled = loop.now + RESTLESS_NS
        until = min(quiet_at(loop), drain.settled)
    if drain.intake == INTAKE_OPEN:
        if not holds or peers_have_left(loop):
            until = min(until, loop.now + LEAVE_NS)
        else:
            until = min(until, drain.parting if loop.now < drain.parting else drain.intake_until)
    until = min(until, drain.until)
    return stretch(until, STRETCH_NS) if loop.signals_due else until


cdef Ending drain_is_over(RelayLoop *loop, bint holds) noexcept nogil:
    """Whether it is over, now that nothing came for as long as wake_at() said."""
    cdef int64_t now = ohmq_now()
    if holds or awaited_answers(loop):
        return STOPPED if now >= stalled_at(loop) else INTERRUPTED
    if loop.drain.intake == INTAKE_OPEN:
        return GOES_ON
    loop.drain.emptied = not loop.drain.abrupt and is_quiet(loop, now)
    return STOPPED


cdef int64_t stalled_at(RelayLoop *loop) noexcept nogil:
    """When nothing of what is waited for will have come for `stall_ns`."""
    cdef int64_t since = loop.drain.begun
    cdef int i
    for i in range(loop.traffic.n_directions):
        if loop.traffic.directions[i].n_held:
            since = max(since, loop.traffic.directions[i].last_move)
    if awaited_answers(loop):
        since = max(since, loop.traffic.directions[1 - loop.drain.requests].last_move)
    return since + loop.drain.stall_ns


cdef bint is_quiet(RelayLoop *loop, int64_t now) noexcept nogil:
    """Whether the sources are at rest: a peer that is sending would lose something."""
    cdef Direction *direction
    cdef int i
    for i in range(loop.traffic.n_directions):
        direction = &loop.traffic.directions[i]
        if direction.source_state == SOURCE_CLOSED:
            if has_more(direction):
                return False
        elif not direction.ends_anywhere and now - direction.last_move < quiet_ns(loop, i):
            return False
    return True


cdef int64_t quiet_at(RelayLoop *loop) noexcept nogil:
    """When the sources will be at rest, if nothing comes."""
    cdef int64_t at = loop.now + SETTLE_NS
    cdef int i
    for i in range(loop.traffic.n_directions):
        if (loop.traffic.directions[i].source_state != SOURCE_CLOSED
                and not loop.traffic.directions[i].ends_anywhere):
            at = max(at, loop.traffic.directions[i].last_move + quiet_ns(loop, i))
    return at


cdef int64_t quiet_ns(RelayLoop *loop, int i) noexcept nogil:
    """How long nothing must have come from a source that is at rest.

    Peers whose connections were half-closed are gone. Others may wait for a core of a busy machine.
    """
    return SETTLE_NS if loop.side.connections[i].wanted else SETTLED_NS


# ---- conversations -------------------------------------------------------------------------------

cdef int64_t awaited_answers(RelayLoop *loop) noexcept nogil:
    """Requests that were handed out and not answered, of peers that are still connected."""
    cdef int requests = loop.drain.requests
    if loop.clients.wanted:
        return loop.clients.open
    if requests < 0 or loop.side.events[requests] != NULL and loop.side.peers[requests] == 0:
        return 0
    return unanswered(loop)


cdef int64_t unanswered(RelayLoop *loop) noexcept nogil:
    """Requests that were handed out and not answered, where the sockets are for requests."""
    cdef Drain *drain = &loop.drain
    cdef Direction *requests = &loop.traffic.directions[drain.requests]
    cdef Direction *answers = &loop.traffic.directions[1 - drain.requests]
    if loop.clients.wanted:
        return ohmq_load_long(&loop.clients.open)
    return max(0, ohmq_load_long(&requests.messages) - drain.requests_before
               - (ohmq_load_long(&answers.messages) - drain.answers_before))


cdef Ending end_requests(RelayLoop *loop) noexcept nogil:
    """Hand out no more requests than there were, and end with the last answer."""
    cdef Drain *drain = &loop.drain
    cdef Direction *requests = &loop.traffic.directions[drain.requests]
    cdef Direction *answers = &loop.traffic.directions[1 - drain.requests]
    if requests.source_state != SOURCE_CLOSED:
        # EFSM: a REP has handed one out, and takes no other before that is answered.
        if (requests.source_state == SOURCE_EMPTY or requests.error == EFSM
                or loop.now >= min(drain.begun + SETTLED_NS, drain.half)):
            requests.source_state = SOURCE_CLOSED
        return GOES_ON
    if (requests.n_held or answers.n_held or answers.source_state != SOURCE_EMPTY
            or awaited_answers(loop)):
        return GOES_ON
    if answers.messages - drain.answers_before > requests.messages - drain.requests_before:
        return GOES_ON  # there may be more than one answer to a request
    loop.drain.emptied = not has_more(requests)
    return STOPPED


cdef bint has_more(Direction *direction) noexcept nogil:
    """Whether something came too late to be handed on."""
    cdef int events = 0
    return (direction.unread[0] != NULL or read_events(direction.source, &events) < 0
            or (events & ZMQ_POLLIN) != 0)


# ---- peers that only send ------------------------------------------------------------------------

cdef bint intake_is_over(RelayLoop *loop) noexcept nogil:
    """Disconnect the peers; whether they are gone, or have to be left as they are."""
    cdef Drain *drain = &loop.drain
    cdef Direction *direction
    cdef int i
    cdef bint over = True
    cdef bint parting = loop.now >= drain.parting
    if parting and not drain.refuses:
        refuse_connections(loop, True)
    for i in range(2):
        direction = &loop.traffic.directions[i]
        if not loop.side.connections[i].takes:
            continue
        if not loop.side.connections[i].wanted:
            # They cannot be asked: a pause has to do.
            over = over and not direction.n_held and loop.now - direction.last_move >= SETTLE_NS
        elif loop.side.connections[i].count:
            over = False
            if parting or direction.source_state == SOURCE_EMPTY and not direction.n_held:
                half_close_all(loop, i)
    if not over and loop.now >= drain.intake_until:
        drain.abrupt = over = True
    return over


cdef bint peers_have_left(RelayLoop *loop) noexcept nogil:
    """Whether those that can be asked to leave are gone: their addresses are to be unbound now."""
    cdef Connections *connections
    cdef bint asked = False
    cdef int i
    for i in range(2):
        connections = &loop.side.connections[i]
        if connections.takes:
            if not connections.wanted or connections.count:
                return False
            asked = True
    return asked


cdef void refuse_connections(RelayLoop *loop, bint refuses) noexcept nogil:
    """Have peers that were disconnected in the middle of sending not come back for more of that.

    Each time that they did they would lose what they have begun to send.
    """
    cdef int i, k
    loop.drain.refuses = refuses
    for i in range(2):
        for k in range(loop.side.connections[i].n_places):
            ohmq_listener_refuse(loop.side.connections[i].places[k], refuses)


cdef void half_close_all(RelayLoop *loop, int i) noexcept nogil:
    """Have the peers of a socket close their connections, each when it sends nothing.

    After `parting` all of them, at once: what is in their connections is read all the same.
    """
    cdef Connections *connections = &loop.side.connections[i]
    cdef Connection batch[HALF_CLOSE_BATCH]
    cdef uint32_t fd = 0
    cdef int n
    while fd < connections.size:
        n = 0
        while fd < connections.size and n < HALF_CLOSE_BATCH:
            if connections.states[fd] == CONNECTED:
                batch[n].fd = fd
                batch[n].held = hold_connection(connections, fd)
                n += batch[n].held >= 0
            fd += 1
        if n:
            half_close_batch(loop, i, batch, n)


cdef int hold_connection(Connections *connections, uint32_t fd) noexcept nogil:
    """A descriptor of one's own for a connection; -1 if it is none of these any more."""
    cdef int held = ohmq_connection_hold(fd)
    cdef int i
    if held >= 0:
        for i in range(connections.n_places):
            if ohmq_connection_is_at(held, connections.places[i]):
                return held
        ohmq_connection_let_go(held)
    return -1


cdef void half_close_batch(RelayLoop *loop, int i, Connection *batch, int n) noexcept nogil:
    cdef Connections *connections = &loop.side.connections[i]
    cdef Direction *direction = &loop.traffic.directions[i]
    cdef int64_t gap = GAP_NS
    cdef int events = 0
    cdef int k
    cdef bint heavy = is_heavy(loop, i)
    # Enough of waiting for a moment in which they are at rest; one in which nothing waits will do.
    # Until a source that was blocked before the drain can be idle again, and for as long once more;
    # one that is blocked all the time never is, and what is in its connections would be lost.
    cdef bint overdue = loop.now >= loop.drain.begun + 2 * SETTLED_NS
    cdef bint parting = loop.now >= loop.drain.parting
    cdef bint idle, silent, is_read
    pump_now()
    count_peers(loop, i)  # what was closed before it was held is in there
    for k in range(n):
        batch[k].received = ohmq_connection_received(batch[k].held, &gap)
    ohmq_wait(loop.sleep.interests, 0, ohmq_now() + min(gap, LONGEST_GAP_NS))
    silent = read_events(direction.source, &events) == 0 and not events & ZMQ_POLLIN
    for k in range(n):
        if connections.states[batch[k].fd] == CONNECTED:
            is_read = ohmq_connection_unread(batch[k].held) == 0
            if batch[k].received < 0:
                idle = silent
            else:
                idle = ohmq_connection_received(batch[k].held, &gap) == batch[k].received
            idle = idle and is_read and not heavy
            if idle or parting or overdue and silent and is_read:
                ohmq_connection_half_close(batch[k].held, not is_read)
                connections.states[batch[k].fd] = HALF_CLOSED
                loop.drain.abrupt = loop.drain.abrupt or not idle
        ohmq_connection_let_go(batch[k].held)


cdef bint is_heavy(RelayLoop *loop, int i) noexcept nogil:
    """Whether much has come from a socket lately, or its peers have had to wait.

    A peer that had to wait has more to send; on a busy machine it may pause in the middle of that.
    """
    cdef Direction *direction = &loop.traffic.directions[i]
    cdef int newest = ohmq_load_int(&loop.meter.n_samples) - 1
    cdef RateSample *base = &loop.meter.samples[max(newest - 1, 0) & (SAMPLES - 1)]
    return (direction.messages - base.counts[2 * i] > HEAVY_MESSAGES
            or direction.bytes - base.counts[2 * i + 1] > HEAVY_BYTES
            or loop.now - direction.last_blocked < SETTLED_NS)
