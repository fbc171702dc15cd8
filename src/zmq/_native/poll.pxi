# Pollers. Which sockets they look at, and when, is in candidates.pxi.

# What a poller watches for by default, and the enum that Poller.sockets shows it in.
cdef object BOTH = ZMQ_POLLIN | ZMQ_POLLOUT
cdef object _poll_event = int


def set_poll_event(enum):
    """Take the enum of poll events; zmq.constants owns it."""
    global _poll_event
    _poll_event = enum


@cython.no_gc_clear  # as with its entries
cdef class Poller:
    """Poller()\n--\n
    All of :class:`zmq.Poller` but its place in a class that can be changed.
    """

    def __cinit__(self):
        self.entries = {}
        self.set = -1
        self.generation = ohmq_generation

    def __init__(self):
        pass

    def __dealloc__(self):
        cdef Entry entry
        cdef bint locked
        for entry in self.entries.values():
            locked = ohmq_lock_to_leave(&self.lock)
            entry.gone = True
            if locked:
                ohmq_lock_release(&self.lock)
            unwatch(entry)
        # One by one: entries that free each other would need as much of the stack.
        while self.candidates is not None:
            entry = self.candidates
            self.candidates = entry.next_candidate
            entry.next_candidate = None
        if self.set >= 0 and self.generation == ohmq_generation:
            ohmq_set_close(self.set)

    @cython.critical_section
    def __contains__(self, socket):
        return socket in self.entries

    @property
    def sockets(self) -> list:
        """The sockets and descriptors that are registered, with their flags, in order."""
        cdef Entry entry
        with cython.critical_section(self):
            return [(entry.key, _poll_event(BOTH) if entry.flags is BOTH else entry.flags)
                    for entry in list(self.entries.values())]

    def _descriptors(self) -> list:
        """The objects that are registered and are no sockets."""
        cdef Entry entry
        with cython.critical_section(self):
            if not self.plain:
                return []
            return [entry.key for entry in list(self.entries.values()) if entry.handle is None]

    @cython.critical_section
    def register(self, socket, flags=BOTH) -> None:
        """Watch a socket or descriptor; again with other flags to change them.

        Parameters
        ----------
        socket : zmq.Socket, int, or any object with fileno()
            What to watch. The poller keeps it alive. Anything else is refused by poll().
        flags : int
            Any of POLLIN, POLLOUT, POLLERR, POLLPRI; 0 stops watching. What is no number is refused
            by poll().
        """
        cdef Entry entry
        cdef short events
        if not flags:
            if socket in self.entries:
                forget_entry(self, self.entries.pop(socket))
            return
        try:
            events = flags
        except (TypeError, OverflowError):  # poll() raises that
            events = 0
            self.doubtful = True
        entry = self.entries.get(socket)
        if entry is None:
            entry = new_entry(self, socket)
            self.entries[socket] = entry
            try:
                watch_entry(self, entry)
            except BaseException:
                forget_entry(self, self.entries.pop(socket))
                raise
        entry.flags = flags
        entry.events = entry.watch.events = events
        if entry.handle is not None:
            poller_candidate(self, entry)
        poller_wake(self)

    def modify(self, socket, flags=BOTH) -> None:
        """Change what a socket or descriptor is watched for; as register."""
        self.register(socket, flags)

    @cython.critical_section
    def unregister(self, socket) -> None:
        """Stop watching a socket or descriptor.

        Raises
        ------
        KeyError
            It is not registered.
        """
        cdef Entry entry = self.entries.pop(socket)
        forget_entry(self, entry)

    @cython.critical_section  # for as long as it does not sleep
    def poll(self, timeout=None) -> list:
        """Wait until something is ready.

        Parameters
        ----------
        timeout : int, optional
            Milliseconds to wait; None or less than 0 waits without end.

        Returns
        -------
        list of (socket or descriptor, events)
            What is ready, in the order of registration; empty when the time is over, and at once
            if nothing is registered. A socket that was closed has POLLERR, as has a descriptor
            that is not open.

        Raises
        ------
        TypeError
            Something was registered that is neither a socket nor has a fileno(), or with flags that
            are no number.
        ValueError
            A fileno() gives no descriptor, as that of a file that was closed.
        OverflowError
            A number is too large for a descriptor.
        """
        cdef int64_t deadline = deadline_after(timeout)
        cdef int64_t until
        cdef list ready, found
        if not self.entries:
            return []  # nothing can ever become ready: to wait for it would be a hang
        if self.plain:
            number_entries(self)
        if self.doubtful:
            check_flags(self)
        while True:
            ready = collect(self)
            if ready or deadline == 0:
                until = 0
            else:
                until = stretch(deadline, RETRY_NS if self.without_fd else STRETCH_NS)
            if until != 0 or self.plain:
                found = poller_sleep(self, until)
                if until != 0:
                    ready = collect(self)
                ready += found
            if ready or deadline == 0:
                break
            if deadline > 0 and ohmq_now() >= deadline:
                deadline = 0
        if ready:
            count_looks(&self.busy_wait.habit, (<Entry> (<tuple> ready[0])[0]).handle)
            if PyList_GET_SIZE(ready) > 1:
                ready.sort()
        return [shown for _, shown in ready]


cdef int check_flags(Poller poller) except -1:
    """Raise for flags that are no number."""
    cdef Entry entry
    cdef short events
    for entry in list(poller.entries.values()):
        events = entry.flags
    poller.doubtful = False
    return 0


cdef int join_sleepers(Poller poller) except -1:
    """Have the poller's waker rung by calls on its sockets."""
    cdef ohmq_waker waker
    cdef bint superfluous
    take_waker(&waker, False)
    ohmq_lock_acquire(&poller.lock)
    superfluous = poller.sleepers != 0
    if not superfluous:
        poller.waker = waker
    poller.sleepers += 1
    ohmq_store_int(<int *> &poller.sleeping, True)
    ohmq_lock_release(&poller.lock)
    if superfluous:
        give_waker(&waker)
    return 0


cdef void leave_sleepers(Poller poller) noexcept:
    cdef ohmq_waker waker
    cdef bint last
    ohmq_lock_acquire(&poller.lock)
    poller.sleepers -= 1
    last = poller.sleepers == 0
    if last:
        ohmq_store_int(<int *> &poller.sleeping, False)
        waker = poller.waker
        if poller.woken:
            poller.woken = False
            ohmq_waker_clear(&waker)
    ohmq_lock_release(&poller.lock)
    if last:
        give_waker(&waker)


cdef inline bint has_candidates(Poller poller) noexcept:
    cdef bint found
    ohmq_lock_acquire(&poller.lock)
    found = poller.candidates is not None
    ohmq_lock_release(&poller.lock)
    return found


cdef int find_limit(Poller poller) except -1:
    """Have the poller look for as long as its sockets allow."""
    cdef Entry entry
    if limits_have_changed(&poller.busy_wait):
        for entry in list(poller.entries.values()):
            if entry.handle is not None:
                extend_limits(&poller.busy_wait, entry.handle)
    return 0


cdef bint awaits_answer(Poller poller) except -1:
    """Whether one of its sockets, if they are few, has sent something since the last wait."""
    cdef Entry entry
    cdef int64_t sent = 0
    if not poller.busy_wait.habit.by_default or len(poller.entries) > FEW:
        return False
    for entry in list(poller.entries.values()):
        if entry.handle is not None:
            ohmq_lock_acquire(&entry.handle.lock)
            sent += entry.handle.counters.messages_sent
            ohmq_lock_release(&entry.handle.lock)
    return ohmq_awaits_answer(&poller.busy_wait.habit, sent)


cdef list poller_sleep(Poller poller, int64_t until):
    """Wait for a signal of a socket, a wake-up or a plain descriptor; those that are ready."""
    cdef Entry entry
    cdef list found = []
    cdef Py_ssize_t n = 2
    cdef int rc, error
    cdef BusyWait *busy = &poller.busy_wait
    cdef ohmq_one_wait wait
    cdef ohmq_interest few[FEW]
    cdef ohmq_interest *interests = few
    cdef list watched = [entry for entry in list(poller.entries.values())
                         if entry.handle is None or (poller.set < 0 and entry.fd >= 0)]
    if PyList_GET_SIZE(watched) + 2 > FEW:
        interests = <ohmq_interest *> malloc((PyList_GET_SIZE(watched) + 2) * sizeof(ohmq_interest))
        if interests == NULL:
            raise MemoryError
    join_sleepers(poller)
    try:
        interests[0].fd = poller.waker.read_fd
        interests[1].fd = poller.set if poller.set >= 0 else poller.waker.read_fd
        interests[0].events = interests[1].events = ZMQ_POLLIN
        for entry in watched:
            interests[n].fd = entry.fd
            interests[n].events = entry.events if entry.handle is None else ZMQ_POLLIN
            n += 1
        if has_candidates(poller):
            # Used by another thread since it was looked at. It has woken no thread, as none slept.
            until = 1
        elif not ohmq_waker_is_open(&poller.waker):
            until = stretch(until, RETRY_NS)
        find_limit(poller)
        ohmq_wait_begin(&wait, &busy.habit, awaits_answer(poller), ohmq_now())
        ohmq_count(&_sleepers, 1)
        with nogil:
            rc = ohmq_wait_busily(interests, <int> n, until, &wait)
            error = errno
        ohmq_count(&_sleepers, -1)
        ohmq_wait_end(&wait, &busy.habit, rc, ohmq_now())
        if rc < 0 and error != EINTR:
            raise OSError(error, strerror(error))
        if rc <= 0:
            PyErr_CheckSignals()
        n = 2
        for entry in watched:
            if entry.handle is None and interests[n].ready:
                found.append((entry, (entry.shown, interests[n].ready)))
            n += 1
    finally:
        if interests != few:
            free(interests)
        leave_sleepers(poller)
    return found


def zmq_poll(sockets, timeout: int = -1) -> list:
    """Wait for the first of several sockets or descriptors (zmq_poll(3)).

    Parameters
    ----------
    sockets : list of (socket or descriptor, flags)
        What to wait for; a socket may be there more than once.
    timeout : int
        Milliseconds to wait; less than 0 waits without end.

    Returns
    -------
    list of (socket or descriptor, events)
        What is ready, in the order given.
    """
    cdef Poller poller = Poller()
    cdef list wanted = [(socket, flags) for socket, flags in sockets]
    merged = {}
    for socket, flags in wanted:
        merged[socket] = merged.get(socket, 0) | flags
    for socket, flags in merged.items():
        poller.register(socket, flags)
    ready = dict(poller.poll(timeout))
    result = []
    for socket, flags in wanted:
        shown = socket if isinstance(socket, Socket) else number_of(socket)
        events = ready.get(shown, 0) & (int(flags) | ZMQ_POLLERR)
        if events:
            result.append((shown, events))
    return result
