# The native base of zmq.Socket: methods that must cost no Python frame.

cdef Handle NO_HANDLE = Handle.__new__(Handle)
NO_HANDLE.generation = NO_HANDLE.fd = NO_HANDLE.type = -1
NO_HANDLE.bound = NO_HANDLE.connected = ()


cdef class Socket:
    """The part of a socket that is written in C (zmq_socket(3)).

    Programs use :class:`zmq.Socket`, which inherits these methods as they are.
    """

    def __cinit__(self):
        self.handle = NO_HANDLE
        self.threshold = default_threshold()

    def __init__(self, context=None, int socket_type=-1, shadow=0, copy_threshold=None):
        if copy_threshold is not None:
            self.threshold = copy_threshold
        self.context_ = context
        if isinstance(shadow, Socket):
            self.handle = (<Socket> shadow).handle
            self.is_shadow = True
            return
        if shadow:
            self.handle = adopt(<void *> <size_t> shadow)
            self.is_shadow = True
            original = None if self.handle.wrapper is None else self.handle.wrapper()
            if context is None and original is not None:
                with cython.critical_section(original):
                    self.context_ = (<Socket> original).context_
            return
        if not isinstance(context, Context):
            raise TypeError("context must be specified: a socket is made of a zmq.Context and a "
                            f"socket type, got {context!r}")
        cdef ContextHandle owner = (<Context> context).handle
        if owner is None or context_at(owner) == NULL:
            fail(EFAULT, failure_without_socket("context closed"))
        require(owner)
        self.handle = new_handle(open_socket(owner, socket_type), owner, True)
        self.handle.wrapper = _weak_reference(self)
        list_handle(self.handle)

    # ---- properties ----

    @property
    def context(self):
        """The Context that the socket belongs to."""
        with cython.critical_section(self):
            return self.context_

    @context.setter
    def context(self, context):
        if not isinstance(context, Context):
            raise TypeError(f"context must be a zmq.Context, not {type(context).__name__}")
        with cython.critical_section(self):
            self.context_ = context

    @property
    def closed(self) -> bool:
        """Whether the socket has been closed."""
        return not ohmq_load_int(&self.handle.open)

    @property
    def underlying(self) -> int:
        """Address of the libzmq socket, for other libraries that speak to it; 0 once closed."""
        return <size_t> ohmq_load_pointer(&self.handle.ptr)

    @property
    def copy_threshold(self) -> int:
        """Size in bytes from which data are lent to libzmq and not copied."""
        return self.threshold

    @copy_threshold.setter
    def copy_threshold(self, value):
        self.threshold = value

    @property
    def _shadow(self) -> bool:
        return self.is_shadow

    # ---- options ----

    def get(self, option: int):
        """Read a socket option (zmq_getsockopt(3)).

        Returns
        -------
        int or bytes
            As the option has it.

        Raises
        ------
        ZMQError
            EINVAL for an option that cannot be read; ENOTSOCK on a closed socket.
        """
        return get_option(self.handle, option)

    def set(self, option: int, optval) -> None:
        """Set a socket option (zmq_setsockopt(3)).

        Parameters
        ----------
        option : int
            One of zmq.SocketOption.
        optval : int or bytes
            As the option has it; text goes through set_string.

        Raises
        ------
        TypeError
            The value has not the type that the option takes.
        ZMQError
            EINVAL for a value that libzmq refuses; ENOTSOCK on a closed socket.
        """
        set_option(self.handle, option, optval)

    getsockopt = get
    setsockopt = set

    def __getattr__(self, key):
        return read_attribute(self, key)

    def __setattr__(self, key, value):
        cdef object found = class_attribute(<type> type(self), key)
        if type(found) is OptionAttribute:
            set_option(self.handle, (<OptionAttribute> found).number, value)
            return
        lowered = key.lower()
        if lowered == "subscribe" or lowered == "unsubscribe":
            if isinstance(value, str):
                value = value.encode("utf-8")
            set_option(self.handle, _numbers[lowered], value)
        elif (found is not None or not ohmq_class_has(<type> type(self), key, NULL)
              or is_own_attribute(self, key)):
            PyObject_GenericSetAttr(self, key, <PyObject *> value)
        elif lowered in _numbers:
            set_option(self.handle, _numbers[lowered], value)
        else:
            raise AttributeError(f"{type(self).__name__} has no such option: {key.upper()}")

    # ---- endpoints ----

    def _asks_zap(self) -> bool:
        """Whether it has a mechanism or a ZAP domain, so that a ZAP handler may be asked."""
        cdef Handle handle = self.handle
        cdef int enforce = _numbers["zap_enforce_domain"]
        cdef bint asks
        enter(handle)
        asks = (is_set(handle, ZMQ_MECHANISM) or is_set(handle, enforce)
                or has_text(handle, ZMQ_ZAP_DOMAIN))
        leave(handle)
        return asks

    def _take_unguarded(self) -> list[str] | None:
        """Endpoints taken since the last call by which pickles may come from other machines."""
        return take_unguarded(self.handle)

    def bind(self, addr):
        """Listen on an endpoint (zmq_bind(3))."""
        endpoint_call(self.handle, addr, BIND)

    def _bind_as(self, addr, given):
        """Listen on an endpoint that the program calls by another name, and may so unbind."""
        endpoint_call(self.handle, addr, BIND, given)

    def connect(self, addr):
        """Connect to an endpoint; the peer need not be there yet (zmq_connect(3))."""
        endpoint_call(self.handle, addr, CONNECT)

    def connect_peer(self, addr) -> int:
        """Connect a PEER socket, and get the routing id of the peer (zmq_connect_peer(3)).

        Parameters
        ----------
        addr : str or bytes
            The endpoint; the peer need not be there yet.

        Returns
        -------
        int
            The peer's routing id, for send().

        Raises
        ------
        RuntimeError
            This libzmq was built without its draft API.
        ZMQError
            EOPNOTSUPP for a socket of another type, and what connect() raises.

        Notes
        -----
        Never blocks. Any thread may call it.
        """
        if not ohmq_have_peers():
            raise RuntimeError("this libzmq has no PEER sockets: "
                               "it was built without its draft API")
        return endpoint_call(self.handle, addr, CONNECT_PEER)

    def unbind(self, addr):
        """Stop listening on an endpoint, given as for bind (zmq_unbind(3))."""
        endpoint_call(self.handle, addr, UNBIND)

    def disconnect(self, addr):
        """Undo connect (zmq_disconnect(3))."""
        endpoint_call(self.handle, addr, DISCONNECT)

    def monitor(self, addr, events: int = 0xFFFF):
        """Publish the socket's connection events on an inproc endpoint (zmq_socket_monitor(3)).

        Parameters
        ----------
        addr : str or bytes or None
            Where a PAIR socket will connect, an inproc endpoint; None stops the monitor.
        events : int
            Any of zmq.Event, or'ed.

        Notes
        -----
        Never blocks, and stops no traffic where nothing reads the events. Some 2,000 wait in the
        queue of a reader, 1,000 more in front of it: then the oldest of these are dropped, which
        ``stats().events_dropped`` counts.
        """
        monitor_call(self.handle, addr, events)

    def _ends_with(self, Socket reader not None) -> None:
        """Stop the monitor when a socket is closed: nothing else can read it."""
        cdef int64_t number
        ohmq_lock_acquire(&self.handle.lock)
        number = program_outlet(monitor_of(self.handle))
        ohmq_lock_release(&self.handle.lock)
        ohmq_lock_acquire(&reader.handle.lock)
        try:
            extras_of(reader.handle).ends = number
        finally:
            ohmq_lock_release(&reader.handle.lock)

    def join(self, group):
        """Join a group: DISH sockets (draft)."""
        group_call(self.handle, group, True)

    def leave(self, group):
        """Leave a group: DISH sockets (draft)."""
        group_call(self.handle, group, False)

    def close(self, linger=None):
        """Close the socket (zmq_close(3)). Closing it again does nothing.

        Never blocks. Any thread may close a socket: threads that wait for it wake up to a
        ZMQError that says so.

        Parameters
        ----------
        linger : int, optional
            Milliseconds that unsent messages may still take, set as LINGER before closing.
        """
        close_handle(self.handle, linger)

    # ---- sending ----

    def send(self, data, flags=0, copy: bool = True, track: bool = False, routing_id=None,
             group=None):
        """Send one message part (zmq_msg_send(3)).

        Blocks while the socket cannot take it, as SNDTIMEO allows (ms). Any thread may send.

        Parameters
        ----------
        data : bytes, Frame or any object with a contiguous buffer
            What to send. ``bytes`` of copy_threshold and more are lent to libzmq: they cannot
            change. Other buffers are copied unless copy is False.
        flags : int
            DONTWAIT does not block, SNDMORE announces another part.
        copy : bool
            False lends buffers of copy_threshold and more to libzmq, until it has let go of them.
        track : bool
            With copy=False: return a MessageTracker that tells when that is.
        routing_id : int, optional
            Whom to send to: SERVER sockets (draft).
        group : str, optional
            Which group to send to: RADIO sockets (draft).

        Returns
        -------
        MessageTracker or None
            The tracker if track is set and copy is not.

        Raises
        ------
        Again
            Sending would block, and DONTWAIT or SNDTIMEO says not to.
        TypeError
            data is no buffer; text goes through send_string.
        ZMQError
            ENOTSOCK on a closed socket, EFSM out of turn, and others of zmq_msg_send(3).
        """
        cdef int wanted = given_flags(flags)
        if (
            PyBytes_CheckExact(data) and PyBytes_GET_SIZE(data) < self.threshold
            and copy and routing_id is None and group is None
            and try_send_bytes(self.handle, data, wanted)
        ):
            return None
        return send_one(self.handle, data, wanted, copy, track, self.threshold, routing_id, group)

    def send_multipart(self, msg_parts, flags=0, copy: bool = True, track: bool = False, **kwargs):
        """Send a message of several parts, all or none of it.

        Blocks as send does. Where a subclass has a send of its own, every part goes through it.

        Parameters
        ----------
        msg_parts : sequence of what send takes
            At least one part.
        flags, copy, track
            As for send.

        Returns
        -------
        MessageTracker or None
            One tracker for all parts if track is set and copy is not.
        """
        cdef list parts = message_parts(msg_parts, self)
        if kwargs:
            kwargs = peer_options(kwargs)
        if kwargs or overridden(self, "send", _native_send):
            return send_each(self, parts, flags, copy, track, kwargs)
        return send_list(self.handle, parts, given_flags(flags), copy, track, self.threshold)

    def send_many(self, messages, flags=0):
        """Send many messages in one call.

        Blocks until all are sent, or as long as DONTWAIT and SNDTIMEO allow. The iterable is read
        to its end first, and nothing is sent if one of them cannot be a message. An exception that
        ends the call in between (a closed socket, a signal) has the number of those that were sent
        in its attribute ``sent``.

        Parameters
        ----------
        messages : iterable
            Message parts, or lists of parts for multipart messages.
        flags : int
            DONTWAIT does not block.

        Returns
        -------
        int
            How many messages were sent: less than all when the time was over.
        """
        cdef list items
        try:
            items = list(messages)  # of our own, as in send_multipart
        except BaseException as error:
            error.sent = 0
            raise
        if overridden(self, "send", _native_send):
            return send_many_each(self, items, flags)
        return send_many(self.handle, items, given_flags(flags), self.threshold)

    # ---- receiving ----

    def recv(self, flags=0, copy: bool = True, track: bool = False):
        """Receive one message part (zmq_msg_recv(3)).

        Blocks until there is one, as RCVTIMEO allows (ms). Any thread may receive, while another
        sends, too.

        Parameters
        ----------
        flags : int
            DONTWAIT does not block.
        copy : bool
            False gives a Frame, which is the memory that the part was received into.
        track : bool
            With copy=False: give the frame a tracker, which is done.

        Returns
        -------
        bytes or Frame
            The part.

        Raises
        ------
        Again
            Nothing is there, and DONTWAIT or RCVTIMEO says not to wait.
        ZMQError
            ENOTSOCK once the socket is closed, EFSM out of turn, and others of zmq_msg_recv(3).
        """
        cdef Received got
        if copy:
            return receive_bytes(self.handle, given_flags(flags), &got)
        return receive_frame(self.handle, given_flags(flags), track, &got)

    def recv_into(self, buffer, /, *, nbytes=0, flags=0) -> int:
        """Receive one message part into a writable buffer (zmq_recv(3)).

        Parameters
        ----------
        buffer : writable, contiguous buffer
            Gets the part, or as much of it as fits; the rest is dropped.
        nbytes : int
            Bytes to use of the buffer; 0 for all.
        flags : int
            DONTWAIT does not block.

        Returns
        -------
        int
            Size of the part in bytes: more than fits where it was cut.
        """
        cdef Received got
        return receive_into(self.handle, buffer, nbytes, given_flags(flags), &got)

    def recv_multipart(self, flags=0, copy: bool = True, track: bool = False) -> list:
        """Receive all parts of one message.

        Blocks as recv does. Where a subclass has a recv of its own, every part comes through it.

        Returns
        -------
        list of bytes, or of Frame if copy is False
            The parts, at least one.
        """
        cdef Received got
        if overridden(self, "recv", _native_recv):
            return receive_each(self, flags, copy, track)
        return receive_list(self.handle, given_flags(flags), copy, track, &got)

    def recv_many(self, limit=1000, flags=0, *, multipart=False) -> list:
        """Wait for one message and receive all that are there, in order.

        Parameters
        ----------
        limit : int
            Messages to receive at most, at least 1.
        flags : int
            DONTWAIT does not wait for the first one.
        multipart : bool
            Give lists of parts, as recv_multipart would, and not parts, as recv would.

        Returns
        -------
        list of bytes, or of lists of bytes
            At least one.
        """
        cdef Received got
        if overridden(self, "recv", _native_recv):
            return receive_many_each(self, limit, flags, multipart)
        return receive_many(self.handle, limit, given_flags(flags), multipart, &got)

    def poll(self, timeout=None, flags=ZMQ_POLLIN) -> int:
        """Wait for the socket to be ready.

        Parameters
        ----------
        timeout : int, optional
            Milliseconds to wait; None or less than 0 waits without end.
        flags : int
            What to wait for: POLLIN, POLLOUT or both.

        Returns
        -------
        int
            The events that are ready; 0 when the time is over.
        """
        if not self.closed:
            return poll_socket(self.handle, flags, deadline_after(timeout))
        fail(ENOTSUP, unlocked_failure_of(self.handle, "closed"))

    def _counters(self) -> tuple:
        """The counts of stats(): messages, bytes, blocked calls, nanoseconds, events, looks."""
        cdef Handle handle = self.handle
        cdef Counters c
        cdef ohmq_busy_wait busy
        cdef int64_t dropped = 0
        cdef bint locked = handle.generation == ohmq_generation  # else it is the parent's
        memset(&busy, 0, sizeof(busy))
        if locked:
            ohmq_lock_acquire(&handle.lock)
        c = handle.counters
        if handle.busy_wait != NULL:
            busy = handle.busy_wait[0]
        if handle.extras is not None:
            dropped = handle.extras.events_dropped
            if handle.extras.monitor:
                dropped += events_dropped_by(handle.extras.monitor)
        if locked:
            ohmq_lock_release(&handle.lock)
        return (c.messages_sent, c.messages_received, c.bytes_sent, c.bytes_received,
                c.would_block, c.blocked_ns, dropped, busy.won, busy.lost, busy.looked_ns)

    def _put_back(self, parts) -> None:
        """Put the parts of a message back: the next to be received (rule 4)."""
        put_back_list(self.handle, list(parts))
