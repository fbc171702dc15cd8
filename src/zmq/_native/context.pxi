# Contexts, and ending them without blocking for ever.

# The one option whose value may be -1; libzmq knows it by this number.
cdef enum:
    SCHED_POLICY = 4

# Contexts that are open: a weak reference to each, by its address.
cdef dict _open_contexts = {}

# Held while a context gets its handle: two threads get the same one.
cdef ohmq_lock _adopting_context


@cython.no_gc  # as with the handles of sockets
cdef class ContextHandle:
    """One libzmq context, shared by its Context and the shadows of it."""

    def __dealloc__(self):
        forget_context(self)
        if self.terminator != NULL:
            drop_terminator(self.terminator)


cdef inline void *context_at(ContextHandle handle) noexcept:
    """The address of the context; NULL once it has been terminated."""
    return ohmq_load_pointer(&handle.ptr)


cdef inline Terminator *terminator_of(ContextHandle handle) noexcept:
    return <Terminator *> ohmq_load_pointer(<void **> &handle.terminator)


cdef void drop_terminator(Terminator *terminator) noexcept nogil:
    if ohmq_drop_reference(&terminator.references) == 0:
        ohmq_waker_close(&terminator.done_waker)
        free(terminator)


cdef void terminate(void *argument) noexcept nogil:
    """Body of the thread that ends a context. Touches no Python object."""
    cdef Terminator *terminator = <Terminator *> argument
    cdef int rc
    while True:
        rc = zmq_ctx_term(terminator.ptr)
        if rc == 0 or c_errno() != EINTR:
            break
    terminator.error = c_errno() if rc < 0 else 0
    ohmq_store_int(&terminator.done, 1)
    ohmq_waker_wake(&terminator.done_waker)
    drop_terminator(terminator)


cdef int forget_context(ContextHandle handle) except -1:
    """Take the context out of the table: it has ended, or has no reference any more."""
    ohmq_lock_acquire(&_adopting_context)
    try:
        address = <size_t> handle.ptr
        if address and _open_contexts.get(address) is handle.known_as:
            _open_contexts.pop(address, None)
        ohmq_store_pointer(&handle.ptr, NULL)
    finally:
        ohmq_lock_release(&_adopting_context)
    return 0


cdef ContextHandle adopt_context(void *ptr, bint is_new=False):
    """The handle of a context. The address of a new one may be that of one that was ended."""
    cdef ContextHandle handle
    ohmq_lock_acquire(&_adopting_context)
    try:
        known = None if is_new else _open_contexts.get(<size_t> ptr)
        handle = None if known is None else known()
        if handle is None or handle.generation != ohmq_generation:
            handle = ContextHandle.__new__(ContextHandle)
            handle.ptr = ptr
            handle.generation = ohmq_generation
            handle.lingering = []
            handle.busy_wait = default_busy_wait()
            handle.known_as = _weak_reference(handle)
            _open_contexts[<size_t> ptr] = handle.known_as
    finally:
        ohmq_lock_release(&_adopting_context)
    return handle


cdef list open_contexts():
    """Handles of the contexts that are open, those that were inherited by a fork included."""
    handles = [known() for known in list(_open_contexts.values())]
    return [handle for handle in handles if handle is not None]


cdef int note_lingering(Handle handle) except -1:
    """Remember a socket that is closed with messages it may not have sent yet."""
    cdef int linger = 0
    cdef size_t size = sizeof(linger)
    if handle.context is None or handle.counters.messages_sent == 0:
        return 0
    zmq_getsockopt(handle.ptr, ZMQ_LINGER, &linger, &size)
    endpoints = handle.bound + handle.connected
    if linger == 0 or not endpoints or endpoints[0].startswith("inproc:"):
        return 0
    notes = handle.context.lingering
    notes.append(f"closed {describe(handle)}: {handle.counters.messages_sent} messages sent, some "
                 f"may still be unsent (LINGER={linger} ms)")
    if len(notes) > 16:
        del notes[0]
    return 0


cdef int require(ContextHandle handle) except -1:
    """Raise unless the context can be used."""
    if handle is None or context_at(handle) == NULL:
        raise RuntimeError("Context has been destroyed: make a new one with zmq.Context()")
    if handle.generation != ohmq_generation:
        refuse_after_fork("Context", "open a new one")
    if terminator_of(handle) != NULL:
        fail(ETERM)  # from here on libzmq may free it at any moment
    return 0


cdef int enter_context(ContextHandle handle) except -1:
    """Begin a call of libzmq with the context, which cannot end before leave_context()."""
    require(handle)
    ohmq_lock_acquire(&handle.lock)
    if context_at(handle) == NULL or handle.terminator != NULL:
        ohmq_lock_release(&handle.lock)
        require(handle)  # raises: neither can be undone
    return 0


cdef inline void leave_context(ContextHandle handle) noexcept:
    ohmq_lock_release(&handle.lock)


cdef int context_option(ContextHandle handle, int option, int *error) except? -1:
    """The value of an option, or -1 with an errno."""
    enter_context(handle)
    cdef int value = zmq_ctx_get(handle.ptr, option)
    error[0] = c_errno() if value < 0 else 0
    leave_context(handle)
    return value


cdef class Context:
    """A libzmq context: its I/O threads, and what its sockets share (zmq_ctx_new(3))."""

    def __init__(self, io_threads=1, shadow=0):
        if isinstance(io_threads, Context):
            io_threads, shadow = 1, io_threads
        if isinstance(shadow, Context):
            self.handle = (<Context> shadow).handle
            return
        if shadow:
            self.handle = adopt_context(<void *> <size_t> shadow)
            return
        cdef int threads = io_threads
        default_busy_wait()  # raises for a wrong one: before there is a context to give back
        cdef void *ptr = zmq_ctx_new()
        if ptr == NULL:
            fail(c_errno())
        if zmq_ctx_set(ptr, ZMQ_IO_THREADS, threads) < 0:
            error = c_errno()
            zmq_ctx_term(ptr)
            fail(error, f"no context has io_threads={io_threads}")
        self.handle = adopt_context(ptr, True)
        self.handle.owned = True
        keep_context(self.handle)

    @property
    def underlying(self) -> int:
        """Address of the libzmq context, for other libraries that speak to it; 0 once closed."""
        return <size_t> context_at(self.handle) if self.handle is not None else 0

    @property
    def closed(self) -> bool:
        """Whether the context has been terminated, by this object."""
        return (self.handle is None
                or ohmq_load_int(&self.ended) != 0 and context_at(self.handle) == NULL)

    def get(self, option: int):
        """Read an integer option of the context (zmq_ctx_get(3))."""
        cdef int number = option
        cdef int error = 0
        cdef int value = context_option(self.handle, number, &error)
        # The policy may be the system's own, which is no error.
        if value < 0 and number != SCHED_POLICY:
            fail(error)
        return value

    def set(self, option: int, optval) -> None:
        """Set an integer option of the context (zmq_ctx_set(3))."""
        cdef int number = option
        number_given = integer_of(optval)
        if number_given is None:
            raise TypeError(f"expected int, got: {optval!r}")
        cdef int value = number_given
        enter_context(self.handle)
        cdef int rc = zmq_ctx_set(self.handle.ptr, number, value)
        cdef int error = c_errno()
        leave_context(self.handle)
        if rc < 0:
            fail(error)

    @property
    def zap_required(self) -> bool:
        """Whether server sockets must have a ZAP handler that answers for their clients.

        Then bind and connect raise ZMQError (EPERM) for a socket of the context that has
        PLAIN_SERVER, CURVE_SERVER, GSSAPI_SERVER or a ZAP_DOMAIN while no handler is bound; one
        that has a ZAP_DOMAIN gets ZAP_ENFORCE_DOMAIN, so that libzmq lets no client in should the
        handler end. All handles of the context share it; it is False at first, and then a
        zmq.ZAPWarning tells of most such sockets.
        """
        require(self.handle)
        return self.handle.zap_required

    @zap_required.setter
    def zap_required(self, value):
        require(self.handle)
        self.handle.zap_required = bool(value)

    def _has_zap_handler(self) -> bool:
        """Whether a ZAP handler is bound; true for contexts of other libraries, which may have one.
        """
        cdef Handle socket
        if not self.handle.owned:
            return True
        for socket in open_handles():
            if socket.context is self.handle and has_inproc_name(socket, b"inproc://zeromq.zap.01"):
                return True
        return False

    def term(self, timeout=None) -> None:
        """End the context once its sockets are closed and what they hold is sent.

        Blocks; sockets that are still open get ContextTerminated from every call meanwhile.
        Interrupted by a signal handler that raises, or out of time, the end goes on in the
        background, and another call waits for it again.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; None waits without end.

        Raises
        ------
        TermTimeout
            Time ran out; the exception lists the sockets that are in the way.
        """
        cdef ContextHandle handle = self.handle
        if handle is None:
            return
        ohmq_store_int(&self.ended, True)
        if context_at(handle) == NULL:
            return
        if handle.generation != ohmq_generation:
            ohmq_store_pointer(&handle.ptr, NULL)  # the parent's; the child only lets go of it
            return
        cdef int64_t deadline = -1
        if timeout is not None:
            # One nanosecond and not nought: nought would mean "no deadline passed yet".
            deadline = ohmq_now() + max(1, int(timeout * 1e9))
        start_terminator(handle)
        if not wait_terminated(handle, deadline):
            fail_term(handle, timeout)

    def _is_over(self) -> bool:
        """Whether the context has been terminated, by whatever object."""
        return self.handle is None or context_at(self.handle) == NULL

    def _is_ending(self) -> bool:
        """Whether term() has been called, and goes on in the background."""
        return self.handle is not None and terminator_of(self.handle) != NULL

    def _owned_here(self) -> bool:
        """Whether the context was made in this process, and not inherited by a fork."""
        return self.handle is not None and self.handle.generation == ohmq_generation

    def _sockets_open(self) -> list:
        """Every socket of the context that is open here."""
        cdef Handle socket
        found = []
        for socket in open_handles():
            if socket.context is self.handle:
                found.append(wrapper_of(socket))
        return found


cdef object wrapper_of(Handle handle):
    """The Socket that opened the handle, or a new shadow where that one is gone."""
    cdef Socket shadow
    found = None if handle.wrapper is None else handle.wrapper()
    if found is not None:
        return found
    shadow = Socket.__new__(Socket)
    shadow.handle = handle
    shadow.is_shadow = True
    return shadow


cdef int start_terminator(ContextHandle handle) except -1:
    """Begin to end the context, unless another thread has."""
    cdef Terminator *terminator
    if terminator_of(handle) != NULL:
        return 0
    terminator = <Terminator *> malloc(sizeof(Terminator))
    if terminator == NULL:
        raise MemoryError
    terminator.done = terminator.error = 0
    terminator.references = 2
    # Where no descriptor is left for it, a waiting thread looks again and again.
    ohmq_waker_open(&terminator.done_waker)
    # Once the interpreter has ended no other thread goes on, so none need be waited for.
    cdef bint locked = ohmq_lock_to_leave(&handle.lock)
    cdef bint begun = handle.terminator != NULL
    cdef bint started = False
    if not begun:
        terminator.ptr = context_at(handle)
        started = PyThread_start_new_thread(terminate, terminator) != -1
        if started:
            ohmq_store_pointer(<void **> &handle.terminator, terminator)
    if locked:
        ohmq_lock_release(&handle.lock)
    if not started:
        ohmq_waker_close(&terminator.done_waker)
        free(terminator)
        if not begun:
            raise RuntimeError("no thread could be started to end the context")
    return 0


cdef int wait_terminated(ContextHandle handle, int64_t deadline) except -1:
    """1 when the context has ended, 0 when the deadline came first."""
    cdef Terminator *terminator = terminator_of(handle)
    cdef ohmq_interest interest
    cdef int ready
    cdef int64_t longest = STRETCH_NS if ohmq_waker_is_open(&terminator.done_waker) else RETRY_NS
    interest.fd = terminator.done_waker.read_fd
    interest.events = ZMQ_POLLIN
    while not ohmq_load_int(&terminator.done):
        with nogil:
            ready = ohmq_wait(&interest, 1, stretch(deadline, longest))
        if ready <= 0:
            PyErr_CheckSignals()
        if ready == 0 and 0 < deadline <= ohmq_now() and not ohmq_load_int(&terminator.done):
            return 0
    forget_context(handle)
    return 1


cdef int fail_term(ContextHandle handle, timeout) except -1:
    cdef Handle socket
    lines = list(handle.lingering)
    for socket in open_handles():
        if socket.context is handle:
            lines.append(summary(socket))
    raise _term_timeout(timeout, lines)


cdef object _term_timeout = None


def set_term_timeout(factory):
    """Register ``factory(timeout_s, lines)``, which makes the exception of Context.term."""
    global _term_timeout
    _term_timeout = factory


cdef str summary(Handle handle):
    """One line on an open socket: type, endpoints, what it may still hold, where it was opened."""
    ohmq_lock_acquire(&handle.lock)
    try:
        return locked_summary(handle)
    finally:
        ohmq_lock_release(&handle.lock)


cdef str locked_summary(Handle handle):
    cdef int linger = -1
    cdef size_t size = sizeof(linger)
    cdef Counters *counts = &handle.counters
    text = f"open {describe(handle)}: "
    if handle.claimed != NULL:
        return text + "in use by a device"
    if handle.ptr == NULL:
        return text + "closed"
    if zmq_getsockopt(handle.ptr, ZMQ_LINGER, &linger, &size) < 0:
        size = 0
    text += (f"{counts.messages_sent} messages sent, {counts.messages_received} received"
             if counts.messages_sent or counts.messages_received else "no traffic")
    if size and counts.messages_sent:
        text += f", may hold unsent ones (LINGER={linger} ms)"
    if handle.inside_message:
        text += ", in the middle of a multipart message"
    if handle.extras is not None and handle.extras.opened_at:
        text += f", opened at {handle.extras.opened_at}"
    return text


def summaries_by_context() -> dict[int, list[str]]:
    """One line on every open socket, under the address of its context (0 where it is unknown)."""
    cdef Handle socket
    lines = {}
    for socket in open_handles():
        address = <size_t> context_at(socket.context) if socket.context is not None else 0
        lines.setdefault(address, []).append(summary(socket))
    return lines


def contexts_open() -> list[int]:
    """Addresses of the contexts that are open in this process."""
    cdef ContextHandle handle
    found = [<size_t> context_at(handle) for handle in open_contexts()
             if handle.generation == ohmq_generation]
    return [address for address in found if address]
