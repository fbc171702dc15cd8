# Waiting for many sockets: the cost follows those that are ready, not those that are registered.
#
# ZMQ_FD of every socket is in one epoll set. A socket is looked at (EVENTS is read) only if it is a
# candidate: it is new, its descriptor was readable, it was used since it was looked at,
# or it was ready the last time. Rule 3 is what makes this safe: every call on a socket tells its
# watches, so an edge of ZMQ_FD that another call has consumed is not missed.
#
# The first looks of a poller with few sockets are made without a set: all are candidates. Many
# programs make a poller for one wait, and a set costs more than that.

cdef enum:
    FIRST_LOOKS = 3  # a poll that sleeps has two


@cython.no_gc_clear  # its handle has a pointer to it, and has to hear when it goes
cdef class Entry:
    """One socket or descriptor that a poller watches."""

    def __dealloc__(self):
        unwatch(self)

    def __lt__(self, other):
        return self.index < (<Entry> other).index


cdef void entry_touched(Watch *watch, Touch what) noexcept:
    """A call was made on the socket of an entry, or it is being closed."""
    cdef void *entry = watch.owner
    cdef void *poller = (<Entry> entry).poller
    if ohmq_load_pointer(&(<Poller> poller).looking_at) == <void *> (<Entry> entry).handle:
        return
    ohmq_lock_acquire(&(<Poller> poller).lock)
    if not (<Entry> entry).gone:
        # It is registered: there is a reference to it, and one to the poller.
        if what == CLOSED:
            take_out_of_set(poller, entry)
        add_candidate(poller, entry)
        wake_sleepers(poller)
    ohmq_lock_release(&(<Poller> poller).lock)


cdef void poller_candidate(Poller poller, Entry entry) noexcept:
    ohmq_lock_acquire(&poller.lock)
    add_candidate(<void *> poller, <void *> entry)
    ohmq_lock_release(&poller.lock)


cdef void poller_wake(Poller poller) noexcept:
    ohmq_lock_acquire(&poller.lock)
    wake_sleepers(<void *> poller)
    ohmq_lock_release(&poller.lock)


# These three are called with the lock of the poller. They make no reference to it: see touch().

cdef inline void add_candidate(void *poller, void *entry) noexcept:
    if not (<Entry> entry).candidate and not (<Entry> entry).gone:
        (<Entry> entry).candidate = True
        (<Entry> entry).next_candidate = (<Poller> poller).candidates
        (<Poller> poller).candidates = <Entry> entry


cdef inline void wake_sleepers(void *poller) noexcept:
    if (<Poller> poller).sleepers and not (<Poller> poller).woken:
        (<Poller> poller).woken = True
        ohmq_waker_wake(&(<Poller> poller).waker)


cdef inline void take_out_of_set(void *poller, void *entry) noexcept:
    if (<Entry> entry).in_set:
        (<Entry> entry).in_set = False
        if (<Poller> poller).generation == ohmq_generation:
            ohmq_set_remove((<Poller> poller).set, (<Entry> entry).fd)


cdef Entry new_entry(Poller poller, object socket):
    cdef Entry entry = Entry.__new__(Entry)
    entry.key = entry.shown = socket
    entry.poller = <void *> poller
    poller.count += 1
    entry.index = poller.count
    if isinstance(socket, Socket):
        entry.handle = (<Socket> socket).handle
        entry.fd = entry.handle.fd
        entry.watch.owner = <void *> entry
        entry.watch.touched = entry_touched
        entry.watch.sleeping = &poller.sleeping
    return entry


cdef int watch_entry(Poller poller, Entry entry) except -1:
    """Begin to watch for an entry that is registered."""
    if entry.handle is None:
        poller.plain += 1  # poll() asks for its number
        return 0
    entry.watching = True
    watch_add(entry.handle, &entry.watch)
    extend_limits(&poller.busy_wait, entry.handle)
    if entry.fd < 0 and entry.handle is not NO_HANDLE:
        poller.without_fd += 1
    elif poller.set >= 0 and not is_inherited(poller):
        add_to_set(poller, entry)
    return 0


cdef void unwatch(Entry entry) noexcept:
    if entry.watching:
        entry.watching = False
        watch_remove(entry.handle, &entry.watch)


cdef int64_t number_of(object thing) except? -1:
    """The descriptor of a plain object."""
    if isinstance(thing, int):
        return as_descriptor(thing)
    fileno = getattr(thing, "fileno", None)
    if fileno is None:
        number = integer_of(thing)
        if number is not None:
            return as_descriptor(number)
        raise TypeError("a poller watches zmq.Socket, file descriptors and objects with fileno(), "
                        f"not {type(thing).__name__}")
    try:
        return as_descriptor(fileno())
    except Exception as error:
        raise ValueError(f"fileno() of {thing!r} gives no file descriptor") from error


cdef int64_t as_descriptor(object number) except? -1:
    """A number as a descriptor: what the system would cut off is refused."""
    cdef int64_t fd = number
    if not OHMQ_FD_IS_WIDE and fd != <int> fd:
        raise OverflowError(f"{number} is too large for a file descriptor")
    return fd


def fileno_of(thing):
    """Return the file descriptor of an int, or of an object with fileno().

    Raises
    ------
    TypeError
        It is neither.
    ValueError
        fileno() gives no descriptor; the error that it raised is the cause.
    OverflowError
        The number is too large for a descriptor.
    """
    return number_of(thing)


cdef int number_entries(Poller poller) except -1:
    """Ask for the descriptors of plain objects: a file may have been closed, or opened again."""
    cdef Entry entry
    for entry in list(poller.entries.values()):
        if entry.handle is None:
            entry.fd = number_of(entry.key)
            entry.shown = entry.fd
    return 0


cdef int forget_entry(Poller poller, Entry entry) except -1:
    cdef Entry other
    cdef bint was_in_set
    ohmq_lock_acquire(&poller.lock)
    was_in_set = entry.in_set
    withdraw(poller, entry)
    ohmq_lock_release(&poller.lock)
    if entry.handle is None:
        poller.plain -= 1
        return 0
    unwatch(entry)
    if entry.fd < 0:
        poller.without_fd -= entry.handle is not NO_HANDLE
        return 0
    if was_in_set and poller.doubles and poller.generation == ohmq_generation:
        for other in list(poller.entries.values()):
            if other.handle is entry.handle and not other.in_set:
                poller.doubles -= 1
                add_to_set(poller, other)
                break
    return 0


cdef void withdraw(Poller poller, Entry entry) noexcept:
    """Let no thread find an entry any more. Called with the lock of the poller."""
    cdef Entry before = None
    cdef Entry current = poller.candidates
    entry.gone = True  # another thread may be about to look at it
    take_out_of_set(<void *> poller, <void *> entry)
    while current is not None and current is not entry:
        before, current = current, current.next_candidate
    if current is not None:
        if before is None:
            poller.candidates = entry.next_candidate
        else:
            before.next_candidate = entry.next_candidate
        entry.next_candidate = None
        entry.candidate = False


cdef int add_to_set(Poller poller, Entry entry) except -1:
    """Put the socket's descriptor into the epoll set, unless another entry has it there already.

    That of a socket which is closed, or the parent's, is left alone: it may be another one by now.
    """
    cdef int error = 0
    if not is_usable(entry.handle):
        return 0
    ohmq_lock_acquire(&entry.handle.lock)
    ohmq_lock_acquire(&poller.lock)
    if is_usable(entry.handle):
        if ohmq_set_add(poller.set, entry.fd, <void *> entry) < 0:
            error = errno
        else:
            entry.in_set = True
    ohmq_lock_release(&poller.lock)
    ohmq_lock_release(&entry.handle.lock)
    if error == EEXIST:
        poller.doubles += 1
    elif error:
        raise OSError(error, f"the socket cannot be polled: {strerror(error)}")
    return 0


cdef inline bint is_inherited(Poller poller) noexcept:
    """Whether the descriptors of a poller are the parent's, from before a fork."""
    return poller.generation != ohmq_generation


cdef inline bint is_new(Poller poller) noexcept:
    """Whether this look is one of the first, and needs no set."""
    if poller.looks >= FIRST_LOOKS or len(poller.entries) > FEW:
        return False
    poller.looks += 1
    return True


cdef int need_set(Poller poller) except -1:
    """Make the epoll set, unless there is one."""
    cdef Entry entry
    if is_inherited(poller):
        # The sleepers are threads of the parent.
        poller.set, poller.generation = -1, ohmq_generation
        poller.sleepers = poller.doubles = 0
        poller.sleeping = poller.woken = False
        for entry in poller.entries.values():
            entry.in_set = False
    if poller.set >= 0:
        return 0
    poller.set = ohmq_set_open()
    if poller.set < 0:
        return 0  # no descriptor is left, or there is no epoll: all sockets are looked at
    for entry in list(poller.entries.values()):
        if entry.handle is not None and entry.fd >= 0:
            add_to_set(poller, entry)
    return 0


cdef list collect(Poller poller):
    """The (entry, (socket, events)) of sockets that are ready now. Looks at candidates only."""
    cdef void *tags[EPOLL_BATCH]
    cdef int n = EPOLL_BATCH
    cdef int i
    cdef Entry entry
    cdef list ready = []
    if is_inherited(poller) or poller.set < 0 and not is_new(poller):
        need_set(poller)
    if poller.doubles or poller.without_fd or poller.set < 0:
        for entry in list(poller.entries.values()):
            if entry.handle is not None:
                poller_candidate(poller, entry)
    try:
        while n == EPOLL_BATCH:
            ohmq_lock_acquire(&poller.lock)
            n = ohmq_set_ready(poller.set, tags, EPOLL_BATCH)
            for i in range(n):
                add_candidate(<void *> poller, tags[i])
            ohmq_lock_release(&poller.lock)
            look_at_candidates(poller, ready)
    finally:
        # A ready socket stays ready until it is used: poll() is level-triggered.
        for entry, _ in ready:
            entry.listed = False
            poller_candidate(poller, entry)
        if ready and poller.sleepers:
            # Another thread waits in the same poller: the look may have consumed its signal.
            poller_wake(poller)
    return ready


cdef int look_at_candidates(Poller poller, list ready) except -1:
    """Move the candidates that are ready to the list, and forget those that are not.

    Afterwards there are candidates only if other threads have used sockets meanwhile.
    """
    cdef Entry entry
    cdef Entry left
    cdef int error
    cdef int events
    ohmq_lock_acquire(&poller.lock)
    # From here on they are of this thread alone: none is a candidate again before it is looked at.
    left, poller.candidates = poller.candidates, None
    ohmq_lock_release(&poller.lock)
    try:
        while left is not None:
            entry, left = left, left.next_candidate
            no_candidate(poller, entry)  # before the look: a call that comes after it counts
            if entry.gone:
                continue
            try:
                error = look_for_poller(poller, entry.handle, &events)
                if error:
                    fail(error)
            except BaseException:
                poller_candidate(poller, entry)  # as when it is in use by a device
                raise
            if entry.gone:
                continue
            events &= entry.events | ZMQ_POLLERR
            if events and not entry.listed:
                entry.listed = True
                ready.append((entry, (entry.shown, events)))
    finally:
        while left is not None:
            entry, left = left, left.next_candidate
            no_candidate(poller, entry)
            poller_candidate(poller, entry)
    return 0


cdef inline void no_candidate(Poller poller, Entry entry) noexcept:
    ohmq_lock_acquire(&poller.lock)
    entry.next_candidate = None
    entry.candidate = False
    ohmq_lock_release(&poller.lock)


cdef int look_for_poller(Poller poller, Handle handle, int *events) except -1:
    """Read EVENTS of a socket, or POLLERR for one that is closed; 0, or an errno."""
    cdef EventsRead look
    cdef bint closed
    if handle.generation != ohmq_generation:
        # The lock is not to be waited for; see enter().
        if handle.ptr != NULL:
            refuse(handle)
        events[0] = ZMQ_POLLERR
        return 0
    ohmq_lock_acquire(&handle.lock)
    if handle.ptr == NULL:
        closed = handle.claimed == NULL
        ohmq_lock_release(&handle.lock)
        if not closed:
            refuse(handle)
        events[0] = ZMQ_POLLERR
        return 0
    ohmq_store_pointer(&poller.looking_at, <void *> handle)
    look_at(handle, &look)
    tell(handle, USED, &look)
    # Before the lock is released: then it is another thread's call.
    ohmq_store_pointer(&poller.looking_at, NULL)
    ohmq_lock_release(&handle.lock)
    events[0] = look.events
    return look.error
