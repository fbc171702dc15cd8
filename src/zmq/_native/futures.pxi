# The short way of sockets whose calls return futures: what can be done at once is done here, and
# its future made (ready.pxi), without a Python frame. All else goes the long way, through
# zmq.core.queued.

cdef extern from *:
    """
    // Before 3.12 asyncio asks for the process id, a system call, wherever it is asked for the loop
    // that runs. What it keeps for the thread is made anew whenever another loop runs: the same
    // one, the same loop.
    #if PY_VERSION_HEX < 0x030C0000
    #define OHMQ_RUNNING_KEY "__asyncio_running_event_loop__"
    #else
    #define OHMQ_RUNNING_KEY NULL
    #endif
    """
    const char *OHMQ_RUNNING_KEY
    PyObject *PyThreadState_GetDict()
    PyObject *PyDict_GetItemWithError(PyObject *, PyObject *) except? NULL

cdef object _running_loop = None
cdef object _running_key = OHMQ_RUNNING_KEY.decode() if OHMQ_RUNNING_KEY != NULL else None


def set_running_loop(running_loop):
    """Take the function that gives the running loop or None."""
    global _running_loop
    _running_loop = running_loop


cdef inline PyObject *running_mark() except? NULL:
    """What asyncio keeps for this thread, borrowed; NULL for nothing, or where it is no mark."""
    if _running_key is None:
        return NULL
    cdef PyObject *kept = PyThreadState_GetDict()
    return NULL if kept == NULL else PyDict_GetItemWithError(kept, <PyObject *> _running_key)


cdef inline NativeEngine current_engine(Socket socket):
    """The engine of the socket in the loop that runs; None where the long way has to find it."""
    cdef PyObject *mark
    if socket.engine is None:
        return None
    mark = running_mark()
    if mark != NULL and mark == <PyObject *> socket.running:
        return <NativeEngine> socket.engine
    if _running_loop() is not socket.loop:
        return None
    socket.running = None if mark == NULL else <object> mark
    return <NativeEngine> socket.engine


cdef inline object done(object value, Socket socket):
    return future_of(new_taken(socket.loop, value))


def future_recv(Socket self not None, flags=0, copy: bool = True, track: bool = False):
    """Receive one message part (zmq_msg_recv(3)).

    The future of what the blocking recv returns.
    """
    cdef NativeEngine engine = current_engine(self)
    if engine is not None:
        try:
            got = engine.try_recv(flags, copy, track)
        except Exception:
            return self._recv(flags, copy, track)  # meets it again
        if got is not _would_block:
            return received(self, engine, got)
        return self._recv_later(engine, flags, copy, track)
    return self._recv(flags, copy, track)


def future_recv_multipart(Socket self not None, flags=0, copy: bool = True, track: bool = False):
    """Receive all parts of one message.

    The future of what the blocking recv_multipart returns.
    """
    cdef NativeEngine engine = current_engine(self)
    if engine is not None:
        try:
            got = engine.try_recv_multipart(flags, copy, track)
        except Exception:
            return self._recv_multipart(flags, copy, track)
        if got is not _would_block:
            return received(self, engine, got)
        return self._recv_multipart_later(engine, flags, copy, track)
    return self._recv_multipart(flags, copy, track)


def future_send(Socket self not None, data, flags=0, copy: bool = True, track: bool = False,
                routing_id=None, group=None):
    """Send one message part (zmq_msg_send(3)).

    The future of what the blocking send returns. What can be sent at once has been sent when the
    call returns.
    """
    cdef NativeEngine engine = current_engine(self)
    if engine is not None:
        try:
            sent = engine.try_send(data, flags, copy, track, routing_id, group, self.threshold)
        except Exception:
            sent = _would_block
        if sent is not _would_block:
            if is_spent(engine.reactor):
                return self._after((<object> engine).loop, sent)
            return done(sent, self)
    return self._send(data, flags, copy, track, routing_id, group)


def future_send_multipart(Socket self not None, msg_parts, flags=0, copy: bool = True,
                          track: bool = False, **kwargs):
    """Send a message of several parts, all or none of it.

    The future of what the blocking send_multipart returns, as for send.
    """
    cdef NativeEngine engine = current_engine(self)
    if engine is not None and type(msg_parts) is list and not kwargs:
        try:
            sent = engine.try_send_multipart(msg_parts, flags, copy, track, self.threshold)
        except Exception:
            sent = _would_block
        if sent is not _would_block:
            if is_spent(engine.reactor):
                return self._after((<object> engine).loop, sent)
            return done(sent, self)
    return self._send_multipart(msg_parts, flags, copy, track, **kwargs)
