# The native half of zmq.core.engine.Engine: one socket in one event loop.


@cython.no_gc_clear  # its handle has a pointer to it, and has to hear when it goes
cdef class NativeEngine:
    """NativeEngine(reactor, socket)\n--\n
    Hears of everything that may let the operations of a socket go on (rule 3).

    The class of :class:`zmq.core.engine.Engine`, whose turn() the reactor calls. Methods of one
    engine are called in the thread of its loop; the socket may be used by any.
    """

    cdef object __weakref__
    cdef Watch watch
    cdef Handle handle
    cdef Reactor reactor
    cdef void *next_touched     # in the reactor's list; borrowed
    cdef bint touched           # it is in that list
    cdef bint due
    cdef readonly bint restless  # its turn has begun, and not come to rest()
    cdef bint asleep            # the watch is to tell of the events that are wanted
    cdef bint in_set
    cdef bint watching
    cdef short queued           # POLLIN: receives wait in the queue, POLLOUT: sends do
    cdef short wanted           # what is waited for, by polls as well
    # What would block, and will ring when it would not; only while asleep.
    cdef short armed

    def __init__(self, Reactor reactor not None, Socket socket not None):
        self.handle = socket.handle
        self.reactor = reactor
        if reactor.generation != ohmq_generation:
            # Its descriptors are the parent's as well, which would follow pointers of this process.
            refuse_after_fork("the event loop", "run a new one")
        if not reactor.open:
            raise RuntimeError("the event loop has ended")
        self.watch.owner = <void *> self
        self.watch.touched = engine_touched
        self.watch.sleeping = &self.asleep
        if self.handle.generation != ohmq_generation or self.handle.ptr == NULL:
            return  # closed, or the parent's: every operation says what is wrong
        if self.handle.fd >= 0 and reactor.set >= 0:
            if ohmq_set_add(reactor.set, self.handle.fd, <void *> self) < 0:
                raise OSError(errno, f"the socket cannot be watched: {strerror(errno)}")
            self.in_set = True
        watch_add(self.handle, &self.watch)
        self.watching = True

    def __dealloc__(self):
        if self.watching:
            watch_remove(self.handle, &self.watch)
        leave_set(self)
        if self.touched:
            forget_touched(self)

    @staticmethod
    def find(Reactor reactor, Socket socket not None):
        """The engine of a socket in a loop, where another handle of the socket has made it."""
        cdef Watch *watch = socket.handle.watches
        while watch != NULL:
            if watch.touched == engine_touched and (<NativeEngine> watch.owner).reactor is reactor:
                return <NativeEngine> watch.owner
            watch = watch.next
        return None

    def turn(self):
        """Let the operations go on that can; called by serve()."""
        raise NotImplementedError

    def serve(self) -> None:
        """Call turn() now, in the thread of the loop."""
        serve(self)

    def dismiss(self):
        """Let go of what waits: the loop has ended."""
        raise NotImplementedError

    def ring(self) -> None:
        """Have turn() called in the next turn of the loop; from any thread."""
        ring(self.reactor, self)

    def begin(self) -> None:
        """The operations are being served: calls of our own need not be told."""
        self.restless = True
        self.asleep = False
        self.armed = 0

    def keep_awake(self) -> None:
        """Have a turn that is entered inside of this one take up what this one leaves."""
        if not self.reactor.woken:
            ohmq_lock_acquire(&self.reactor.lock)
            wake_reactor(self.reactor)
            ohmq_lock_release(&self.reactor.lock)

    def will_rest(self) -> bool:
        """Whether the queues may change without rest(): this turn, or one inside of it, calls it.

        An inner turn comes only where the waker says that it has something to do.
        """
        if not self.reactor.woken or self not in self.reactor.serving:
            return False
        self.restless = True
        return True

    def emptied(self, short queue) -> None:
        """Nobody waits in a queue any more: who comes next need not stand in line."""
        self.queued &= ~queue

    def rest(self, short queued, short wanted) -> int:
        """Wait for what is wanted; the events of it that are there already.

        All of it where the socket can tell no events any more: each operation learns why.
        """
        cdef int events = 0
        cdef int error
        if wanted and not self.wanted:
            self.reactor.waiting.add(self)
        elif self.wanted and not wanted:
            self.reactor.waiting.discard(self)
        self.restless = False
        self.queued, self.wanted = queued, wanted
        self.watch.events = wanted
        if not wanted:
            self.asleep = False
            self.armed = 0
            return 0
        if not wanted & ~self.armed:
            return 0  # tried a moment ago, and what has happened since has rung
        if self.handle.generation != ohmq_generation:
            return wanted
        error = look(self, &events, True)
        return wanted if error else events & wanted

    def events(self) -> int:
        """What EVENTS says."""
        cdef int events = 0
        cdef int error
        self.reactor.used += 1
        enter(self.handle)
        error = events_of(self.handle, &events)
        leave(self.handle)
        if error:
            fail(error)
        return events

    def timeout_ms(self, bint sending) -> int:
        """SNDTIMEO or RCVTIMEO of the socket."""
        return get_option(self.handle, ZMQ_SNDTIMEO if sending else ZMQ_RCVTIMEO)

    @property
    def order(self) -> int:
        """The number of the part that was received last; the one before it had one less."""
        return self.handle.order

    def put_back(self, parts, int64_t order) -> None:
        """Put back what a receive has given, the last part of which had that number (rule 4)."""
        put_back_received(self.handle, parts, False, None, order)

    @property
    def spent(self) -> bool:
        """Whether others should have their turn (rule 5)."""
        return is_spent(self.reactor)

    # ---- operations that do not wait: a result or WOULD_BLOCK ----

    def try_recv(self, int flags=0, bint copy=True, bint track=False):
        """As Socket.recv."""
        if not may_receive(self, flags):
            return _would_block
        flags = (flags | TRYING) & ~FROM_QUEUE
        if copy:
            got = receive_bytes(self.handle, flags)
        else:
            got = receive_frame(self.handle, flags, track)
        if got is _would_block and not flags & ZMQ_DONTWAIT:
            arm(self)
        return got

    def try_recv_multipart(self, int flags=0, bint copy=True, bint track=False):
        """As Socket.recv_multipart."""
        if not may_receive(self, flags):
            return _would_block
        got = receive_list(self.handle, (flags | TRYING) & ~FROM_QUEUE, copy, track)
        if got is _would_block and not flags & ZMQ_DONTWAIT:
            arm(self)
        return got

    def try_recv_many(self, Py_ssize_t limit, int flags=0, bint multipart=False, mores=None):
        """As Socket.recv_many; mores: see receive_many."""
        if not may_receive(self, flags):
            return _would_block
        got = receive_many(self.handle, limit, (flags | TRYING) & ~FROM_QUEUE, multipart, mores)
        if got is not _would_block:
            self.reactor.used += PyList_GET_SIZE(<list> got)
        return got

    def try_recv_into(self, buffer, nbytes=0, int flags=0):
        """As Socket.recv_into; the part itself, as a frame."""
        if not may_receive(self, flags):
            return _would_block
        cdef Frame frame = Frame.__new__(Frame)
        flags = (flags | TRYING) & ~FROM_QUEUE
        got = receive_into(self.handle, buffer, nbytes, flags, frame)
        return got if got is _would_block else frame

    def try_send(self, data, int flags=0, bint copy=True, bint track=False, routing_id=None,
                 group=None, Py_ssize_t threshold=_copy_threshold):
        """As Socket.send."""
        if not may_send(self, flags):
            return _would_block
        flags &= ~OURS
        if (
            PyBytes_CheckExact(data) and PyBytes_GET_SIZE(data) < threshold
            and copy and routing_id is None and group is None
            and try_send_bytes(self.handle, data, flags)
        ):
            return None
        return send_one(self.handle, data, flags | TRYING, copy, track, threshold, routing_id,
                        group)

    def try_send_multipart(self, msg_parts, int flags=0, bint copy=True, bint track=False,
                           Py_ssize_t threshold=_copy_threshold):
        """As Socket.send_multipart."""
        if not may_send(self, flags):
            return _would_block
        return send_list(self.handle, list(msg_parts), (flags & ~OURS) | TRYING, copy, track,
                         threshold)

    def try_send_many(self, list messages, int flags=0, Py_ssize_t threshold=_copy_threshold):
        """How many of the messages could be sent now."""
        if not may_send(self, flags):
            return 0
        sent = send_many(self.handle, messages, (flags & ~OURS) | ZMQ_DONTWAIT, threshold)
        self.reactor.used += sent
        return sent


cdef inline void arm(NativeEngine engine) noexcept:
    """A receive would block: from now on, with the GIL still held, all that changes it rings.

    That counts as a look at EVENTS, for a receive that would block has looked at all that libzmq
    knows. A send has not: it looks at the mailbox only now and then.
    """
    engine.armed = ZMQ_POLLIN
    engine.watch.events |= ZMQ_POLLIN
    engine.asleep = True


cdef inline bint may_receive(NativeEngine engine, int flags) noexcept:
    """Whether nobody waits before the caller, and it is not the turn of others (rule 5)."""
    if flags & FROM_QUEUE:
        engine.reactor.used += 1
        return True
    if flags & ZMQ_DONTWAIT:
        pass  # what does not wait stands in no line
    elif engine.queued & ZMQ_POLLIN or is_spent(engine.reactor):
        return False
    engine.reactor.used += 1
    return True


cdef inline bint may_send(NativeEngine engine, int flags) noexcept:
    # Others get their turn after the call: what a program sends and does not await is sent.
    engine.reactor.used += 1
    return flags & FROM_QUEUE or not engine.queued & ZMQ_POLLOUT


cdef void engine_touched(Watch *watch, Touch what) noexcept:
    """A call was made on the socket, or it is being closed."""
    cdef NativeEngine engine = <NativeEngine> watch.owner
    if what == CLOSED:
        leave_set(engine)
    if engine.asleep or (what == CLOSED and engine.wanted):
        ring(engine.reactor, engine)


cdef void leave_set(NativeEngine engine) noexcept:
    if engine.in_set:
        engine.in_set = False
        if engine.reactor.open and engine.reactor.generation == ohmq_generation:
            ohmq_set_remove(engine.reactor.set, engine.handle.fd)


cdef int look(NativeEngine engine, int *events, bint then_sleep) noexcept:
    """Read EVENTS; others hear of it, the engine itself only of what comes later.

    0, or an errno.
    """
    cdef Handle handle = engine.handle
    cdef int error = ENOTSOCK
    engine.asleep = False
    engine.armed = 0
    ohmq_lock_acquire(&handle.lock)
    if handle.ptr != NULL:
        error = events_of(handle, events)
        touch(handle, USED)
    engine.asleep = then_sleep
    ohmq_lock_release(&handle.lock)
    return error


cdef void hush(NativeEngine engine) noexcept:
    """Take an engine that nobody waits for: the descriptor would stay readable for ever."""
    cdef int events
    if look(engine, &events, False):
        leave_set(engine)  # its context is being terminated: operations learn that by themselves
