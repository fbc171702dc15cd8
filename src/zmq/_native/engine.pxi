# The native half of zmq.core.engine.Engine: the operations that wait for one socket in one event
# loop. This file alone has their queues and the state of the wait; the Python half says how callers
# are woken, and when time is over. Methods are called in the thread of the loop.
#
#   IDLE       no operation waits
#   WAITING    operations wait; EVENTS had nothing for them when it was read
#   SERVING    a turn is under way: program code runs that may enqueue, dequeue and run the loop
#
#   from       event                           to         action
#   IDLE       enqueue(), then settle()        WAITING    EVENTS is read, unless the watch is armed
#   WAITING    it is due: begin_turn()         SERVING    the watch tells of nothing
#   WAITING    dequeue(), then settle()        IDLE       if nothing is left; else EVENTS is read
#   SERVING    settle(): operations are left   WAITING    EVENTS is read, unless the watch is armed
#   SERVING    settle(): nothing is left       IDLE
#   SERVING    changed(), in a turn that is    SERVING    none: that turn calls settle()
#              entered again
#   any        dismiss()                       IDLE       the loop has ended
#
# settle() gives the events that are there already: then the turn goes on, or the engine is due.
#
#              asleep    armed
#   IDLE       no        0
#   WAITING    yes       what was armed before settle()
#   SERVING    no        0
#
# asleep says that the watch rings the reactor for events that are wanted. armed says for which
# events an attempt has just found nothing, and has put the watch to sleep: arm(). In IDLE that
# lasts until the caller has enqueued its operation; if not, clear_mailbox() undoes it. `queued`
# follows the queues in every state: a caller that finds its bit set has to wait behind others.

from collections import OrderedDict as _OrderedDict


@cython.no_gc_clear  # its handle has a pointer to it, until it is deallocated
cdef class NativeEngine:
    """NativeEngine(reactor, socket)\n--\n
    Serves the operations that wait for a socket in an event loop (rule 3).

    The base of :class:`zmq.core.engine.Engine`. The socket may be used by any thread.
    """

    def __cinit__(self):
        self.receives, self.sends, self.polls = _OrderedDict(), _OrderedDict(), _OrderedDict()
        self.known_as = _weak_reference(self)

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
        if not is_usable(self.handle):
            return  # closed, or the parent's: every operation says what is wrong
        need_descriptor(self.handle, "an event loop")
        ohmq_lock_acquire(&self.handle.lock)
        try:
            if self.handle.ptr != NULL:  # no thread has closed it just now
                enter_set(self)
                watch_add(self.handle, &self.watch)
                self.watching = True
        finally:
            ohmq_lock_release(&self.handle.lock)

    def __dealloc__(self):
        if self.watching:
            watch_remove(self.handle, &self.watch)
        if self.reactor is not None:
            leave_set(<void *> self)
            if self.touched:
                forget_touched(self)

    @staticmethod
    def find(Reactor reactor, Socket socket not None):
        """The engine of a socket in a loop, where another handle of the socket has made it."""
        cdef Watch *watch
        found = None
        ohmq_lock_acquire(&socket.handle.lock)
        watch = socket.handle.watches
        while watch != NULL and found is None:
            if watch.touched == engine_touched and (
                <void *> (<NativeEngine> watch.owner).reactor == <void *> reactor
            ):
                found = (<NativeEngine> watch.owner).known_as()  # None: it is about to go
            watch = watch.next
        ohmq_lock_release(&socket.handle.lock)
        return found

    # ---- the queues ----

    def enqueue(self, operation, QueueKind kind) -> None:
        """Have an operation wait that would block just now: RECEIVES, SENDS or POLLS."""
        queue = self.receives if kind == RECEIVES else self.sends if kind == SENDS else self.polls
        operation.queue = queue
        queue[operation] = self.passes
        self.queued |= <short> kind

    def dequeue(self, operation) -> None:
        """Have an operation wait no longer; call changed(), unless a turn goes on."""
        queue = operation.queue
        del queue[operation]
        operation.queue = operation.socket = None
        if not self.receives:
            self.queued &= ~RECEIVES
        if not self.sends:
            self.queued &= ~SENDS

    def changed(self) -> None:
        """Go by what the queues hold now."""
        if not turn_will_settle(self) and settle(self):
            ring(<void *> self)

    def serve(self) -> None:
        """Let the operations go on that can, now."""
        serve(self)

    def dismiss(self) -> None:
        """Let go of the operations: the loop has ended, and their callers never go on."""
        for queue in (self.receives, self.sends, self.polls):
            for operation in list(queue):
                try:
                    operation.leave()
                except Exception:
                    pass  # of timers of a loop that is no more
        settle(self)

    def look_first(self) -> None:
        """Have the loop look before it sleeps (Reactor.look)."""
        raise NotImplementedError

    # ---- the turn ----

    def ring(self) -> None:
        """Have the operations tried in the next turn of the loop; from any thread."""
        ring(<void *> self)

    def read_events_again(self) -> None:
        """Have settle() read EVENTS, whatever the last attempts have found."""
        begin_turn(self)

    def keep_awake(self) -> None:
        """Have a turn that is entered inside of this one take up what this one leaves."""
        keep_awake(self)

    @property
    def spent(self) -> bool:
        """Whether others should have their turn (rule 5)."""
        return is_spent(self.reactor)

    # ---- the socket ----

    def events(self) -> int:
        """The EVENTS of the socket, now."""
        cdef EventsRead look
        self.reactor.used += 1
        enter(self.handle)
        look_at(self.handle, &look)
        leave_looked(self.handle, &look)
        if look.error:
            fail(look.error, unlocked_failure_of(self.handle, "poll"))
        return look.events

    def timeout_ms(self, bint sending) -> int:
        """SNDTIMEO or RCVTIMEO of the socket."""
        return get_option(self.handle, ZMQ_SNDTIMEO if sending else ZMQ_RCVTIMEO)

    @property
    def order(self) -> int:
        """The number of the part that was received last; the one before it had one less."""
        return self.received.order

    def put_back(self, parts, int64_t order) -> None:
        """Put back what a receive has given, the last part of which had that number (rule 4)."""
        put_back_received(self.handle, parts, False, None, order)

    # ---- operations that do not wait: a result or WOULD_BLOCK ----

    def try_recv(self, int flags=0, bint copy=True, bint track=False):
        """As Socket.recv."""
        if not may_receive(self, flags):
            return _would_block
        flags = (flags | TRYING) & ~FROM_QUEUE
        if copy:
            got = receive_bytes(self.handle, flags, &self.received)
        else:
            got = receive_frame(self.handle, flags, track, &self.received)
        if got is _would_block and not flags & ZMQ_DONTWAIT:
            arm(self)
        return got

    def try_recv_multipart(self, int flags=0, bint copy=True, bint track=False):
        """As Socket.recv_multipart."""
        if not may_receive(self, flags):
            return _would_block
        got = receive_list(self.handle, (flags | TRYING) & ~FROM_QUEUE, copy, track,
                           &self.received)
        if got is _would_block and not flags & ZMQ_DONTWAIT:
            arm(self)
        return got

    def try_recv_many(self, Py_ssize_t limit, int flags=0, bint multipart=False, mores=None):
        """As Socket.recv_many; mores: see receive_many."""
        if not may_receive(self, flags):
            return _would_block
        got = receive_many(self.handle, limit, (flags | TRYING) & ~FROM_QUEUE, multipart,
                           &self.received, mores)
        if got is not _would_block:
            self.reactor.used += PyList_GET_SIZE(<list> got)
        return got

    def try_recv_into(self, buffer, nbytes=0, int flags=0):
        """As Socket.recv_into; the part itself, as a frame."""
        if not may_receive(self, flags):
            return _would_block
        cdef Frame frame = Frame.__new__(Frame)
        flags = (flags | TRYING) & ~FROM_QUEUE
        got = receive_into(self.handle, buffer, nbytes, flags, &self.received, frame)
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


# ---- the state ----------------------------------------------------------------------------------

cdef inline void begin_turn(NativeEngine engine) noexcept:
    """SERVING: calls of our own need not be told."""
    engine.state = ENGINE_SERVING
    ohmq_store_int(<int *> &engine.asleep, False)
    engine.armed = 0


cdef inline bint turn_will_settle(NativeEngine engine) except -1:
    """Whether a turn goes on that calls settle(): this one, or one that is entered inside of it.

    An inner turn comes only where the waker says that it has something to do.
    """
    if not engine.reactor.woken or engine not in engine.reactor.serving:
        return False
    engine.state = ENGINE_SERVING
    return True


cdef int settle(NativeEngine engine) except? -1:
    """WAITING for what the queues want, or IDLE; the events of it that are there already.

    All of it where the socket can tell no events any more: each operation learns why.
    """
    cdef EventsRead found
    cdef short wanted = engine.queued
    for operation in engine.polls:
        wanted |= <short> operation.events
    if wanted and not engine.wanted:
        engine.reactor.waiting.add(engine)
    elif engine.wanted and not wanted:
        engine.reactor.waiting.discard(engine)
    engine.state = ENGINE_WAITING if wanted else ENGINE_IDLE
    engine.wanted = engine.watch.events = wanted
    if not wanted:
        ohmq_store_int(<int *> &engine.asleep, False)
        engine.armed = 0
        return 0
    if begins_to_look(engine.reactor, loop_limit_of(engine.handle)):
        engine.look_first()
    if not wanted & ~engine.armed:
        return 0  # tried a moment ago, and what has happened since has rung
    if engine.handle.generation != ohmq_generation:
        return wanted
    look(engine, &found, True)
    return wanted if found.error else found.events & wanted


cdef inline void arm(NativeEngine engine) noexcept:
    """A receive would block: from now on, with the GIL still held, all that changes it rings.

    That counts as a look at EVENTS, for a receive that would block has looked at all that libzmq
    knows. A send has not: it looks at the mailbox only now and then. Without the GIL another thread
    may have used the socket meanwhile: there settle() reads EVENTS.
    """
    if OHMQ_FREE_THREADED:
        return
    engine.armed = ZMQ_POLLIN
    engine.watch.events |= ZMQ_POLLIN
    ohmq_store_int(<int *> &engine.asleep, True)


cdef void look(NativeEngine engine, EventsRead *found, bint then_sleep) noexcept:
    """Read EVENTS; other watches are told of it, this one only of what comes later."""
    cdef Handle handle = engine.handle
    ohmq_store_int(<int *> &engine.asleep, False)
    engine.armed = 0
    ohmq_lock_acquire(&handle.lock)
    look_at(handle, found)
    if handle.ptr != NULL:
        tell(handle, USED, found)
    ohmq_store_int(<int *> &engine.asleep, then_sleep)
    ohmq_lock_release(&handle.lock)


cdef void clear_mailbox(NativeEngine engine) noexcept:
    """Empty the mailbox of an IDLE engine: the descriptor would stay readable for ever."""
    cdef EventsRead found
    look(engine, &found, False)
    if found.error:
        leave_set(<void *> engine)  # its context ends: operations learn that by themselves


cdef void engine_touched(Watch *watch, Touch what) noexcept:
    """A call was made on the socket, or it is being closed."""
    cdef void *engine = watch.owner
    if what == CLOSED:
        leave_set(engine)
    if (<NativeEngine> engine).asleep or (what == CLOSED and (<NativeEngine> engine).wanted):
        ring(engine)


cdef int enter_set(NativeEngine engine) except -1:
    """Have the descriptor of the reactor tell of the socket. Called with the lock of the handle.

    epoll keeps a borrowed pointer: leave_set() takes it out, when the engine goes at the latest.
    """
    cdef int error = 0
    ohmq_lock_acquire(&engine.reactor.lock)
    if engine.reactor.set >= 0:
        if ohmq_set_add(engine.reactor.set, engine.handle.fd, <void *> engine) < 0:
            error = errno
        engine.in_set = error == 0
    ohmq_lock_release(&engine.reactor.lock)
    if error:
        raise OSError(error, f"the socket cannot be watched: {strerror(error)}")
    return 0


cdef void leave_set(void *engine) noexcept:
    cdef void *reactor = <void *> (<NativeEngine> engine).reactor
    cdef bint locked = ohmq_lock_to_leave(&(<Reactor> reactor).lock)
    if (<NativeEngine> engine).in_set:
        (<NativeEngine> engine).in_set = False
        if (<Reactor> reactor).open and (<Reactor> reactor).generation == ohmq_generation:
            ohmq_set_remove((<Reactor> reactor).set, (<NativeEngine> engine).handle.fd)
    if locked:
        ohmq_lock_release(&(<Reactor> reactor).lock)


cdef inline void keep_awake(NativeEngine engine) noexcept:
    if not engine.reactor.woken:
        ohmq_lock_acquire(&engine.reactor.lock)
        wake_reactor(<void *> engine.reactor)
        ohmq_lock_release(&engine.reactor.lock)


# ---- one turn -----------------------------------------------------------------------------------

cdef int take_turn(NativeEngine engine) except -1:
    """Let the operations go on that can, while the turn of the loop lasts.

    Callers go on in here, and may run the loop by themselves, which enters the turn again.
    """
    cdef int moved, ready
    cdef int idle_passes = 0
    cdef bint sends_tried = False
    while True:
        engine.passes += 1
        begin_turn(engine)
        try:
            moved = serve_queue(engine, engine.receives)
            moved += serve_queue(engine, engine.sends)
            serve_polls(engine)
        except BaseException:
            settle(engine)
            ring(<void *> engine)  # for what is left
            raise
        # Where a caller has come back to wait, an inner turn may have settled the queues already.
        ready = settle(engine) if engine.state == ENGINE_SERVING else 0
        if not ready:
            return 0
        if is_spent(engine.reactor) or idle_passes > 3:
            ring(<void *> engine)
            return 0
        if moved:
            sends_tried, idle_passes = False, 0
        elif ready & ~ZMQ_POLLOUT:
            idle_passes += 1  # it has come since it was tried
        elif not sends_tried:
            sends_tried = True  # a ROUTER tells POLLOUT though one peer's queue is full: so once
        else:
            return 0


cdef int serve_queue(NativeEngine engine, object queue) except -1:
    """Serve a queue in order, until it would block; how many operations have ended."""
    cdef int served = 0
    while queue:
        operation = next(iter(queue))
        if queue[operation] == engine.passes:
            break  # a caller that went on in this pass has come back, and would block
        taken = error = None
        try:
            taken = operation.attempt()
            if taken is _would_block:
                break
            operation.order = engine.received.order
        except Exception as raised:
            if operation.waits_through_efsm and getattr(raised, "errno", None) == EFSM:
                break
            error = raised
        end_operation(engine, operation, taken, error)
        served += 1
        if is_spent(engine.reactor):
            break
    return served


cdef int serve_polls(NativeEngine engine) except -1:
    """End the polls that have events."""
    cdef int events = 0
    if not engine.polls:
        return 0
    error = None
    try:
        events = engine.events()
    except Exception as raised:
        error = raised
    for operation in list(engine.polls):
        if operation.queue is None:
            continue  # it has ended, while another went on
        if error is not None or events & <int> operation.events:
            end_operation(engine, operation, events & <int> operation.events, error)
    return 0


cdef int end_operation(NativeEngine engine, object operation, object taken, object error) except -1:
    """Have the caller of an operation go on: it may come back, or run the loop by itself."""
    operation.leave()
    if engine.receives or engine.sends or engine.polls:
        keep_awake(engine)
    if error is None:
        operation.succeed(taken)
    else:
        operation.fail(error)
    return 0


# ---- what may be tried now ----------------------------------------------------------------------

cdef inline bint may_receive(NativeEngine engine, int flags) noexcept:
    """Whether no operation waits before the caller, and it need not give way (rule 5)."""
    if flags & FROM_QUEUE:
        engine.reactor.used += 1
        return True
    if flags & ZMQ_DONTWAIT:
        pass  # a caller that does not wait does not queue
    elif engine.queued & ZMQ_POLLIN or is_spent(engine.reactor):
        return False
    engine.reactor.used += 1
    return True


cdef inline bint may_send(NativeEngine engine, int flags) noexcept:
    # Others get their turn after the call: what a program sends and does not await is sent.
    engine.reactor.used += 1
    return flags & FROM_QUEUE or not engine.queued & ZMQ_POLLOUT
