# Devices: moving messages between two sockets, without the GIL and without copying bodies.
#
# A relay claims the handles of its sockets for as long as it runs, so that any other use of them
# raises (rule 7). A part that it took from one socket and could not hand to the other when it stops
# is put back to the first (rule 4). The loop itself is in relay_loop.pxi.

cdef class Relay:
    """The native half of zmq.devices.Relay, whose docstring has the parameters."""

    def __cinit__(self, *args, **kwargs):
        zmq_msg_init(&self.loop.traffic.directions[0].prefix)
        zmq_msg_init(&self.loop.traffic.directions[1].prefix)
        self.generation = ohmq_generation

    def __init__(self, in_socket, out_socket, mon_socket=None, control_socket=None, *,
                 in_prefix=b"in", out_prefix=b"out", swap=None, waits=False, events=(),
                 drops_silently=False, intake=(), cache=None):
        given = (in_socket, out_socket, mon_socket, control_socket)
        for name, socket in zip(("in_socket", "out_socket", "mon_socket", "control_socket"), given):
            if socket is None and name in ("mon_socket", "control_socket"):
                continue
            if not isinstance(socket, Socket):
                raise TypeError(f"{name} must be a zmq.Socket, not {type(socket).__name__}")
        self.sockets = given
        self.events = events
        if cache is not None:
            most_entries, most_bytes = cache
            self.set_cache(most_entries, most_bytes)
        self.places = [(socket, place_of((<Socket> socket).handle, as_address(endpoint)))
                       for socket, endpoint in intake]
        self.loop.monitor.drops_silently = drops_silently
        self.loop.monitor.waits_for_it = waits and mon_socket is not None
        self.prefixes = (as_prefix(in_prefix), as_prefix(out_prefix))
        self.finished = new_event()
        self.finished.set()
        cdef Handle first = (<Socket> in_socket).handle
        cdef Handle second = (<Socket> out_socket).handle
        if swap is None:
            swap = first is not second and first.type == second.type == ZMQ_ROUTER
        self.loop.traffic.swap = swap
        check(ohmq_waker_open(&self.loop.orders.waker))

    def __dealloc__(self):
        ohmq_waker_close(&self.loop.orders.waker)
        zmq_msg_close(&self.loop.traffic.directions[0].prefix)
        zmq_msg_close(&self.loop.traffic.directions[1].prefix)
        for i in range(2):
            free(self.loop.side.connections[i].states)
            free(self.loop.side.connections[i].numbers)
        free(self.loop.clients.table)
        clear_cache(&self.loop.cache)

    def run(self, started=None, *, terminate_stall_s=0.0) -> None:
        """Move messages; blocks, without the GIL, until the relay is ended.

        Returns after stop(), and after TERMINATE on the control socket.

        Parameters
        ----------
        started : callable, optional
            Called when the sockets belong to the relay, before the first message moves.
        terminate_stall_s : float, optional
            Whether TERMINATE drains as stop() does, and with which `stall_s`; 0 ends at once.

        Raises
        ------
        ContextTerminated
            The context of a socket was terminated.
        ZMQError
            ENOTSOCK: a socket was closed; EBUSY: one is in another relay.
        """
        cdef Ending ending
        cdef int error
        cdef RelayLoop *loop = &self.loop
        loop.monitor.peers_known_by = 0
        if self.sockets[2] is not None and (len(self.events) < 3 or self.events[2] is None):
            loop.monitor.peers_known_by = monitor_that_knows_peers(self.sockets[2])
        self.claim_sockets()
        loop.control.terminate_stall_ns = <int64_t> (terminate_stall_s * 1e9)
        try:
            if started is not None:
                started()
            while self.running:
                if loop.signals_due:
                    loop.signals_due = ohmq_now() + SIGNALS_NS
                with nogil:
                    ohmq_store_int(&loop.orders.at_work, 1)
                    ending = run_relay_loop(loop)
                    error = loop.monitor.failure or c_errno() if ending == FAILED else 0
                    ohmq_store_int(&loop.orders.at_work, 0)
                if ending != INTERRUPTED:
                    break
                PyErr_CheckSignals()
                if not self.running:
                    fail(ENOTSOCK, "a signal handler closed a socket of the device")
                if loop.drain.intake == INTAKE_DUE:
                    self.end_intake()
        finally:
            if loop.drain.refuses and loop.drain.intake != INTAKE_ENDED:
                refuse_connections(loop, False)
            self.release_sockets()
        if ending == FAILED:
            fail(error)

    def stop(self, drain_s=0.0, *, stall_s=None) -> None:
        """End run(): it returns soon. Any thread and any signal handler may call it.

        Parameters
        ----------
        drain_s : float, optional
            Seconds in which what the sockets have received is still handed on; None for as long as
            it takes. Called again, the shorter time counts.
        stall_s : float, optional
            Seconds without any progress after which that ends early.
        """
        cdef int64_t until = INT64_MAX
        cdef int64_t stall_ns = INT64_MAX // 2
        if drain_s is not None:
            until = ohmq_now() + <int64_t> (min(drain_s, 1e9) * 1e9) if drain_s > 0 else 0
        if stall_s is not None:
            stall_ns = <int64_t> (min(max(stall_s, 0.0), 1e9) * 1e9)
        order_end(&self.loop, until, stall_ns)
        ohmq_waker_wake(&self.loop.orders.waker)

    def join(self, timeout=None) -> bool:
        """Wait until run() has returned its sockets; False when timeout (seconds) came first."""
        if not Py_IsInitialized():
            return self.abandon()  # the thread of run() runs no Python any more
        # In the child of a fork no thread runs it.
        return self.generation != ohmq_generation or self.finished.wait(timeout)

    def _end(self) -> None:
        """Have the sockets returned, for one of them to be closed."""
        if self.thread == PyThread_get_thread_ident():
            self.release_sockets()  # a signal handler, in the middle of run()
        else:
            self.stop()
            self.finished.wait()

    def pause(self) -> None:
        """Take no more messages until resume(). Any thread may call it."""
        ohmq_store_int(&self.loop.orders.paused, 1)
        ohmq_waker_wake(&self.loop.orders.waker)

    def resume(self) -> None:
        """Undo pause(). Any thread may call it."""
        ohmq_store_int(&self.loop.orders.paused, 0)
        ohmq_waker_wake(&self.loop.orders.waker)

    def paused(self) -> bool:
        """Whether pause(), or PAUSE on the control socket, is in force."""
        return ohmq_load_int(&self.loop.orders.paused) != 0

    def emptied(self) -> bool:
        """Whether the last run() ended with nothing left to hand on: after stop() with drain_s."""
        return self.loop.drain.emptied

    def _was_holding(self) -> bool:
        """Whether the last run() ended with something that no target had taken."""
        return self.held

    def _asked(self):
        """The socket that requests come from, if it is one that has them answered."""
        return self.sockets[self.loop.drain.requests] if self.loop.drain.requests >= 0 else None

    def _counters(self) -> dict:
        """The fields of RelayStats: `_in` is from in to out, `_out` is from out to in."""
        cdef Direction *in_to_out = &self.loop.traffic.directions[0]
        cdef Direction *out_to_in = &self.loop.traffic.directions[1]
        return {
            "messages_in": ohmq_load_long(&in_to_out.messages),
            "bytes_in": ohmq_load_long(&in_to_out.bytes),
            "messages_out": ohmq_load_long(&out_to_in.messages),
            "bytes_out": ohmq_load_long(&out_to_in.bytes),
            "monitor_dropped": (ohmq_load_long(&in_to_out.monitor_dropped)
                                + ohmq_load_long(&out_to_in.monitor_dropped)),
        }

    def _gauges(self) -> dict:
        """The fields of DeviceStats that change with time, without any traffic."""
        cdef RelayLoop *loop = &self.loop
        cdef int64_t now = ohmq_load_long(&loop.meter.ended) or ohmq_now()
        cdef int64_t begun = ohmq_load_long(&loop.meter.begun)
        cdef double per_s[4]
        cdef int64_t since
        blocked = []
        for i in range(2):
            since = ohmq_load_long(&loop.traffic.directions[i].blocked_since)
            ongoing = max(now - since, 0) if since else 0
            blocked_ns = ohmq_load_long(&loop.traffic.directions[i].blocked_ns) + ongoing
            blocked.append(blocked_ns / 1e9)
        rates(loop, now, per_s)
        peers = [None if loop.side.events[i] == NULL else ohmq_load_int(&loop.side.peers[i])
                 for i in range(2)]
        seconds = (now - begun) / 1e9 if begun else 0.0
        open_requests = unanswered(loop) if begun and loop.drain.requests >= 0 else None
        return {
            "blocked_in_s": blocked[0],
            "blocked_out_s": blocked[1],
            "seconds": seconds,
            "messages_in_per_s": per_s[0],
            "bytes_in_per_s": per_s[1],
            "messages_out_per_s": per_s[2],
            "bytes_out_per_s": per_s[3],
            "peers_in": peers[0],
            "peers_out": peers[1],
            "unanswered": open_requests,
        }

    def _cache_counters(self) -> dict:
        """The fields of DeviceStats of a cache; empty where it has none."""
        cdef ValueCache *cache = &self.loop.cache
        if not cache.most_entries:
            return {}
        return {
            "cache_entries": ohmq_load_long(&cache.entries),
            "cache_bytes": ohmq_load_long(&cache.bytes),
            "cache_evicted": ohmq_load_long(&cache.evicted),
            "cache_replayed": ohmq_load_long(&cache.replayed),
        }

    cdef int set_cache(self, most_entries, most_bytes) except -1:
        if most_entries < 1 or most_bytes < 1:
            raise ValueError("a cache holds at least 1 message and 1 byte")
        if (<Socket> self.sockets[1]).handle.type != ZMQ_XPUB:
            raise ValueError("a cache needs an XPUB as out_socket")
        self.loop.cache.most_entries = most_entries
        self.loop.cache.most_bytes = most_bytes
        return 0

    cdef bint abandon(self) noexcept:
        """End the loop of a thread that will not run Python again; False if it goes on."""
        cdef int64_t until = ohmq_now() + LOCK_NS
        ohmq_store_int(&self.loop.orders.stopping, STOP_NOW)
        ohmq_waker_wake(&self.loop.orders.waker)
        while ohmq_load_int(&self.loop.orders.at_work) and ohmq_now() < until:
            ohmq_wait(NULL, 0, ohmq_now() + 1000000)
        return not ohmq_load_int(&self.loop.orders.at_work)

    cdef int claim_sockets(self) except -1:
        """Claim the sockets: from here on any other use of them raises."""
        cdef Handle handle
        cdef RelayLoop *loop = &self.loop
        handles = []
        for socket in (*self.sockets, *self.events):
            if socket is not None:
                handle = (<Socket> socket).handle
                if handle not in handles:
                    handles.append(handle)
        for handle in handles:
            need_descriptor(handle, "a device")
        with cython.critical_section(self):
            if self.running:
                raise RuntimeError("the relay is running already")
            self.running = True
        ohmq_store_int(&loop.orders.stopping, 0)
        ohmq_waker_clear(&loop.orders.waker)
        self.handles = handles
        self.thread = PyThread_get_thread_ident()
        # Before the first is claimed: a thread that closes it then waits for this event.
        self.finished.clear()
        self.loop.traffic.n_directions = 0
        try:
            for handle in self.handles:
                enter(handle)  # raises for one that is closed or in use
                ohmq_store_pointer(&handle.claimed, handle.ptr)
                ohmq_store_pointer(&handle.ptr, NULL)
                extras_of(handle).relay = self
                leave(handle)
            self.prepare_loop()
        except BaseException:
            self.release_sockets()
            raise
        return 0

    cdef int prepare_loop(self) except -1:
        cdef RelayLoop *loop = &self.loop
        cdef Handle first = (<Socket> self.sockets[0]).handle
        cdef Handle second = (<Socket> self.sockets[1]).handle
        cdef Handle handle
        loop.traffic.n_directions = 1 if first is second else 2
        self.prepare_direction(0, first, second)
        self.prepare_direction(1, second, first)
        loop.monitor.socket = loop.control.socket = NULL
        if self.sockets[2] is not None:
            loop.monitor.socket = (<Socket> self.sockets[2]).handle.claimed
        if self.sockets[3] is not None:
            handle = (<Socket> self.sockets[3]).handle
            loop.control.socket = handle.claimed
            loop.control.replies = handle.type == ZMQ_REP
        self.set_interests()
        self.set_drain()
        loop.monitor.failure = 0
        loop.now = ohmq_now()
        loop.side.due = 0
        ohmq_store_long(&loop.meter.begun, loop.now)
        ohmq_store_long(&loop.meter.ended, 0)
        ohmq_store_long(&loop.meter.last_move, 0)
        poll_side_sockets(loop)
        take_sample(loop)
        from threading import main_thread
        main = main_thread().ident
        loop.signals_due = 1 if PyThread_get_thread_ident() == main else 0
        return 0

    cdef int prepare_direction(self, int i, Handle source, Handle target) except -1:
        cdef Direction *direction = &self.loop.traffic.directions[i]
        prefix = self.prefixes[i]
        direction.prefixed = prefix is not None
        set_prefix(&direction.prefix, prefix or b"")
        direction.source = source.claimed
        direction.target = target.claimed
        direction.unread = &source.unread
        direction.n_held = 0
        direction.source_state = SOURCE_OPEN
        direction.target_state = BETWEEN_MESSAGES
        direction.copy_state = NO_COPY
        ohmq_store_long(&direction.blocked_since, 0)
        # A subscriber gets what is sent as long as it listens, and no more; what comes from an XPUB
        # are subscriptions, which end with it.
        direction.ends_anywhere = source.type in (ZMQ_SUB, ZMQ_XSUB, ZMQ_XPUB)
        return 0

    cdef int set_drain(self) except -1:
        """Prepare for the end, by the types of the sockets."""
        cdef RelayLoop *loop = &self.loop
        cdef Drain *drain = &loop.drain
        cdef int types[2]
        cdef int i
        drain.looked = drain.refuses = drain.abrupt = drain.emptied = False
        drain.intake = INTAKE_OPEN if self.places else NO_INTAKE
        drain.requests = -1
        for i in range(2):
            types[i] = (<Socket> self.sockets[i]).handle.type
            self.set_connections(i)
        self.set_clients(types)
        return 0

    cdef int set_clients(self, int *types) except -1:
        """Prepare to know which clients wait for answers, where the types are those of a queue."""
        cdef RelayLoop *loop = &self.loop
        cdef Connections *connections
        cdef int i
        loop.clients.wanted = loop.clients.stale = False
        for i in range(2 if loop.traffic.n_directions == 2 else 0):
            if types[i] in (ZMQ_ROUTER, ZMQ_REP) and types[1 - i] in (ZMQ_DEALER, ZMQ_REQ):
                loop.drain.requests = i
                loop.drain.requests_before = loop.traffic.directions[i].messages
                loop.drain.answers_before = loop.traffic.directions[1 - i].messages
                connections = &loop.side.connections[i]
                connections.wanted = loop.side.events[i] != NULL
                loop.clients.wanted = types[i] == ZMQ_ROUTER
                ohmq_store_long(&loop.clients.open, 0)
                if loop.clients.size:
                    memset(loop.clients.table, 0, loop.clients.size * sizeof(Client))
                    loop.clients.used = 0
        return 0

    cdef int set_connections(self, int i) except -1:
        """Prepare to see the peers of a socket off."""
        cdef Connections *connections = &self.loop.side.connections[i]
        places = [place for socket, place in self.places if socket is self.sockets[i]]
        connections.takes = bool(places)
        connections.wanted = (connections.takes and len(places) <= PLACES
                              and ohmq_connection_can_be_held and self.loop.side.events[i] != NULL)
        connections.n_places = len(places) if connections.wanted else 0
        for k in range(connections.n_places):
            connections.places[k] = <const char *> <bytes> places[k]
        return 0

    cdef int end_intake(self) except -1:
        """Take no more from outside. What was received can still be read."""
        cdef Handle handle
        self.loop.drain.intake = INTAKE_ENDED
        for socket, place in self.places:
            handle = (<Socket> socket).handle
            zmq_unbind(handle.claimed, <const char *> <bytes> place)
        return 0

    cdef int set_interests(self) except -1:
        """List the descriptors to sleep on: those of the traffic, then of the side sockets."""
        cdef RelayLoop *loop = &self.loop
        cdef Sleep *sleep = &loop.sleep
        cdef Handle handle
        cdef int i
        memset(&sleep.busy_wait, 0, sizeof(sleep.busy_wait))
        sleep.n_interests = 0
        add_interest(sleep, loop.orders.waker.read_fd)
        for socket in {id(socket): socket for socket in self.sockets}.values():
            # The monitor is only sent to, and mostly that never waits.
            if socket is not None and (loop.monitor.waits_for_it
                                       or (<Socket> socket).handle.claimed != loop.monitor.socket):
                handle = (<Socket> socket).handle
                add_interest(sleep, handle.fd, handle.signaler != NULL)
                extend_limit(&sleep.busy_wait, handle)
        sleep.n_traffic = sleep.n_interests
        loop.monitor.is_xpub = False
        if loop.monitor.socket != NULL:
            handle = (<Socket> self.sockets[2]).handle
            loop.monitor.is_xpub = handle.type == ZMQ_XPUB
            if loop.monitor.is_xpub and not loop.monitor.waits_for_it:
                add_interest(sleep, handle.fd)
        for i in range(3):
            loop.side.events[i] = NULL
            if i < len(self.events) and self.events[i] is not None:
                handle = (<Socket> self.events[i]).handle
                loop.side.events[i] = handle.claimed
                add_interest(sleep, handle.fd)
        return 0

    cdef int release_sockets(self) except -1:
        """Return the sockets, and what was taken from them and not delivered."""
        cdef Handle handle
        cdef Direction *direction
        cdef int i
        self.held = False
        for i in range(2):
            self.held = self.held or self.loop.traffic.directions[i].n_held != 0
        for handle in self.handles:
            if handle.extras is None or handle.extras.relay is not self:
                continue  # claim_sockets() has not come as far as this one
            ohmq_lock_acquire(&handle.lock)
            ohmq_store_pointer(&handle.ptr, handle.claimed)
            ohmq_store_pointer(&handle.claimed, NULL)
            handle.extras.relay = None
            for i in range(self.loop.traffic.n_directions):
                direction = &self.loop.traffic.directions[i]
                if direction.source == handle.ptr and direction.n_held:
                    if direction.target_state == BETWEEN_MESSAGES:
                        if direction.n_held == HEAD:
                            swap_head(direction)
                        put_back_parts(handle, direction.held, direction.n_held,
                                       direction.rest_follows)
                    direction.n_held = 0
            leave(handle)
        self.handles = []
        self.running = False
        ohmq_store_long(&self.loop.meter.ended, ohmq_now())
        self.finished.set()
        return 0


cdef bytes place_of(Handle handle, bytes text):
    """Where the socket is bound that was told to bind there."""
    ohmq_lock_acquire(&handle.lock)
    try:
        return bound_by(handle, text)
    finally:
        ohmq_lock_release(&handle.lock)


cdef inline void add_interest(Sleep *sleep, int64_t fd, bint stays_readable=False) noexcept:
    sleep.interests[sleep.n_interests].fd = fd
    sleep.interests[sleep.n_interests].events = ZMQ_POLLIN
    sleep.interests[sleep.n_interests].ready = 0
    sleep.stays_readable[sleep.n_interests] = stays_readable
    sleep.n_interests += 1


cdef int set_prefix(zmq_msg_t *message, bytes prefix) except -1:
    """Make it a message, which is copied by counting references."""
    zmq_msg_close(message)  # that of an earlier run
    if zmq_msg_init_size(message, len(prefix)) < 0:
        zmq_msg_init(message)
        raise MemoryError
    memcpy(zmq_msg_data(message), PyBytes_AS_STRING(prefix), len(prefix))
    return 0


cdef object as_prefix(object prefix):
    if isinstance(prefix, str):
        return prefix.encode("utf-8")
    if prefix is None or isinstance(prefix, bytes):
        return prefix
    raise TypeError(f"a prefix is bytes or str, not {type(prefix).__name__}")
