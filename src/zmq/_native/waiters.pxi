# Waiting for a socket, without the lock and without the GIL, never inside libzmq (rule 2).

# Wakers that are not in use; opening one costs two system calls.
cdef enum:
    SPARE_WAKERS = 32

# A socket without a descriptor (draft, thread-safe types) is tried again after this long, and one
# for which no thread can be woken.
cdef enum:
    RETRY_NS = 2000000

# The longest sleep at a stretch. A signal that comes between the last look for signals and the
# sleep does not interrupt it: so Ctrl-C is seen after a second at the latest.
cdef enum:
    STRETCH_NS = 1000000000

cdef ohmq_lock _spare_lock
cdef ohmq_waker _spare[SPARE_WAKERS]
cdef int _spares = 0
cdef int _spare_generation = 0

# Threads of this process that sleep for a socket now.
cdef int _sleepers = 0

cdef struct Blocked:
    # One blocking call, from its first "would block" to its end. Zeroed at the start.
    Waiter waiter
    bint started
    bint mailbox_empty
    bint looked            # and could go on, it seemed: the next look is for the others alone
    bint taken             # msg has been received while waiting
    bint holding           # and the lock is ours still, as more of the message follows
    int64_t deadline
    zmq_msg_t *msg         # where to receive to, or NULL


cdef int take_waker(ohmq_waker *waker) except -1:
    """A waker; one that is not open where no descriptor is left: a sleeper looks by itself then."""
    global _spares, _spare_generation
    cdef bint found = False
    ohmq_lock_acquire(&_spare_lock)
    if _spare_generation != ohmq_generation:
        # Descriptors inherited by a fork are the parent's.
        _spares = 0
        _spare_generation = ohmq_generation
    if _spares:
        _spares -= 1
        waker[0] = _spare[_spares]
        found = True
    ohmq_lock_release(&_spare_lock)
    if not found:
        ohmq_waker_open(waker)
    return 0


cdef void give_waker(ohmq_waker *waker) noexcept:
    global _spares
    cdef bint kept = False
    ohmq_lock_acquire(&_spare_lock)
    if _spares < SPARE_WAKERS and ohmq_waker_is_open(waker):
        _spare[_spares] = waker[0]
        _spares += 1
        kept = True
    ohmq_lock_release(&_spare_lock)
    if not kept:
        ohmq_waker_close(waker)


cdef int block_start(Handle handle, Blocked *blocked, short events, int64_t deadline) except -1:
    """Join the waiters of the socket. Called with the lock."""
    take_waker(&blocked.waiter.waker)
    blocked.started = True
    blocked.deadline = deadline
    blocked.waiter.events = events
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
    if not blocked.started:
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
    blocked.started = False


cdef int block(Handle handle, Blocked *blocked, short events, int timeout_option) except -1:
    """Wait until it makes sense to try again. Called with the lock, and returns with it.

    Returns 1 to try again, 0 when the time that timeout_option (RCVTIMEO or SNDTIMEO) allows is
    over. Raises when the socket was closed, a signal handler raised, or nothing can come any more.
    """
    cdef int timeout
    cdef int error
    cdef int found
    cdef size_t size = sizeof(timeout)
    if not blocked.started:
        if zmq_getsockopt(handle.ptr, timeout_option, &timeout, &size) < 0:
            fail_inside(handle, c_errno())
        if timeout == 0:
            return 0
        handle.counters.would_block += 1
        block_start(handle, blocked, events,
                    -1 if timeout < 0 else ohmq_now() + <int64_t> timeout * 1000000)
    if events == ZMQ_POLLOUT and not blocked.mailbox_empty:
        # A send looks at libzmq's mailbox only now and then: look at it before sleeping.
        blocked.mailbox_empty = True
        error = events_of(handle, &found)
        if error:
            fail_inside(handle, error)
        return 1
    blocked.mailbox_empty = False
    return sleep(handle, blocked)


cdef inline int64_t stretch(int64_t deadline, int64_t longest) noexcept nogil:
    """When to wake up at the latest, on the way to a deadline."""
    cdef int64_t until = ohmq_now() + longest
    return until if deadline < 0 or deadline > until else deadline


cdef int sleep(Handle handle, Blocked *blocked) except -1:
    """Sleep until the socket signals, another thread's call wakes us, or the deadline passes."""
    cdef ohmq_interest interests[2]
    cdef Waiter *waiter = &blocked.waiter
    cdef int64_t began = ohmq_now()
    cdef bint hears = handle.fd >= 0 and ohmq_waker_is_open(&waiter.waker)
    cdef int64_t deadline = stretch(blocked.deadline, STRETCH_NS if hears else RETRY_NS)
    cdef int ready, error
    interests[0].fd = waiter.waker.read_fd
    interests[1].fd = handle.fd
    interests[0].events = interests[1].events = ZMQ_POLLIN
    if handle.watches != NULL or handle.waiters != waiter or waiter.next != NULL:
        # What was tried before has looked at the socket, and may have taken others' wake-up. This
        # look may take our own; but some sockets say always that they can send.
        waiter.sleeping = not blocked.looked
        touch(handle, USED)
        blocked.looked = waiter.woken
    waiter.sleeping = True
    ohmq_count(&_sleepers, 1)
    ohmq_lock_release(&handle.lock)
    with nogil:
        ready = ohmq_wait(interests, 2 if handle.fd >= 0 else 1, deadline)
        error = errno
        if ready == 1 and blocked.msg != NULL and interests[1].ready:
            take_ahead(handle, blocked)
    ohmq_count(&_sleepers, -1)
    try:
        if ready < 0 and error != EINTR:
            raise OSError(error, strerror(error))
        if ready <= 0:
            PyErr_CheckSignals()
    finally:
        if not blocked.holding:
            ohmq_lock_acquire(&handle.lock)
        blocked.holding = waiter.sleeping = False
        handle.counters.blocked_ns += ohmq_now() - began
        if waiter.woken:
            ohmq_waker_clear(&waiter.waker)
            waiter.woken = False
    if blocked.taken:
        return 1
    if handle.ptr == NULL or handle.generation != ohmq_generation:
        refuse_locked(handle)
    if ready == 0 and deadline == blocked.deadline:
        return 0
    return 1


cdef void take_ahead(Handle handle, Blocked *blocked) noexcept nogil:
    """Receive before the GIL is ours again: by then the peer may have gone on to wait itself.

    Only where nobody else has to hear of it: telling them takes the GIL. The lock stays where more
    of the message follows, or another thread could receive the rest.
    """
    if not ohmq_lock_try(&handle.lock):
        return
    if (handle.ptr != NULL and handle.generation == ohmq_generation and handle.watches == NULL
            and handle.waiters == &blocked.waiter and blocked.waiter.next == NULL):
        blocked.taken = take(handle, blocked.msg) >= 0
        blocked.holding = blocked.taken and more_follows(handle, blocked.msg)
    if not blocked.holding:
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
    cdef int ready, error
    memset(&blocked, 0, sizeof(blocked))
    enter(handle)
    try:
        while True:
            error = events_of(handle, &ready)
            if error:
                fail_inside(handle, error)
            if ready & events or deadline == 0:
                return ready & events
            if not blocked.started:
                block_start(handle, &blocked, events, deadline)
            if not sleep(handle, &blocked):
                deadline = 0
    finally:
        block_end(handle, &blocked)
        leave(handle)
