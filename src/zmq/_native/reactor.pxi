# One Reactor an event loop: a single descriptor that tells it of all its sockets.
#
# The descriptor is an epoll set with the ZMQ_FD of every socket and a waker. The waker rings when
# a call on a socket, in whatever thread, may let an operation go on (rule 3).
#
# A turn may be entered again: it calls program code, which may run the loop by itself (a modal
# dialog, a notebook cell). For as long as that code runs, this holds for every engine:
#
#   due             it is in reactor.due, where the inner turn goes on from the outer one; what has
#                   made it due keeps the descriptor readable, as the waker is cleared last
#   in serving      its own turn has called the code: an inner turn serves it again
#   ENGINE_SERVING  its turn has not settled: only a turn that comes after it clears the waker
#   otherwise       it is settled, and rings (engine.pxi)
#
# An engine in serving that has operations left sets the waker first: keep_awake().

# A turn of a loop goes on for this many messages, and for this long (rule 5): see set_fairness.
cdef int64_t _fair_messages = 64
cdef int64_t _fair_ns = 1000000


def set_fairness(messages=64, ms=1.0):
    """Limit how much an event loop does for its sockets in one turn.

    Other tasks of the loop have their turn after this many messages or this much time, whichever is
    later. Holds for all loops of the process. Any thread may call it; it never blocks.

    Parameters
    ----------
    messages : int
        Messages that are sent and received in one turn, at least 1.
    ms : float
        Time that may pass in one turn, in ms.

    Raises
    ------
    ValueError
        A number is too small.
    """
    global _fair_messages, _fair_ns
    if messages < 1 or ms < 0:
        raise ValueError(f"a turn has at least one message and no less than 0 ms, not {messages} "
                         f"and {ms}")
    _fair_messages, _fair_ns = messages, <int64_t> (ms * 1e6)


def fairness():
    """Return how many messages and how many s a turn of an event loop lasts at least."""
    return _fair_messages, _fair_ns / 1e9


@cython.no_gc_clear  # its engines use it until they are deallocated
cdef class Reactor:
    """Reactor()\n--\n
    Tells an event loop which of its sockets have signalled.

    The loop watches fileno() and calls turn() whenever that is readable, in its own thread.
    """

    def __cinit__(self):
        cdef int error
        self.waiting = set()
        self.calls = []
        self.due = []
        self.serving = []
        self.set = -1
        self.generation = ohmq_generation
        if ohmq_waker_open(&self.waker) < 0:
            error = errno
            fail(error, failure_without_socket("loop"))
        self.open = True
        self.set = ohmq_set_open()
        if self.set >= 0 and ohmq_set_add(self.set, self.waker.read_fd, NULL) < 0:
            fail(errno, f"the sockets of an event loop cannot be watched: {strerror(errno)}")

    def __dealloc__(self):
        close_reactor(self)

    @property
    def alive(self) -> bool:
        """Whether it may be used: its loop has not ended, and this is not the child of a fork."""
        return self.open and self.generation == ohmq_generation

    def close(self) -> None:
        """The loop has ended: let go of its descriptors, and of what waits in it."""
        cdef NativeEngine engine
        cdef list waiting = list(self.waiting)
        self.waiting.clear()
        self.calls.clear()
        if self.generation == ohmq_generation:
            for engine in waiting:
                engine.dismiss()
        close_reactor(self)

    def fileno(self) -> int:
        """The descriptor that is readable when turn() has something to do; -1: call wait()."""
        return self.set

    def wait(self, double seconds) -> bool:
        """Block until turn() has something to do: for loops that cannot watch descriptors.

        False when the time was over.
        """
        cdef ohmq_interest few[FEW]
        cdef ohmq_interest *interests = few
        cdef NativeEngine engine
        cdef list watched = [] if self.set >= 0 else list(self.waiting)
        cdef Py_ssize_t n = 1
        cdef int rc
        if not self.open:
            return False
        if PyList_GET_SIZE(watched) >= FEW:
            interests = <ohmq_interest *> malloc(
                (PyList_GET_SIZE(watched) + 1) * sizeof(ohmq_interest))
            if interests == NULL:
                raise MemoryError
        interests[0].fd = self.set if self.set >= 0 else self.waker.read_fd
        interests[0].events = ZMQ_POLLIN
        for engine in watched:
            if engine.handle.fd >= 0:
                interests[n].fd = engine.handle.fd
                interests[n].events = ZMQ_POLLIN
                n += 1
        ohmq_count(&_sleepers, 1)
        with nogil:
            rc = ohmq_wait(interests, <int> n, ohmq_now() + <int64_t> (seconds * 1e9))
        ohmq_count(&_sleepers, -1)
        if rc > 0 and self.set < 0:
            for engine in watched:
                ring(<void *> engine)
        if interests != few:
            free(interests)
        return rc > 0

    def begins_to_look(self, Poller poller not None) -> bool:
        """Have the loop look for a poller as well; whether it is the first that may look."""
        find_limit(poller)
        return begins_to_look(self, poller.busy_wait.loop_limit_ns)

    def count_looks(self, socket) -> None:
        """Count what looks have won and cost for the socket that was ready."""
        if isinstance(socket, Socket):
            count_looks(&self.busy_wait.habit, (<Socket> socket).handle)

    def look(self, double seconds, int64_t fd=-1) -> None:
        """Look for a while, if waits are short, before the loop sleeps; then call slept().

        Ends when turn() has something to do, or a descriptor of the loop is readable, too.
        Negative seconds are without end.
        """
        cdef ohmq_interest interests[2]
        cdef NativeEngine engine
        cdef ohmq_one_wait *wait = &self.sleep
        cdef int64_t until
        if limits_have_changed(&self.busy_wait):
            for engine in self.waiting:
                extend_loop_limit(self, loop_limit_of(engine.handle))
        ohmq_wait_begin(wait, &self.busy_wait.habit, False, ohmq_now())
        until = -1 if seconds < 0 else wait.began + <int64_t> (min(seconds, 1e9) * 1e9)
        self.sleep_until = until
        if wait.limit_ns == 0 or self.set < 0:
            return
        interests[0].fd = self.set
        interests[1].fd = fd
        interests[0].events = interests[1].events = ZMQ_POLLIN
        with nogil:
            ohmq_look(interests, 2 if fd >= 0 else 1, until, wait)

    def slept(self) -> None:
        """Note how the wait has gone that look() began: well, if it ended before its time."""
        cdef int64_t now = ohmq_now()
        ohmq_wait_end(&self.sleep, &self.busy_wait.habit,
                      self.sleep_until < 0 or now < self.sleep_until, now)

    def call(self, callback) -> None:
        """Have something called in the next turn of the loop; from any thread."""
        self.calls.append(callback)
        ohmq_lock_acquire(&self.lock)
        wake_reactor(<void *> self)
        ohmq_lock_release(&self.lock)

    def turn(self) -> None:
        """Call turn() of each socket's engine that has something to do."""
        if not self.open or self.generation != ohmq_generation:
            return
        self.used, self.began = 0, ohmq_now()
        error = None
        try:
            take_due(self)
            error = run_calls(self)
            while PyList_GET_SIZE(self.due):
                try:
                    serve(self.due.pop())
                except BaseException as raised:
                    error = raised if error is None else error
        finally:
            clear_waker(self)
        if error is not None:
            raise error

    def turn_outside(self) -> None:
        """Call turn() outside of the context variables that the loop has for the callback."""
        cdef PyObject *context = ohmq_step_out()
        try:
            self.turn()
        finally:
            ohmq_step_in(context)

    def use(self) -> None:
        """Count a call of a program for this turn (rule 5)."""
        self.used += 1

    @property
    def spent(self) -> bool:
        """Whether others should have their turn (rule 5)."""
        return is_spent(self)


cdef inline void extend_loop_limit(Reactor reactor, int64_t limit_ns) noexcept:
    reactor.busy_wait.habit.limit_ns = max(reactor.busy_wait.habit.limit_ns, limit_ns)


cdef inline bint begins_to_look(Reactor reactor, int64_t limit_ns) noexcept:
    """Have the loop look for as long as one more socket allows; whether that is the first."""
    cdef bint first = limit_ns > 0 and not reactor.looks
    extend_loop_limit(reactor, limit_ns)
    reactor.looks = reactor.looks or first
    return first


cdef void close_reactor(Reactor reactor) noexcept:
    # What a forked child has inherited it leaves alone: the numbers may be others' by now.
    cdef bint ours = reactor.open and reactor.generation == ohmq_generation
    ohmq_lock_acquire(&reactor.lock)
    reactor.open = reactor.woken = False
    if ours:
        ohmq_waker_close(&reactor.waker)
        if reactor.set >= 0:
            ohmq_set_close(reactor.set)
    reactor.set = -1
    ohmq_lock_release(&reactor.lock)


cdef int take_due(Reactor reactor) except -1:
    """Find the engines that have something to do: they come after those of an outer turn."""
    cdef void *tags[EPOLL_BATCH]
    cdef list fresh = []
    cdef NativeEngine engine
    cdef void *touched
    cdef int i, n
    ohmq_lock_acquire(&reactor.lock)
    try:
        n = ohmq_set_ready(reactor.set, tags, EPOLL_BATCH) if reactor.set >= 0 else 0
        for i in range(n):
            if tags[i] != NULL:
                add_pointed(fresh, tags[i])
        while reactor.touched != NULL:
            touched = reactor.touched
            reactor.touched = (<NativeEngine> touched).next_touched
            (<NativeEngine> touched).next_touched = NULL
            (<NativeEngine> touched).touched = False
            add_pointed(fresh, touched)
    finally:
        ohmq_lock_release(&reactor.lock)
    if fresh:
        count_looks(&reactor.busy_wait.habit, (<NativeEngine> fresh[0]).handle)
    for engine in reactor.serving:
        add_due(fresh, engine)
    fresh.reverse()
    reactor.due = fresh + reactor.due if reactor.due else fresh
    return 0


cdef inline int add_pointed(list due, void *pointer) except -1:
    """Add an engine by a pointer, unless it is about to go. Called with the lock of the reactor."""
    cdef object engine = (<NativeEngine> pointer).known_as()
    if engine is not None:
        add_due(due, <NativeEngine> engine)
    return 0


cdef inline int add_due(list due, NativeEngine engine) except -1:
    if not engine.due:
        due.append(engine)
        engine.due = True
    return 0


cdef object run_calls(Reactor reactor):
    """Make the calls of other threads; the first error."""
    cdef Py_ssize_t n = PyList_GET_SIZE(reactor.calls)
    error = None
    while n and PyList_GET_SIZE(reactor.calls):
        n -= 1
        try:
            reactor.calls.pop(0)()
        except BaseException as raised:
            error = raised if error is None else error
    return error


cdef int serve(NativeEngine engine) except -1:
    """Serve the operations of an engine that is due."""
    engine.due = False
    if engine.state == ENGINE_IDLE:
        clear_mailbox(engine)
        return 0
    cdef list serving = engine.reactor.serving
    serving.append(engine)
    try:
        take_turn(engine)
    finally:
        serving.pop()
    return 0


cdef void clear_waker(Reactor reactor) noexcept:
    """End a turn: the descriptor stays readable if there is more to do."""
    cdef NativeEngine engine
    ohmq_lock_acquire(&reactor.lock)
    if (
        reactor.open and reactor.woken and reactor.touched == NULL
        and not PyList_GET_SIZE(reactor.due) and not PyList_GET_SIZE(reactor.calls)
    ):
        for engine in reactor.serving:
            if engine.state == ENGINE_SERVING:
                break
        else:
            reactor.woken = False
            ohmq_waker_clear(&reactor.waker)
    ohmq_lock_release(&reactor.lock)


cdef void forget_touched(NativeEngine engine) noexcept:
    """Take an engine that goes from the list of those that were touched."""
    cdef Reactor reactor = engine.reactor
    cdef void *me = <void *> engine
    cdef void **link
    cdef bint locked = ohmq_lock_to_leave(&reactor.lock)
    link = &reactor.touched
    while link[0] != NULL and link[0] != me:
        link = &(<NativeEngine> link[0]).next_touched
    if link[0] == me:
        link[0] = engine.next_touched
    if locked:
        ohmq_lock_release(&reactor.lock)


# These two take pointers: no reference may be made of an engine that is about to go (see touch()).

cdef void wake_reactor(void *reactor) noexcept:
    """Called with the lock of the reactor."""
    if (not (<Reactor> reactor).woken and (<Reactor> reactor).open
            and (<Reactor> reactor).generation == ohmq_generation):
        (<Reactor> reactor).woken = True
        ohmq_waker_wake(&(<Reactor> reactor).waker)


cdef void ring(void *engine) noexcept:
    """Have the loop look at a socket in its next turn; from any thread."""
    cdef void *reactor = <void *> (<NativeEngine> engine).reactor
    ohmq_lock_acquire(&(<Reactor> reactor).lock)
    if not (<NativeEngine> engine).touched:
        (<NativeEngine> engine).touched = True
        (<NativeEngine> engine).next_touched = (<Reactor> reactor).touched
        (<Reactor> reactor).touched = engine
    wake_reactor(reactor)
    ohmq_lock_release(&(<Reactor> reactor).lock)


cdef inline bint is_spent(Reactor reactor) noexcept:
    if reactor.used < _fair_messages:
        return False
    return ohmq_now() - reactor.began >= _fair_ns
