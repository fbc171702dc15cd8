# The short way of sockets whose calls return futures: what can be done at once is done here, and
# its future made, without a Python frame. All else goes the long way, through zmq.core.queued.

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


cdef inline object done(object value):
    future = _future()
    future.set_result(value)
    return future


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
            return done(got)
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
            return done(got)
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
            return done(sent)
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
            return done(sent)
    return self._send_multipart(msg_parts, flags, copy, track, **kwargs)
