# The short way of sockets whose calls return futures: what can be done at once is done here, and
# its future made, without a Python frame. All else goes the long way, through zmq.core.queued.

cdef extern from "Python.h":
    void PyErr_SetObject(object error, object value)

cdef object _running_loop = None
cdef object _future = None


def set_future(running_loop, future):
    """Take the function that gives the running loop or None, and the class of futures."""
    global _running_loop, _future
    _running_loop, _future = running_loop, future


cdef inline Signal signal_here(Socket socket):
    """The signal of the socket in the loop that runs; None where the long way has to find it."""
    if socket._engine is None or _running_loop() is not socket._loop:
        return None
    return <Signal> socket._engine


@cython.freelist(16)
@cython.final
cdef class Done:
    """The future of a call that has been made: it has its result from the start.

    It is what a program may expect of an asyncio future, isinstance included. Most are awaited and
    forgotten; only for what is asked more seldom there is a future behind it.
    """

    cdef object value
    cdef object loop
    cdef object future
    cdef public bint _asyncio_future_blocking

    @property
    def __class__(self):
        return _future

    def done(self) -> bool:
        return True

    def cancelled(self) -> bool:
        return False

    def cancel(self, msg=None) -> bool:
        return False

    def exception(self):
        return None

    def result(self):
        return self.value

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration(self.value)

    def __getattr__(self, name):
        if self.future is None:
            self.future = _future(loop=self.loop)
            self.future.set_result(self.value)
        return getattr(self.future, name)

    def __repr__(self):
        return f"<Future finished result={self.value!r}>"


cdef PyObject *done_next(PyObject *made) noexcept:
    """__next__ without an instance of the exception, which nobody sees, and without a traceback."""
    value = (<Done> made).value
    if isinstance(value, (tuple, BaseException)):
        value = StopIteration(value)
    PyErr_SetObject(StopIteration, value)
    return NULL


(<PyTypeObject *> Done).tp_iternext = done_next


cdef inline object done(object value, Socket socket):
    cdef Done made = Done.__new__(Done)
    made.value = value
    made.loop = socket._loop
    return made


def future_recv(Socket self not None, flags=0, copy: bool = True, track: bool = False):
    """Receive one message part (zmq_msg_recv(3)).

    The future of what the blocking recv returns.
    """
    cdef Signal signal = signal_here(self)
    if signal is not None:
        try:
            got = signal.try_recv(flags, copy, track)
        except Exception:
            return self._recv(flags, copy, track)  # meets it again
        if got is not _would_block:
            return done(got, self)
        return self._recv_later(signal, flags, copy, track)
    return self._recv(flags, copy, track)


def future_recv_multipart(Socket self not None, flags=0, copy: bool = True, track: bool = False):
    """Receive all parts of one message.

    The future of what the blocking recv_multipart returns.
    """
    cdef Signal signal = signal_here(self)
    if signal is not None:
        try:
            got = signal.try_recv_multipart(flags, copy, track)
        except Exception:
            return self._recv_multipart(flags, copy, track)
        if got is not _would_block:
            return done(got, self)
        return self._recv_multipart_later(signal, flags, copy, track)
    return self._recv_multipart(flags, copy, track)


def future_send(Socket self not None, data, flags=0, copy: bool = True, track: bool = False,
                routing_id=None, group=None):
    """Send one message part (zmq_msg_send(3)).

    The future of what the blocking send returns. What can be sent at once has been sent when the
    call returns.
    """
    cdef Signal signal = signal_here(self)
    if signal is not None and not is_spent(signal.reactor):
        try:
            sent = signal.try_send(data, flags, copy, track, routing_id, group, self.threshold)
        except Exception:
            sent = _would_block
        if sent is not _would_block:
            return done(sent, self)
    return self._send(data, flags, copy, track, routing_id, group)


def future_send_multipart(Socket self not None, msg_parts, flags=0, copy: bool = True,
                          track: bool = False, **kwargs):
    """Send a message of several parts, all or none of it.

    The future of what the blocking send_multipart returns, as for send.
    """
    cdef Signal signal = signal_here(self)
    if signal is not None and type(msg_parts) is list and not is_spent(signal.reactor):
        try:
            sent = signal.try_send_multipart(msg_parts, flags, copy, track, self.threshold)
        except Exception:
            sent = _would_block
        if sent is not _would_block:
            return done(sent, self)
    return self._send_multipart(msg_parts, flags, copy, track, **kwargs)
