# Waiting for many sockets: the cost follows those that are ready, not those that are registered.
#
# ZMQ_FD of every socket is in one epoll set. A socket is looked at (EVENTS is read) only if it is a
# candidate: it is new, its descriptor has signalled, somebody has used it since it was looked at,
# or it was ready the last time. Rule 3 is what makes this safe: every call on a socket tells its
# watches, so an edge of ZMQ_FD that another call has consumed is not missed.

# How many signals are taken from the epoll set at once.
cdef enum:
    SIGNALS = 64


# What a poller watches for by default, and the enum that Poller.sockets shows it in.
cdef object BOTH = ZMQ_POLLIN | ZMQ_POLLOUT
cdef object _poll_event = int


def set_poll_event(enum):
    """Take the enum of poll events; zmq.constants owns it."""
    global _poll_event
    _poll_event = enum


cdef class Entry:
    """One socket or descriptor that a poller watches."""

    cdef Watch watch
    cdef void *poller           # borrowed: a poller outlives its entries
    cdef Handle handle          # None for a plain descriptor
    cdef object key             # what was registered
    cdef object shown           # what poll() returns: the socket, or the descriptor's number
    cdef object flags           # as given, for Poller.sockets
    cdef int64_t fd
    cdef short events
    cdef Py_ssize_t index
    cdef bint candidate
    cdef bint checking
    cdef bint listed
    cdef bint in_set            # its descriptor is in the epoll set, under its name
    cdef Entry next_candidate

    def __lt__(self, other):
        return self.index < (<Entry> other).index


cdef void entry_touched(Watch *watch, Touch what) noexcept:
    """A call was made on the socket of an entry, or it is being closed."""
    cdef Entry entry = <Entry> watch.owner
    cdef Poller poller = <Poller> entry.poller
    if entry.checking:
        return
    if what == CLOSED and entry.in_set:
        entry.in_set = False
        if poller.generation == ohmq_generation:
            ohmq_set_remove(poller.set, entry.fd)
    poller_candidate(poller, entry)
    if poller.sleepers:
        poller_wake(poller)


cdef void poller_candidate(Poller poller, Entry entry) noexcept:
    if not entry.candidate:
        entry.candidate = True
        entry.next_candidate = poller.candidates
        poller.candidates = entry


cdef void poller_wake(Poller poller) noexcept:
    if not poller.woken:
        poller.woken = True
        ohmq_waker_wake(&poller.waker)


cdef class Poller:
    """Poller()\n--\n
    Watches any number of sockets and file descriptors (zmq_poll(3)).

    A poller may be shared by threads. Sockets and descriptors may be registered, used and closed by
    other threads while one waits; a socket that was closed ends the wait with ENOTSOCK.
    """

    cdef object __weakref__
    cdef dict entries
    cdef Entry candidates
    cdef Py_ssize_t count
    cdef Py_ssize_t plain       # entries that are plain descriptors
    cdef Py_ssize_t doubles     # entries that share a descriptor with another one
    cdef Py_ssize_t without_fd  # draft sockets, which cannot be waited for
    cdef int set
    cdef int generation
    cdef int sleepers
    cdef bint sleeping
    cdef bint woken
    cdef ohmq_waker waker

    def __cinit__(self):
        self.entries = {}
        self.set = -1
        self.generation = ohmq_generation

    def __init__(self):
        pass

    def __dealloc__(self):
        cdef Entry entry
        if self.entries is not None:
            for entry in self.entries.values():
                if entry.handle is not None:
                    watch_remove(entry.handle, &entry.watch)
        if self.set >= 0:
            ohmq_set_close(self.set)

    def __contains__(self, socket):
        return socket in self.entries

    @property
    def sockets(self) -> list:
        """What is registered, as (socket or descriptor, flags), in order."""
        cdef Entry entry
        return [(entry.key, _poll_event(BOTH) if entry.flags is BOTH else entry.flags)
                for entry in self.entries.values()]

    def register(self, socket, flags=BOTH) -> None:
        """Watch a socket or descriptor; again with other flags to change them.

        Parameters
        ----------
        socket : zmq.Socket, int, or any object with fileno()
            What to watch. The poller keeps it alive.
        flags : int
            Any of POLLIN, POLLOUT, POLLERR, POLLPRI; 0 stops watching.

        Raises
        ------
        TypeError
            socket is nothing that can be watched.
        """
        cdef Entry entry
        cdef short events = flags
        if not events:
            if socket in self.entries:
                self.unregister(socket)
            return
        entry = self.entries.get(socket)
        if entry is None:
            entry = new_entry(self, socket)
            self.entries[socket] = entry
        entry.flags = flags
        entry.events = entry.watch.events = events
        if entry.handle is not None:
            poller_candidate(self, entry)
        if self.sleepers:
            poller_wake(self)

    def modify(self, socket, flags=BOTH) -> None:
        """Change what a socket or descriptor is watched for; as register."""
        self.register(socket, flags)

    def unregister(self, socket) -> None:
        """Stop watching a socket or descriptor.

        Raises
        ------
        KeyError
            It is not registered.
        """
        cdef Entry entry = self.entries.pop(socket)
        forget_entry(self, entry)

    def poll(self, timeout=None) -> list:
        """Wait until something is ready.

        Parameters
        ----------
        timeout : int, optional
            Milliseconds to wait; None or less than 0 waits without end.

        Returns
        -------
        list of (socket or descriptor, events)
            What is ready, in the order of registration; empty when the time is over.

        Raises
        ------
        ZMQError
            ENOTSOCK if a registered socket was closed: unregister it first.
        """
        cdef int64_t deadline = deadline_after(timeout)
        cdef int64_t until
        cdef list ready, found
        while True:
            ready = collect(self)
            if ready or deadline == 0:
                until = 0
            elif self.without_fd:
                until = ohmq_now() + RETRY_NS
                if 0 < deadline < until:
                    until = deadline
            else:
                until = deadline
            if until != 0 or self.plain:
                found = poller_sleep(self, until)
                if until != 0:
                    ready = collect(self)
                ready += found
            if ready or deadline == 0:
                break
            if deadline > 0 and ohmq_now() >= deadline:
                deadline = 0
        if PyList_GET_SIZE(ready) > 1:
            ready.sort()
        return [shown for _, shown in ready]


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
        watch_add(entry.handle, &entry.watch)
        if entry.fd < 0 and entry.handle is not NO_HANDLE:
            poller.without_fd += 1
        elif poller.set >= 0 and entry.handle.ptr != NULL:
            add_to_set(poller, entry)
    else:
        entry.fd = number_of(socket)
        entry.shown = entry.fd
        poller.plain += 1
    return entry


cdef int64_t number_of(object thing) except? -1:
    """The descriptor of a plain object."""
    if isinstance(thing, int):
        return thing
    fileno = getattr(thing, "fileno", None)
    if fileno is None:
        raise TypeError("a poller watches zmq.Socket, file descriptors and objects with fileno(), "
                        f"not {type(thing).__name__}")
    return fileno()


cdef int forget_entry(Poller poller, Entry entry) except -1:
    cdef Entry other
    cdef Entry before = None
    cdef Entry current = poller.candidates
    while current is not None and current is not entry:
        before, current = current, current.next_candidate
    if current is not None:
        if before is None:
            poller.candidates = entry.next_candidate
        else:
            before.next_candidate = entry.next_candidate
        entry.next_candidate = None
        entry.candidate = False
    if entry.handle is None:
        poller.plain -= 1
        return 0
    watch_remove(entry.handle, &entry.watch)
    if entry.fd < 0:
        poller.without_fd -= entry.handle is not NO_HANDLE
        return 0
    if entry.in_set and poller.generation == ohmq_generation:
        ohmq_set_remove(poller.set, entry.fd)
        if poller.doubles:
            for other in poller.entries.values():
                if other.handle is entry.handle and not other.in_set:
                    poller.doubles -= 1
                    add_to_set(poller, other)
                    break
    return 0


cdef int add_to_set(Poller poller, Entry entry) except -1:
    """Put the socket's descriptor into the epoll set, unless another entry has it there already."""
    if ohmq_set_add(poller.set, entry.fd, <void *> entry) == 0:
        entry.in_set = True
    elif errno == EEXIST:
        poller.doubles += 1
    else:
        raise OSError(errno, f"the socket cannot be polled: {strerror(errno)}")
    return 0


cdef int open_set(Poller poller) except -1:
    """Make the epoll set, at the first poll: a poller that is never used costs no descriptor."""
    cdef Entry entry
    poller.set = ohmq_set_open()
    if OHMQ_HAVE_SET and poller.set < 0:
        raise OSError(errno, f"no poller can be opened: {strerror(errno)}")
    for entry in poller.entries.values():
        if entry.handle is not None and entry.handle.ptr != NULL and entry.fd >= 0:
            add_to_set(poller, entry)
    return 0


cdef list collect(Poller poller):
    """The (entry, (socket, events)) of sockets that are ready now. Looks at candidates only."""
    cdef void *tags[SIGNALS]
    cdef int n = SIGNALS
    cdef int i
    cdef Entry entry
    cdef list ready = []
    if poller.set < 0 and OHMQ_HAVE_SET:
        open_set(poller)
    if poller.doubles or poller.without_fd or not OHMQ_HAVE_SET:
        for entry in poller.entries.values():
            if entry.handle is not None:
                poller_candidate(poller, entry)
    try:
        while n == SIGNALS:
            n = ohmq_set_ready(poller.set, tags, SIGNALS)
            for i in range(n):
                poller_candidate(poller, <Entry> tags[i])
            look_at_candidates(poller, ready)
    finally:
        # What is ready stays so until somebody uses it: poll() is level-triggered.
        for entry, _ in ready:
            entry.listed = False
            poller_candidate(poller, entry)
    return ready


cdef int look_at_candidates(Poller poller, list ready) except -1:
    """Move the candidates that are ready to the list, and forget those that are not.

    A look may make candidates of others: a shadow of the same socket, in the same poller. They have
    their turn the next time.
    """
    cdef Entry entry
    cdef Entry left = poller.candidates
    cdef int error = 0
    cdef int events = 0
    poller.candidates = None
    try:
        while left is not None:
            entry = left
            enter(entry.handle)  # raises for a closed socket, which stays a candidate
            left = entry.next_candidate
            entry.next_candidate = None
            entry.candidate = False
            entry.checking = True
            error = events_of(entry.handle, &events)
            leave(entry.handle)
            entry.checking = False
            if error:
                poller_candidate(poller, entry)
                fail(error)
            if events & entry.events and not entry.listed:
                entry.listed = True
                ready.append((entry, (entry.shown, events & entry.events)))
    finally:
        while left is not None:
            entry, left = left, left.next_candidate
            entry.candidate = False
            poller_candidate(poller, entry)
    return 0


cdef list poller_sleep(Poller poller, int64_t until):
    """Wait for a signal of a socket, a wake-up or a plain descriptor; those that are ready."""
    global _sleepers
    cdef Entry entry
    cdef list found = []
    cdef Py_ssize_t n = 2
    cdef int rc, error
    cdef ohmq_interest few[FEW]
    cdef ohmq_interest *interests = few
    cdef Py_ssize_t most = 2 + (poller.plain if OHMQ_HAVE_SET else len(poller.entries))
    if most > FEW:
        interests = <ohmq_interest *> malloc(most * sizeof(ohmq_interest))
        if interests == NULL:
            raise MemoryError
    if poller.sleepers == 0:
        take_waker(&poller.waker)
    poller.sleepers += 1
    poller.sleeping = True
    try:
        interests[0].fd = poller.waker.read_fd
        interests[1].fd = poller.set if OHMQ_HAVE_SET else poller.waker.read_fd
        interests[0].events = interests[1].events = ZMQ_POLLIN
        watched = [entry for entry in poller.entries.values()
                   if entry.handle is None or (not OHMQ_HAVE_SET and entry.fd >= 0)]
        for entry in watched:
            interests[n].fd = entry.fd
            interests[n].events = entry.events if entry.handle is None else ZMQ_POLLIN
            n += 1
        _sleepers += 1
        with nogil:
            rc = ohmq_wait(interests, <int> n, until)
            error = errno
        _sleepers -= 1
        if rc < 0:
            if error != EINTR:
                raise OSError(error, strerror(error))
            PyErr_CheckSignals()
        n = 2
        for entry in watched:
            if entry.handle is None and interests[n].ready:
                found.append((entry, (entry.shown, interests[n].ready)))
            n += 1
    finally:
        if interests != few:
            free(interests)
        poller.sleepers -= 1
        if poller.sleepers == 0:
            poller.sleeping = False
            if poller.woken:
                poller.woken = False
                ohmq_waker_clear(&poller.waker)
            give_waker(&poller.waker)
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
