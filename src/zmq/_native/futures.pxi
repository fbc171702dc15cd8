# The native base of zmq.asyncio.Socket: what can be done at once is done here, and its future made
# (ready.pxi), without a Python frame. All else is done by zmq.core.queued.QueuedSocket, which
# stands behind this class in the order of bases.

cdef object _running_loop = None
cdef object _running_key = OHMQ_RUNNING_KEY.decode() if OHMQ_RUNNING_KEY != NULL else None
cdef object _part = None      # zmq.core.receiving: the kinds of receives that are tried here
cdef object _message = None


def define_future_calls(running_loop, part, message):
    """Take what gives the running loop or None, and the kinds of recv and recv_multipart."""
    global _running_loop, _part, _message
    _running_loop, _part, _message = running_loop, part, message


cdef inline PyObject *running_mark() except? NULL:
    """The entry of asyncio for this thread, borrowed; NULL for nothing, or where it is no mark."""
    if _running_key is None:
        return NULL
    cdef PyObject *kept = PyThreadState_GetDict()
    return NULL if kept == NULL else PyDict_GetItemWithError(kept, <PyObject *> _running_key)


@cython.final
cdef class UsedIn:
    """An event loop, and the engine of a socket there."""


cdef class FutureSocket(Socket):
    """A socket whose send and receive return futures of asyncio.

    A subclass is a QueuedSocket as well, which makes the calls that cannot be made at once.
    """

    @property
    def _used_in(self) -> tuple:
        """The loop that the socket was used in last, and its engine there: as one, for threads."""
        cdef UsedIn last = last_use(self)
        return (None, None) if last is None else (last.loop, last.engine)

    @_used_in.setter
    def _used_in(self, used_in):
        cdef UsedIn last = UsedIn.__new__(UsedIn)
        last.loop, last.engine = used_in
        with cython.critical_section(self):
            self.last = last

    def recv(self, flags=0, copy: bool = True, track: bool = False):
        """Receive one message part (zmq_msg_recv(3)).

        The future of what the blocking recv returns.
        """
        cdef UsedIn now = current_use(self)
        if now is None:
            return super(FutureSocket, self).recv(flags, copy, track)
        try:
            got = now.engine.try_recv(flags, copy, track)
        except Exception as error:
            got = self._receive_failed(error, flags)
            if got is not _would_block:
                return got
        if got is _would_block:
            return self._receive_later(now.engine, _part, flags, copy, track)
        return received(now, got)

    def recv_multipart(self, flags=0, copy: bool = True, track: bool = False):
        """Receive all parts of one message.

        The future of what the blocking recv_multipart returns.
        """
        cdef UsedIn now = current_use(self)
        if now is None:
            return super(FutureSocket, self).recv_multipart(flags, copy, track)
        try:
            got = now.engine.try_recv_multipart(flags, copy, track)
        except Exception as error:
            got = self._receive_failed(error, flags)
            if got is not _would_block:
                return got
        if got is _would_block:
            return self._receive_later(now.engine, _message, flags, copy, track)
        return received(now, got)

    def send(self, data, flags=0, copy: bool = True, track: bool = False, routing_id=None,
             group=None):
        """Send one message part (zmq_msg_send(3)).

        The future of what the blocking send returns. What can be sent at once has been sent when
        the call returns.
        """
        cdef UsedIn now = current_use(self)
        if now is None:
            return super(FutureSocket, self).send(data, flags, copy, track, routing_id, group)
        try:
            sent = now.engine.try_send(data, flags, copy, track, routing_id, group, self.threshold)
        except Exception as error:
            return self._front.error(error)
        if sent is _would_block:
            return self._send_later(now.engine, data, flags, copy, track, routing_id, group)
        return after_send(self, now, sent)

    def send_multipart(self, msg_parts, flags=0, copy: bool = True, track: bool = False, **kwargs):
        """Send a message of several parts, all or none of it.

        The future of what the blocking send_multipart returns, as for send.
        """
        cdef UsedIn now = current_use(self)
        if now is None or type(msg_parts) is not list or kwargs:
            return super(FutureSocket, self).send_multipart(msg_parts, flags, copy, track, **kwargs)
        try:
            sent = now.engine.try_send_multipart(msg_parts, flags, copy, track, self.threshold)
        except Exception as error:
            return self._front.error(error)
        if sent is _would_block:
            return self._send_multipart_later(now.engine, msg_parts, flags, copy, track)
        return after_send(self, now, sent)


cdef inline UsedIn last_use(FutureSocket socket):
    with cython.critical_section(socket):
        return socket.last


cdef inline UsedIn current_use(FutureSocket socket):
    """The loop that runs, and the engine there; None where _enter has to find it."""
    cdef PyObject *mark
    cdef UsedIn last = last_use(socket)
    if last is None:
        return None
    mark = running_mark()
    if mark != NULL and mark == <PyObject *> last.running:
        return last
    if _running_loop() is not last.loop:
        return None
    last.running = None if mark == NULL else <object> mark
    return last


cdef inline object received(UsedIn now, object value):
    """The future of what the engine has just received."""
    return future_of(new_received(now.loop, now.engine, value, value))


cdef inline object after_send(FutureSocket socket, UsedIn now, object sent):
    """The future of what a send has given; it ends after others' turn, if that is due (rule 5)."""
    if is_spent(now.engine.reactor):
        return socket._front.after((<object> now.engine).loop, sent)
    return future_of(new_taken(now.loop, sent))
