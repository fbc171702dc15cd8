# What a failing call notes: plain values, of which zmq._reasons makes words where a program reads
# the text of its exception. A program that asks often for what is not there yet pays for the note
# alone: so it is one object, and shares its tuples with the handle.

cdef enum:
    LONG_WAIT_MS = 100


@cython.final
@cython.no_gc  # plain values make no cycle
@cython.freelist(16)
cdef class Failure:
    """A call that failed: what was called, and what is known of the socket.

    Attributes
    ----------
    case : str
        The call, like "recv"; or what keeps a socket from all calls, like "closed".
    socket_type : int
        -1 where there is no socket.
    known : bool
        The socket was opened in this process, so that endpoints and subscriptions are known.
    bound, connected : tuple of str
        Its endpoints.
    sent, received : int
        Messages so far.
    subscriptions : int
        Topics, or groups, so far.
    timeout_ms : int
        How long the call could wait; -1 where it was not to wait.
    hwm : int
        SNDHWM, for a send that would block.
    immediate : bool
        IMMEDIATE, for the same.
    more : dict or None
        What is of use for one case only.
    """

    def __reduce__(self):
        return restored_failure, (
            self.case, self.socket_type, self.known, self.bound, self.connected, self.sent,
            self.received, self.subscriptions, self.timeout_ms, self.hwm, self.immediate, self.more)

    def __eq__(self, other):
        return type(other) is Failure and self.__reduce__() == other.__reduce__()

    __hash__ = None


def restored_failure(case, socket_type, known, bound, connected, sent, received, subscriptions,
                     timeout_ms, hwm, immediate, more):
    """A Failure from its pickle."""
    cdef Failure failure = Failure.__new__(Failure)
    failure.case, failure.socket_type, failure.known = case, socket_type, known
    failure.bound, failure.connected = bound, connected
    failure.sent, failure.received = sent, received
    failure.subscriptions, failure.timeout_ms = subscriptions, timeout_ms
    failure.hwm, failure.immediate, failure.more = hwm, immediate, more
    return failure


cpdef Failure failure_without_socket(str case, dict more=None):
    """Note a failure where there is no socket."""
    cdef Failure failure = Failure.__new__(Failure)
    failure.case = case
    failure.socket_type = -1
    failure.timeout_ms = -1
    failure.bound = failure.connected = ()
    failure.more = more
    return failure


cdef Failure failure_of(Handle handle, str case, dict more=None):
    """Note what is known of a socket. Called with the lock, or where none can use the socket."""
    cdef Failure failure = Failure.__new__(Failure)
    failure.case = case
    failure.socket_type = handle.type
    failure.known = handle.owned
    failure.bound = handle.bound
    failure.connected = handle.connected
    failure.sent = handle.counters.messages_sent
    failure.received = handle.counters.messages_received
    failure.subscriptions = handle.subscriptions
    failure.timeout_ms = -1
    failure.more = more
    return failure


cdef Failure failed_wait(Handle handle, bint sending, int timeout_ms):
    """Note why a send or a receive would block. Called with the lock.

    timeout_ms: how long it has waited; -1 where it was not to wait.
    """
    cdef Failure failure = failure_of(handle, "send" if sending else "recv")
    cdef int events = 0
    cdef int immediate
    failure.timeout_ms = timeout_ms
    if handle.ptr == NULL:
        return failure
    if sending:
        read_number(handle, ZMQ_SNDHWM, &failure.hwm)
        if read_number(handle, ZMQ_IMMEDIATE, &immediate):
            failure.immediate = immediate
    if timeout_ms < 0:
        return failure
    # A wait takes its time: there is some for a longer look.
    more = {}
    note_security(handle, more)
    if handle.type in (ZMQ_PAIR, ZMQ_DEALER) and not sending and events_of(handle, &events) == 0:
        # These can send where they have a peer, or are to connect to one.
        more["has_peer"] = events & ZMQ_POLLOUT != 0
    if more:
        failure.more = more
    return failure


cdef int note_security(Handle handle, dict more) except -1:
    """Add the mechanism of a socket, and what its monitor tells of handshakes. With the lock."""
    cdef int mechanism
    if is_set(handle, ZMQ_MECHANISM):
        read_number(handle, ZMQ_MECHANISM, &mechanism)
        more["mechanism"] = mechanism
    if monitor_of(handle):
        note_handshakes(handle.extras.monitor, more)
    return 0


cdef int note_connections(Handle handle, Failure failure) except -1:
    """Note how many connections stand after a long wait. Called without the lock.

    It asks the system about the descriptors of the process, unless there are many.
    """
    if failure.timeout_ms < LONG_WAIT_MS:
        return 0
    standing = standing_connections(handle)
    if standing is not None:
        failure.more = {**(failure.more or {}), "standing": standing}
    return 0


cdef bint read_number(Handle handle, int option, int *value) noexcept:
    cdef size_t size = sizeof(int)
    return zmq_getsockopt(handle.ptr, option, value, &size) == 0


cdef int timeout_of(Handle handle, int option) noexcept:
    """RCVTIMEO or SNDTIMEO. Called with the lock."""
    cdef int timeout = 0
    read_number(handle, option, &timeout)
    return max(timeout, 0)


cdef Failure unlocked_failure_of(Handle handle, str case, dict more=None):
    """As failure_of, for a caller without the lock."""
    if handle.generation != ohmq_generation:
        return failure_of(handle, case, more)  # of NO_HANDLE, or the parent's: its lock is, too
    ohmq_lock_acquire(&handle.lock)
    try:
        return failure_of(handle, case, more)
    finally:
        ohmq_lock_release(&handle.lock)


def failure_of_socket(socket, str case, dict more=None) -> Failure:
    """The facts about a socket, for the words of an error."""
    return unlocked_failure_of((<Socket?> socket).handle, case, more)


def failed_wait_for(socket, str case, dict more) -> Failure:
    """Note why a wait for peers or subscribers was in vain."""
    cdef Handle handle = (<Socket?> socket).handle
    if handle.generation == ohmq_generation:
        ohmq_lock_acquire(&handle.lock)
        try:
            if handle.ptr != NULL:
                note_security(handle, more)
        finally:
            leave(handle)
    return unlocked_failure_of(handle, case, more)


def would_block(NativeEngine engine not None, bint sending, int timeout_ms=-1):
    """The exception of an operation of an event loop that would block: Again.

    timeout_ms: how long it has waited; -1 where it was not to wait.
    """
    cdef Handle handle = engine.handle
    cdef Failure failure
    if handle.generation != ohmq_generation:
        return error_of(EAGAIN, failure_of(handle, "send" if sending else "recv"))
    ohmq_lock_acquire(&handle.lock)
    try:
        failure = failed_wait(handle, sending, timeout_ms)
    finally:
        leave(handle)
    note_connections(handle, failure)
    return error_of(EAGAIN, failure)
