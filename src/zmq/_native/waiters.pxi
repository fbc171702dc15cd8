# Waiting for a socket, without the lock and without the GIL, never inside libzmq (rule 2).
#
# A blocking call (Blocked) is in one of these states:
#
#   NOT_WAITING           nothing has blocked yet, or the call is over
#   WAITING               it is in the handle's list of waiters
#   EVENTS_LOOKED_AT      a sender has read EVENTS since it slept: it tries again before it sleeps
#   ..._FOR_OTHERS        its own look at EVENTS has woken it: if that was in vain (a ROUTER can
#                         always send), a sender's look before the next sleep is for others alone
#
#   from                         block() of a receiver           block() of a sender
#   NOT_WAITING                  WAITING, then sleep()           WAITING, then EVENTS_LOOKED_AT
#   WAITING                      sleep()                         EVENTS_LOOKED_AT
#   WAITING_FOR_OTHERS           sleep()                         EVENTS_LOOKED_AT_FOR_OTHERS
#   EVENTS_LOOKED_AT             -                               sleep()
#   EVENTS_LOOKED_AT_FOR_OTHERS  -                               sleep()
#
# sleep() ends in WAITING_FOR_OTHERS where its own look has woken it, else in WAITING; block_end()
# in NOT_WAITING, from every state. A receiver that sleeps may have its part received before it has
# the GIL: `ahead` says so, and whether the lock is held still.
#
# RETRY_NS: a socket without a descriptor (draft, thread-safe types) is tried again after this long,
# one for which no thread can be woken, and a send whose signal a look for others may have taken.
#
# A POSIX signal that comes between the last look for signals and the sleep does not interrupt it.
# So the thread that handles signals wakes up after a second at the latest, to see Ctrl-C: by a
# ticker, or, where the system has none, as no sleep is longer than STRETCH_NS.

# Wakers that are not in use; opening one costs two system calls. One ticker is kept: there is one
# thread that handles signals. It needs another where a handler waits in the middle of a wait.
cdef enum:
    SPARE_WAKERS = 32


cdef ohmq_lock _spare_lock
cdef ohmq_waker _spare[SPARE_WAKERS]
cdef int _spares = 0
cdef ohmq_waker _spare_ticker
cdef int _spare_generation = 0

cdef unsigned long _imported_in = PyThread_get_thread_ident()

# Threads of this process that sleep for a socket.
cdef int _sleepers = 0


cdef inline bint handles_signals() noexcept:
    """Whether this may be the thread in which Python handles POSIX signals.

    That is the one a process begins with, or that forked it; in a program that embeds Python it is
    another one, which is where this module is imported.
    """
    return ohmq_is_first_thread() or PyThread_get_thread_ident() == _imported_in


cdef int take_waker(ohmq_waker *waker, bint ticks) except -1:
    """A waker, one that ticks if asked for; one that is not open where no descriptor is left.

    Without a waker, a sleeper looks by itself.
    """
    global _spares, _spare_generation
    cdef bint found = False
    ohmq_lock_acquire(&_spare_lock)
    if _spare_generation != ohmq_generation:
        # Descriptors inherited by a fork are the parent's.
        _spares = 0
        _spare_generation = ohmq_generation
    if ticks and ohmq_waker_is_open(&_spare_ticker):
        waker[0] = _spare_ticker
        _spare_ticker.owner = 0
        found = True
    elif _spares and not ticks:
        _spares -= 1
        waker[0] = _spare[_spares]
        found = True
    ohmq_lock_release(&_spare_lock)
    if not found and not (ticks and ohmq_ticker_open(waker) == 0):
        ohmq_waker_open(waker)
    return 0


cdef void give_waker(ohmq_waker *waker) noexcept:
    global _spares, _spare_ticker
    cdef bint kept = False
    ohmq_lock_acquire(&_spare_lock)
    if not ohmq_waker_is_open(waker):
        kept = True
    elif waker.ticks:
        if not ohmq_waker_is_open(&_spare_ticker):
            _spare_ticker = waker[0]
            kept = True
    elif _spares < SPARE_WAKERS:
        _spare[_spares] = waker[0]
        _spares += 1
        kept = True
    ohmq_lock_release(&_spare_lock)
    if not kept:
        ohmq_waker_close(waker)


cdef int block_start(Handle handle, Blocked *blocked, short events, int64_t deadline) except -1:
    """Join the waiters of the socket. Called with the lock."""
    blocked.signals = handles_signals()
    take_waker(&blocked.waiter.waker, blocked.signals)
    blocked.state = WAITING
    blocked.deadline = deadline
    blocked.waiter.events = events
    blocked.for_answer = (handle.busy_wait != NULL and events & ZMQ_POLLIN
                          and ohmq_awaits_answer(handle.busy_wait, handle.counters.messages_sent))
    blocked.waiter.sleeping = blocked.waiter.woken = False
    blocked.waiter.previous = NULL
    blocked.waiter.next = handle.waiters
    if handle.waiters != NULL:
        handle.waiters.previous = &blocked.waiter
    handle.waiters = &blocked.waiter
    return 0


cdef void block_end(Handle handle, Blocked *blocked) noexcept:
    """Leave the waiters of the socket. Called with the lock; does nothing where none was joined."""
    cdef Waiter *waiter = &blocked.waiter
    if blocked.state == NOT_WAITING:
        return
    if waiter.previous != NULL:
        waiter.previous.next = waiter.next
    else:
        handle.waiters = waiter.next
    if waiter.next != NULL:
        waiter.next.previous = waiter.previous
    if waiter.woken:
        ohmq_waker_clear(&waiter.waker)
    give_waker(&waiter.waker)
    blocked.state = NOT_WAITING


cdef int block(Handle handle, Blocked *blocked, short events, int timeout_option) except -1:
    """Wait until it makes sense to try again. Called with the lock, and returns with it.

    Returns 1 to try again, 0 when the time that timeout_option (RCVTIMEO or SNDTIMEO) allows is
    over. Raises when the socket was closed, a signal handler raised, or nothing can come any more.
    """
    cdef int timeout
    cdef int error
    cdef int found
    cdef size_t size = sizeof(timeout)
    if blocked.state == NOT_WAITING:
        if zmq_getsockopt(handle.ptr, timeout_option, &timeout, &size) < 0:
            fail_inside(handle, c_errno(), failure_of(handle, case_of(events)))
        if timeout == 0:
            return 0
        handle.counters.would_block += 1
        block_start(handle, blocked, events,
                    -1 if timeout < 0 else ohmq_now() + <int64_t> timeout * 1000000)
    if events == ZMQ_POLLOUT and blocked.state in (WAITING, WAITING_FOR_OTHERS):
        # A send looks at libzmq's mailbox only now and then: look at it before sleeping.
        blocked.state = (EVENTS_LOOKED_AT if blocked.state == WAITING
                         else EVENTS_LOOKED_AT_FOR_OTHERS)
        error = events_of(handle, &found)
        if error:
            fail_inside(handle, error, failure_of(handle, "send"))
        return 1
    return sleep(handle, blocked)


cdef inline str case_of(short events):
    return "send" if events == ZMQ_POLLOUT else "recv"


cdef inline int64_t stretch(int64_t deadline, int64_t longest) noexcept nogil:
    """When to wake up at the latest, on the way to a deadline."""
    cdef int64_t until = ohmq_now() + longest
    return until if deadline < 0 or deadline > until else deadline


cdef int sleep(Handle handle, Blocked *blocked) except -1:
    """Sleep until the socket signals, another thread's call wakes us, or the deadline passes."""
    cdef ohmq_interest interests[2]
    cdef Waiter *waiter = &blocked.waiter
    cdef int64_t began = ohmq_now()
    cdef int64_t ended
    cdef bint for_others = blocked.state == EVENTS_LOOKED_AT_FOR_OTHERS
    cdef bint can_be_woken = handle.fd >= 0 and ohmq_waker_is_open(&waiter.waker)
    cdef int64_t deadline = blocked.deadline
    cdef ohmq_busy_wait *habit = handle.busy_wait
    cdef ohmq_one_wait wait
    cdef int ready, error
    if not can_be_woken:
        deadline = stretch(deadline, RETRY_NS)
    elif blocked.signals and not waiter.waker.ticks:
        deadline = stretch(deadline, STRETCH_NS)
    interests[0].fd = waiter.waker.read_fd
    interests[1].fd = handle.fd
    interests[0].events = interests[1].events = ZMQ_POLLIN
    if handle.watches != NULL or handle.waiters != waiter or waiter.next != NULL:
        # The attempt before has looked at the socket, and may have taken the wake-up of others.
        # This look may take our own.
        waiter.sleeping = not for_others
        touch(handle, USED)
        if for_others:
            deadline = stretch(deadline, RETRY_NS)
        for_others = waiter.woken
    blocked.state = WAITING_FOR_OTHERS if for_others else WAITING
    waiter.sleeping = True
    ohmq_wait_begin(&wait, habit, blocked.for_answer, began)
    ohmq_count(&_sleepers, 1)
    ohmq_lock_release(&handle.lock)
    with nogil:
        ready = ohmq_wait_busily(interests, 2 if handle.fd >= 0 else 1, deadline, &wait)
        error = errno
        if ready == 1 and blocked.msg != NULL and interests[1].ready:
            take_ahead(handle, blocked)
    ohmq_count(&_sleepers, -1)
    try:
        if ready < 0 and error != EINTR:
            raise OSError(error, strerror(error))
        if ready <= 0 or interests[0].ready:
            PyErr_CheckSignals()
    finally:
        if blocked.ahead != PART_TAKEN:
            ohmq_lock_acquire(&handle.lock)
        waiter.sleeping = False
        ended = ohmq_now()
        ohmq_wait_end(&wait, habit, ready, ended)
        handle.counters.blocked_ns += ended - began
        if waiter.woken or ready > 0 and interests[0].ready:
            ohmq_waker_clear(&waiter.waker)
            waiter.woken = False
    if blocked.ahead != NOTHING_TAKEN:
        return 1
    if handle.ptr == NULL or handle.generation != ohmq_generation:
        refuse_locked(handle)
    if ready == 0 and deadline == blocked.deadline:
        return 0
    return 1


cdef void take_ahead(Handle handle, Blocked *blocked) noexcept nogil:
    """Receive before the GIL is ours again: by then the peer may have gone on to wait itself.

    Only where no other waiter or watch has to be told of it: that takes the GIL. The lock is kept
    where more of the message follows, or another thread could receive the rest.
    """
    if not ohmq_lock_try(&handle.lock):
        return
    if (handle.ptr != NULL and handle.generation == ohmq_generation and handle.watches == NULL
            and handle.waiters == &blocked.waiter and blocked.waiter.next == NULL):
        if take(handle, blocked.msg) >= 0:
            blocked.ahead = (PART_TAKEN if more_follows(handle, blocked.msg)
                             else LAST_PART_TAKEN)
    if blocked.ahead != PART_TAKEN:
        ohmq_lock_release(&handle.lock)


cdef int refuse_locked(Handle handle) except -1:
    """As refuse, for a caller that gives the lock back by itself."""
    ohmq_lock_release(&handle.lock)
    try:
        refuse(handle)
    finally:
        ohmq_lock_acquire(&handle.lock)


cdef int64_t deadline_after(object timeout_ms) except? -2:
    """The deadline for a time-out in milliseconds; None or less than nothing: without end."""
    if timeout_ms is None:
        return -1
    if isinstance(timeout_ms, float):
        timeout_ms = int(timeout_ms)
    if timeout_ms < 0:
        return -1
    if timeout_ms == 0:
        return 0
    cdef int milliseconds = int(timeout_ms)
    return ohmq_now() + <int64_t> milliseconds * 1000000


cdef int poll_socket(Handle handle, short events, int64_t deadline) except -1:
    """The events that are ready; waits for one of them until the deadline."""
    cdef Blocked blocked
    cdef EventsRead look
    memset(&blocked, 0, sizeof(blocked))
    enter(handle)
    try:
        while True:
            if look_at(handle, &look):
                look.done = False
                fail_inside(handle, look.error, failure_of(handle, "poll"))
            if look.events & events or deadline == 0:
                return look.events & events
            look.done = False
            if blocked.state == NOT_WAITING:
                block_start(handle, &blocked, events, deadline)
            if not sleep(handle, &blocked):
                deadline = 0
    finally:
        block_end(handle, &blocked)
        leave_looked(handle, &look)
