# How long a wait looks before it sleeps: the option, and where its default comes from. The wait
# itself is in busy_wait.h.
#
# What waits for several sockets (a reactor, a poller, a relay) has a habit of its own, and the
# longest limit of those sockets. It finds that anew when the option of any socket was set. What its
# looks have won and cost is counted for the socket that is ready next: count_looks().
#
# A limit that was not set holds only for blocking waits for an answer. It does not hold for event
# loops: to look, a loop has its selector replaced, which only a program that sets a limit wants.

import os as _os

# A look does not see POSIX signals: Ctrl-C has to wait for its end.
cdef enum:
    BUSY_WAIT_MAX_US = 100000

# Measured on Linux: 100 us let most waits of a round trip on one machine end with a look.
cdef int _default_us = 100 if _sys.platform == "linux" else 0


# How often the option of a socket was set: see BusyWait.
cdef int _limits_set = 0


cdef int64_t busy_wait_of(object value, str name) except -1:
    """The nanoseconds of an option that is given in us."""
    number = integer_of(value)
    if number is None:
        raise TypeError(f"{name} takes int, not {type(value).__name__}: got {value!r}")
    if not 0 <= number <= BUSY_WAIT_MAX_US:
        raise ValueError(f"{name} is from 0 to {BUSY_WAIT_MAX_US} us, 0 to sleep at once: "
                         f"got {value!r}")
    return <int64_t> number * 1000


cdef BusyWaitLimit default_busy_wait() except *:
    """The limit that the environment sets, or the default."""
    cdef BusyWaitLimit limit
    given = _os.environ.get("OHMQ_BUSY_WAIT_US")
    limit.by_default = not given
    if limit.by_default:
        limit.ns = _default_us * 1000
        return limit
    try:
        number = int(given)
    except ValueError:
        raise ValueError(f"the environment variable OHMQ_BUSY_WAIT_US={given!r} is no whole number "
                         "of us: set it to one, or unset it") from None
    limit.ns = busy_wait_of(number, "the environment variable OHMQ_BUSY_WAIT_US")
    return limit


def busy_wait_us(thing) -> int:
    """Return how long waits of a socket, or of a context's new sockets, look before they sleep."""
    cdef Handle handle
    if isinstance(thing, Context):
        require((<Context> thing).handle)
        return (<Context> thing).handle.busy_wait.ns // 1000
    handle = (<Socket?> thing).handle
    enter(handle)
    found = limit_of(handle) // 1000
    leave(handle)
    return found


def set_busy_wait_us(thing, value) -> None:
    """Set it, in us."""
    global _limits_set
    cdef Handle handle
    cdef int64_t limit_ns = busy_wait_of(value, "busy_wait_us")
    if isinstance(thing, Context):
        require((<Context> thing).handle)
        (<Context> thing).handle.busy_wait = BusyWaitLimit(limit_ns, False)
        return
    handle = (<Socket?> thing).handle
    enter(handle)
    try:
        own_busy_wait(handle).limit_ns = limit_ns
        handle.busy_wait.by_default = False
    finally:
        leave(handle)
    ohmq_count(&_limits_set, 1)


cdef ohmq_busy_wait *own_busy_wait(Handle handle) except NULL:
    """Return the habit of busy waiting of a socket, made if it has none. Called with the lock."""
    if handle.busy_wait == NULL:
        handle.busy_wait = <ohmq_busy_wait *> calloc(1, sizeof(ohmq_busy_wait))
        if handle.busy_wait == NULL:
            raise MemoryError
    return handle.busy_wait


cdef inline int64_t limit_of(Handle handle) noexcept:
    """How long waits of a socket look, in ns."""
    return handle.busy_wait.limit_ns if handle.busy_wait != NULL else 0


cdef inline int64_t loop_limit_of(Handle handle) noexcept:
    """How long an event loop looks for a socket, in ns: 0 unless the limit was set."""
    return 0 if handle.busy_wait == NULL or handle.busy_wait.by_default else limit_of(handle)


cdef inline void extend_limit(ohmq_busy_wait *habit, Handle handle) noexcept:
    """Have what waits for one more socket look for as long as that allows."""
    cdef int64_t limit_ns = limit_of(handle)
    if limit_ns:
        habit.by_default = ((habit.limit_ns == 0 or habit.by_default)
                            and handle.busy_wait.by_default)
        habit.limit_ns = max(habit.limit_ns, limit_ns)


cdef inline void extend_limits(BusyWait *busy, Handle handle) noexcept:
    """As extend_limit(), for what a thread or an event loop may wait with."""
    extend_limit(&busy.habit, handle)
    busy.loop_limit_ns = max(busy.loop_limit_ns, loop_limit_of(handle))


cdef inline int count_looks(ohmq_busy_wait *habit, Handle handle) except -1:
    """Move what the looks for several sockets have won and cost to one of them."""
    cdef ohmq_busy_wait *own
    if habit.looked_ns and handle is not None:
        ohmq_lock_acquire(&handle.lock)
        try:
            own = own_busy_wait(handle)
            own.won += habit.won
            own.lost += habit.lost
            own.looked_ns += habit.looked_ns
        finally:
            ohmq_lock_release(&handle.lock)
        habit.won = habit.lost = habit.looked_ns = 0
    return 0


cdef inline bint limits_have_changed(BusyWait *busy) noexcept:
    """Whether the limits are to be found anew: then they are 0 until they are extended."""
    cdef int limits_set = ohmq_load_int(&_limits_set)
    if busy.limits_set == limits_set:
        return False
    busy.limits_set = limits_set
    busy.habit.limit_ns = busy.loop_limit_ns = 0
    return True
