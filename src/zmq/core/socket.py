"""The blocking socket: the native one, with methods for text, JSON, pickle and options."""

from __future__ import annotations

from _warnings import warn  # exists until the end of the interpreter, and costs no import
from errno import EACCES, ENODEV
from itertools import count

from zmq._native import Socket as NativeSocket
from zmq._native import (
    TypeAttribute,
    add_option_attributes,
    failure_of_socket,
    keep_attributes,
    overrides,
)
from zmq.constants import (
    EADDRINUSE,
    EVENT_ALL,
    PAIR,
    RCVHWM,
    SNDHWM,
    SUBSCRIBE,
    UNSUBSCRIBE,
    SocketOption,
)
from zmq.core import codecs
from zmq.core.busy_wait import busy_wait_option
from zmq.core.endpoint import SocketContext, check_port, with_own_name
from zmq.core.naming import shown_name
from zmq.core.peers import Peers
from zmq.error import ZMQBindError, ZMQError, wrong_argument, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, ClassVar, Self, TypeAlias, TypeVar, overload
    from typing import Generic as Subscripted

    # Type checkers know defaults of TypeVar; Python 3.11 does not.
    from typing_extensions import TypeVar as TypeVarWithDefault

    from zmq._native import Context as NativeContext
    from zmq.core.stats import SocketStats
    from zmq.core.tracker import MessageTracker

    _T = TypeVar("_T")
    _R = TypeVar("_R")
    # The result of recv: bytes, or an awaitable of them. `zmq.Socket` alone leaves it open.
    _Received = TypeVarWithDefault("_Received", covariant=True, default=Any)
else:
    from zmq.core.generic import Subscripted

    _Received = object

__all__ = ["Socket", "SyncSocket", "overrides"]

_monitor_numbers = count(1)


class Socket(NativeSocket, Peers, Subscripted[_Received]):
    """A ØMQ socket (zmq_socket(3)).

    Any thread may use any socket, also several at once, also one that sends while another waits to
    receive. Whatever waits for a socket ends with an error when it is closed, with
    ContextTerminated when its context is, and with KeyboardInterrupt on Ctrl-C. Options are
    attributes, in any case: ``socket.linger = 0``.

    Parameters
    ----------
    ctx_or_socket : Context or Socket
        Where to open the socket; or a socket, to get a second handle of it.
    socket_type : int
        One of zmq.SocketType.
    shadow : Socket or int
        A socket, or its address: the new object is a second handle of it.
    copy_threshold : int, optional
        Size in bytes from which data are lent to libzmq and not copied.

    Raises
    ------
    TypeError
        Neither a context nor a socket was given, or no type.
    ZMQError
        EINVAL for an unknown type; EFAULT for a closed context; EMFILE at the limit of sockets.
    """

    # Whose instance() a shadow of a foreign socket is given; zmq.core.context puts itself here.
    _context_class: ClassVar[Any]
    _front: ClassVar[Any] = None  # of an event loop: queued sockets have one
    # Most sockets have neither: as defaults of the class they cost an object nothing.
    _shadow_obj: Any = None
    _monitor_socket: Any = None
    _zap_warned: bool = False
    _pickle_warned: bool = False
    _ends_with_context: bool = False  # it is the library's: the program need not close it

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Socket[bytes],
            ctx_or_socket: NativeContext,
            socket_type: int,
            *,
            copy_threshold: int | None = None,
        ) -> None: ...
        @overload
        def __init__(
            self: Socket[bytes],
            *,
            shadow: Socket[Any] | int,
            copy_threshold: int | None = None,
        ) -> None: ...
        @overload
        def __init__(self: Socket[bytes], ctx_or_socket: Socket[Any]) -> None: ...
        @overload
        def __init__(
            self, *, shadow: Socket[Any] | int, copy_threshold: int | None = None
        ) -> None: ...

    def __init__(
        self,
        ctx_or_socket: NativeContext | Socket[Any] | None = None,
        socket_type: int = 0,
        *,
        shadow: Socket[Any] | int = 0,
        copy_threshold: int | None = None,
    ) -> None:
        context: Any = None
        if isinstance(ctx_or_socket, NativeSocket):
            shadow = ctx_or_socket
        elif ctx_or_socket is not None:
            context = ctx_or_socket
        if not (hasattr(socket_type, "__index__") or hasattr(socket_type, "__int__")):
            raise wrong_type(socket_type)
        if shadow:
            from zmq.core.interop import shadowed

            shadow, context = shadowed(shadow, context)
        elif socket_type < 0:
            raise TypeError("socket_type must be specified, like zmq.REQ")
        super().__init__(context, socket_type, shadow, copy_threshold)
        if shadow:
            self._shadow_obj = shadow
            if self.context is None:
                # A socket of another library: libzmq does not tell whose context it is in.
                self.context: Any = self._context_class.instance()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_attributes(cls)

    @classmethod
    def shadow(cls, address: int | Socket[Any]) -> Self:
        """Return a second handle of a socket, given by itself or by its address."""
        return cls(shadow=address)

    def __copy__(self, memo: Any = None) -> Self:
        return type(self).shadow(self)

    __deepcopy__ = __copy__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: Any, **kwargs: Any) -> None:
        self.close()

    # At the end of the interpreter the names of this module are no more: one is kept here.
    def __del__(self, _warn: Any = warn) -> None:
        if self.closed or self._shadow:
            return
        if type_name is not None:  # else other modules are gone, too, which describe it
            _warn(f"Unclosed socket {self!r}", ResourceWarning, stacklevel=2, source=self)
        self.close()

    def __repr__(self, _name: Any = shown_name) -> str:
        closed = " closed" if self.closed else ""
        kind = getattr(self.type, "name", None)
        shown = f"zmq.{kind}" if kind else self.type
        return f"<{_name(type(self))}({shown}) at {id(self):#x}{closed}>"

    # ---- properties ----

    if TYPE_CHECKING:
        type: Any
    else:
        type = TypeAttribute()

    @property
    def socket_type(self) -> Any:
        """The type of the socket; deprecated, ``type`` is the newer name."""
        warn("Socket.socket_type is deprecated, use Socket.type", DeprecationWarning, stacklevel=2)
        return self.type

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when EVENTS may have changed.

        It is edge-triggered: read EVENTS after each signal, and after each other call as well.
        """
        return self.get(SocketOption.FD)  # type: ignore[no-any-return]

    def stats(self) -> SocketStats:
        """Return the counts of messages and bytes since the socket was opened."""
        from zmq.core.stats import SocketStats

        return SocketStats.of(self._counters())

    # ---- options ----

    busy_wait_us = busy_wait_option

    def get_hwm(self) -> int:
        """Return the high-water mark: how many messages are queued for each peer at most."""
        return self.get(SNDHWM)  # type: ignore[no-any-return]

    def set_hwm(self, value: int) -> None:
        """Set both high-water marks, in messages; for connections made afterwards."""
        self.set(SNDHWM, value)
        self.set(RCVHWM, value)

    hwm: int = property(get_hwm, set_hwm, doc="Both high-water marks, in messages.")  # type: ignore[assignment]

    def get_string(self, option: int, encoding: str = "utf-8") -> str:
        """Read an option that holds bytes, as text."""
        if SocketOption(option)._opt_type != "bytes":
            raise TypeError(f"option {option} holds no text: read it with get")
        return self.get(option).decode(encoding)  # type: ignore[no-any-return]

    def set_string(self, option: int, optval: str, encoding: str = "utf-8") -> None:
        """Set an option that holds bytes, to text."""
        if not isinstance(optval, str):
            raise TypeError(f"set_string takes str, not {type_name(optval)}: set takes bytes")
        self.set(option, optval.encode(encoding))

    getsockopt_string = get_string
    getsockopt_unicode = get_string
    setsockopt_string = set_string
    setsockopt_unicode = set_string

    def subscribe(self, topic: str | bytes) -> None:
        """Receive messages that begin with a topic; all, if it is empty: SUB sockets."""
        self.set(SUBSCRIBE, topic.encode("utf-8") if isinstance(topic, str) else topic)

    def unsubscribe(self, topic: str | bytes) -> None:
        """Undo one subscribe to a topic."""
        self.set(UNSUBSCRIBE, topic.encode("utf-8") if isinstance(topic, str) else topic)

    # ---- endpoints ----

    def bind(self, addr: str | bytes) -> SocketContext[Self]:
        """Listen on an endpoint (zmq_bind(3)).

        Parameters
        ----------
        addr : str
            Like "tcp://127.0.0.1:5555", "ipc:///tmp/queue", "inproc://name"; port "*" takes a
            free one, which LAST_ENDPOINT and the result tell. The machine's own name and
            "localhost" stand for its address; libzmq itself takes addresses and interfaces only.

        Returns
        -------
        SocketContext
            As a context manager it unbinds at the end.

        Raises
        ------
        ZMQError
            With the address in its text: EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENODEV ... EPERM
            where a handler has to authenticate clients and none answers (Context.zap_required).
        """
        self._check_address(addr)
        try:
            super().bind(addr)
        except ZMQError as error:
            known = error.errno == ENODEV and with_own_name(addr, self.get(SocketOption.IPV6))
            if not known:
                raise
            self._bind_as(known, addr)
        bound = self.get(SocketOption.LAST_ENDPOINT).decode("utf-8", "replace")
        return SocketContext(self, "bind", bound or addr)

    def _check_address(self, addr: str | bytes) -> None:
        check_port(addr)
        if self._asks_zap():  # few sockets do: the others do not import it
            from zmq.core.zap import check_handler

            check_handler(self, addr)

    def unbind(self, addr: str | bytes) -> None:
        """Stop listening on an endpoint, given as for bind (zmq_unbind(3))."""
        try:
            super().unbind(addr)
        except ZMQError:
            known = not self.closed and with_own_name(addr, self.get(SocketOption.IPV6))
            if not known:
                raise
            super().unbind(known)

    def connect(self, addr: str | bytes) -> SocketContext[Self]:
        """Connect to an endpoint; the peer need not be there yet (zmq_connect(3)).

        Returns
        -------
        SocketContext
            As a context manager it disconnects at the end.

        Raises
        ------
        ZMQError
            With the address in its text: EINVAL, ECONNREFUSED (inproc) ...
        """
        self._check_address(addr)
        super().connect(addr)
        return SocketContext(self, "connect", addr)

    def bind_to_random_port(
        self, addr: str, min_port: int = 49152, max_port: int = 65536, max_tries: int = 100
    ) -> int:
        """Bind to a free port.

        Parameters
        ----------
        addr : str
            The endpoint without its port, like "tcp://127.0.0.1".
        min_port, max_port : int
            Range to try, the upper end excluded. The default leaves the choice to the system.
        max_tries : int
            Ports to try at most.

        Returns
        -------
        int
            The port.

        Raises
        ------
        ZMQBindError
            No free port was found.
        """
        if (min_port, max_port) == (49152, 65536):
            # The whole range of dynamic ports: the system knows which are free.
            self.bind(f"{addr}:*")
            endpoint: str = self.get(SocketOption.LAST_ENDPOINT).decode("ascii")
            return int(endpoint.rsplit(":", 1)[1])
        from random import randrange

        for _ in range(max_tries):
            port = randrange(min_port, max_port)
            try:
                self.bind(f"{addr}:{port}")
            except ZMQError as error:
                if error.errno not in _PORT_TAKEN:
                    raise
            else:
                return port
        raise ZMQBindError(
            f"no free port between {min_port} and {max_port} for {addr} in {max_tries} tries"
        )

    # ---- monitors ----

    def get_monitor_socket(self, events: int | None = None, addr: str | None = None) -> Self:
        """Return a PAIR socket that receives the connection events of this one.

        zmq.utils.monitor reads its messages. Called again, it returns the same socket. The monitor
        goes on until disable_monitor, or until that socket or this one is closed; the last event
        is MONITOR_STOPPED.

        Parameters
        ----------
        events : int, optional
            Any of zmq.Event, or'ed; all by default.
        addr : str, optional
            An inproc endpoint to use.
        """
        if self._monitor_socket is not None and not self._monitor_socket.closed:
            return self._monitor_socket  # type: ignore[no-any-return]
        if addr is None:
            # A new address each time: the last monitor may still use its own.
            addr = f"inproc://monitor.s-{next(_monitor_numbers)}"
        self.monitor(addr, EVENT_ALL if events is None else events)
        try:
            reader = self.context.socket(PAIR)
            reader.connect(addr)
        except BaseException:
            self.monitor(None, 0)
            raise
        if isinstance(reader, NativeSocket):  # and no replacement by a test
            self._ends_with(reader)
        self._monitor_socket = reader
        return reader  # type: ignore[no-any-return]

    def disable_monitor(self) -> None:
        """Stop the monitor that get_monitor_socket has started."""
        self._monitor_socket = None
        self.monitor(None, 0)

    # ---- Python objects ----

    def send_string(
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> MessageTracker | None:
        """Send text as one part; flags, copy and the rest as for send."""
        if not isinstance(u, str):
            raise wrong_argument(failure_of_socket(self, "text", {"of": type_name(u)}))
        if not kwargs:  # to hand on a dictionary, though an empty one, takes as long as all else
            return self.send(u.encode(encoding), flags=flags, copy=copy)
        return self.send(u.encode(encoding), flags=flags, copy=copy, **kwargs)

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> str:
        """Receive one part as text; blocks as recv does."""
        return self.recv(flags=flags).decode(encoding)

    send_unicode = send_string
    recv_unicode = recv_string

    def send_json(self, obj: object, flags: int = 0, **kwargs: Any) -> None:
        """Send an object as JSON in one part; kwargs go to json.dumps, and to send."""
        if not kwargs:  # the result: None, or an awaitable where calls are awaited
            return self.send(codecs.dumps(obj), flags=flags)
        send_kwargs = {key: kwargs.pop(key) for key in ("routing_id", "group") if key in kwargs}
        return self.send(codecs.dumps(obj, **kwargs), flags=flags, **send_kwargs)  # type: ignore[no-any-return]

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive one part of JSON as an object; kwargs go to json.loads."""
        return codecs.loads(self.recv(flags), **kwargs)

    def send_pyobj(
        self, obj: object, flags: int = 0, protocol: int = codecs.DEFAULT_PROTOCOL, **kwargs: Any
    ) -> MessageTracker | None:
        """Send an object as a pickle in one part."""
        data = codecs.to_pickle(obj, protocol)
        return self.send(data, flags=flags, **kwargs)  # type: ignore[no-any-return]

    def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive a pickled object: only from peers that may run code in this process.

        Gives an UnsafePickleWarning, once, if peers on other machines need no key to send.
        """
        codecs.check_pickle(self)
        return codecs.from_pickle(self.recv(flags))

    def send_serialized(
        self,
        msg: _T,
        serialize: Callable[[_T], Sequence[Any]] | codecs.Codec[_T],
        flags: int = 0,
        copy: bool = True,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send an object as the parts that a function, or a codec of zmq.codecs, makes of it."""
        parts = codecs.encoder_of(serialize)(msg)
        return self.send_multipart(parts, flags=flags, copy=copy, **kwargs)

    def recv_serialized(
        self,
        deserialize: Callable[[list[Any]], _R] | codecs.Codec[_R],
        flags: int = 0,
        copy: bool = True,
    ) -> _R:
        """Receive a message as the object that a function, or a codec, makes of its parts."""
        decode = codecs.decoder_of(deserialize, self)
        return decode(self.recv_multipart(flags=flags, copy=copy))


def type_name(value: object) -> str:
    """Name of the type of a value, for errors."""
    return value.__class__.__name__


add_option_attributes(Socket)
keep_attributes(Socket)

_PORT_TAKEN = (EADDRINUSE, EACCES)  # the last: the port needs extra rights

#: The blocking Socket, under the name that tells it from those of the event loops.
if TYPE_CHECKING:
    SyncSocket: TypeAlias = Socket[bytes]
else:
    SyncSocket = Socket
