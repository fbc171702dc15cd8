"""ZMQStream: a socket that calls back, for Tornado."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import suppress
from functools import cached_property, partial
from warnings import warn

from tornado import log as _log
from tornado.ioloop import IOLoop

import zmq
from zmq.constants import ENOTSOCK, ETERM
from zmq.constants import POLLIN as POLLIN
from zmq.constants import POLLOUT as POLLOUT
from zmq.core import codecs
from zmq.core.engine import WOULD_BLOCK, Engine
from zmq.core.queued import QueuedSocket
from zmq.eventloop._callbacks import Callbacks, checked
from zmq.eventloop._reports import Reports
from zmq.eventloop._stream_operations import Receiving, Sending
from zmq.loops.tornado import close_with, forget, loop_of
from zmq.utils import jsonapi as jsonapi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from logging import Logger
    from typing import Any, Literal, Self, overload

    from zmq.core.frame import Frame
    from zmq.core.socket import Socket
    from zmq.core.tracker import MessageTracker
    from zmq.eventloop._reports import OnSend


#: The logger of Tornado itself.
gen_log: Logger = _log.gen_log


class _OfSocket:
    """A method of the stream's socket."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else getattr(instance._open(), self.name)


class ZMQStream:
    """Calls back with each message of a socket, and queues what cannot be sent at once.

    A stream belongs to one loop; several streams may share a socket. While it has a callback it
    goes on receiving, whatever else is done with the socket: nothing has to be restarted. Raw calls
    on the socket, here or in another thread, take their share of the messages and lose none.

    An error in a callback is logged to ``tornado.general`` and told to the loop's exception
    handler; the next message is delivered all the same. A callback may be a coroutine function: it
    is not waited for, so that several of its calls may run at once. A stream closes itself when its
    socket is closed, and, while it receives or sends, when the context is terminated.

    Not for several threads at once, but `send` and its like, `on_recv` and `close` may be called
    from other threads than the loop's.

    Parameters
    ----------
    socket : zmq.Socket
        The socket. Of an asynchronous socket the stream makes a blocking handle of its own.
    io_loop : tornado.ioloop.IOLoop, optional
        The loop to run in; by default ``IOLoop.current()``.

    Raises
    ------
    TypeError
        It is no socket, or no loop.
    ZMQError
        The socket is closed (ENOTSOCK).
    RuntimeError
        The loop is closed.

    Attributes
    ----------
    socket : zmq.Socket or None
        The socket; None when the stream is closed.
    io_loop : tornado.ioloop.IOLoop
        The loop.
    """

    # For checkers never None, as in PyZMQ: programs use it while the stream is open.
    socket: Socket[Any]
    io_loop: IOLoop
    _has_lost_socket = False

    bind: Any = _OfSocket()
    bind_to_random_port: Any = _OfSocket()
    connect: Any = _OfSocket()
    getsockopt: Any = _OfSocket()
    getsockopt_string: Any = _OfSocket()
    getsockopt_unicode: Any = _OfSocket()
    setsockopt: Any = _OfSocket()
    setsockopt_string: Any = _OfSocket()
    setsockopt_unicode: Any = _OfSocket()

    def __init__(self, socket: Socket[Any], io_loop: IOLoop | None = None) -> None:
        if not isinstance(socket, zmq.Socket):
            raise TypeError(f"a stream is made of a zmq.Socket, not of {socket!r}")
        if isinstance(socket, QueuedSocket) and not socket.closed:
            warn(
                f"a stream uses a blocking socket, not {socket!r}: give it zmq.Socket(shadow=...), "
                "or one of context.socket(..., socket_class=zmq.Socket)",
                RuntimeWarning,
                stacklevel=2,
            )
            socket = zmq.Socket(shadow=socket)
        socket.fileno()  # raises for a closed one
        self.io_loop = IOLoop.current() if io_loop is None else io_loop
        self._loop = loop_of(self.io_loop)
        self.socket = socket
        engine = self._engine = Engine.of(self._loop, socket)
        self._callbacks = Callbacks(self.io_loop)
        self._reports = Reports(self.io_loop, self._callbacks)
        self._receiving = Receiving(engine, socket, self._failed, self._callbacks, self._reports)
        self._sending = Sending(engine, socket, self._failed, self._reports)
        self._close_callback: Callable[[], object] | None = None
        close_with(self.io_loop, self)

    @cached_property
    def poller(self) -> zmq.Poller:
        """A poller for the program's own use; the stream needs none."""
        return zmq.Poller()

    # ---- receiving ----

    if TYPE_CHECKING:

        @overload
        def on_recv(
            self, callback: Callable[[list[bytes]], object] | None, copy: Literal[True] = True
        ) -> None: ...
        @overload
        def on_recv(
            self, callback: Callable[[list[Frame]], object] | None, copy: Literal[False]
        ) -> None: ...
        @overload
        def on_recv(self, callback: Callable[[Any], object] | None, copy: bool) -> None: ...

    def on_recv(self, callback: Callable[[Any], object] | None, copy: bool = True) -> None:
        """Call back with each message.

        Without a callback nothing is received: set it to None to pause.

        Parameters
        ----------
        callback : callable or None
            Takes a message: always a list of its parts, also if there is only one.
        copy : bool
            Whether the parts are bytes; if not they are `zmq.Frame`.

        Raises
        ------
        OSError
            The stream is closed.
        """
        self._open()
        self._receiving.set(checked(callback), copy)
        self._arrange()

    if TYPE_CHECKING:

        @overload
        def on_recv_stream(
            self,
            callback: Callable[[Self, list[bytes]], object] | None,
            copy: Literal[True] = True,
        ) -> None: ...
        @overload
        def on_recv_stream(
            self, callback: Callable[[Self, list[Frame]], object] | None, copy: Literal[False]
        ) -> None: ...
        @overload
        def on_recv_stream(
            self, callback: Callable[[Self, Any], object] | None, copy: bool
        ) -> None: ...

    def on_recv_stream(
        self, callback: Callable[[Self, Any], object] | None, copy: bool = True
    ) -> None:
        """Call back with this stream and each message: one function for several streams.

        The same as `on_recv` otherwise; a stream has one callback of the two.
        """
        self.on_recv(None if callback is None else partial(checked(callback), self), copy)

    def stop_on_recv(self) -> None:
        """Receive no more; what arrives stays in the socket."""
        self.on_recv(None)

    def receiving(self) -> bool:
        """Whether there is a callback that receives."""
        return self._receiving.callback is not None

    # ---- sending ----

    def on_send(self, callback: OnSend | None) -> None:
        """Call back after each message that was sent.

        Parameters
        ----------
        callback : callable or None
            Takes the message, as it was given to `send_multipart` or as a list of one part, and a
            status: None, a `zmq.MessageTracker`, or the ZMQError that kept it from being sent.
            It is called in a later turn of the loop than `send`.

        Raises
        ------
        OSError
            The stream is closed.
        """
        self._open()
        self._reports.callback = checked(callback)

    def on_send_stream(
        self, callback: Callable[[Self, Any, MessageTracker | None], object] | None
    ) -> None:
        """Call back with this stream, the message and the status; see `on_send`."""
        self.on_send(None if callback is None else partial(checked(callback), self))

    def stop_on_send(self) -> None:
        """Call back no more after messages are sent."""
        self.on_send(None)

    def send(
        self,
        msg: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a message of one part; see `send_multipart`."""
        self.send_multipart([msg], flags, copy, track, callback, **kwargs)

    def send_multipart(
        self,
        msg: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send a message, or queue it until the socket can take it. Does not block.

        Messages wait for a peer, for room below the high-water mark, or, of REQ and REP sockets,
        for their turn. What is wrong with a message is noticed when its turn has come, and logged
        to ``tornado.general``; those behind it are sent. `on_send` is called for the errors of
        a socket, as of an unknown peer of a ROUTER; `flush` raises what is wrong with a message
        itself, as of a part that is text.

        Parameters
        ----------
        msg : sequence
            The parts: bytes, buffers or frames.
        flags : int
            zmq.SNDMORE, if the parts of the next message belong to this one.
        copy, track : bool
            As for `Socket.send_multipart`.
        callback : callable, optional
            Becomes the callback of `on_send`, also for all that is sent before and after.
        **kwargs
            routing_id and group, for sockets that have them.

        Raises
        ------
        OSError
            The stream is closed.
        ContextTerminated
            The context of the socket is terminated.
        """
        self._open()
        if not self._sending.begin(msg, flags, copy, track, kwargs):
            self._arrange()
        if callback is not None:
            self.on_send(callback)

    def send_string(
        self,
        u: str,
        flags: int = 0,
        encoding: str = "utf-8",
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send text as one part; see `send_multipart`."""
        if not isinstance(u, str):
            raise TypeError(f"send_string takes str, not {type(u).__name__}: send takes bytes")
        self.send(u.encode(encoding), flags=flags, callback=callback, **kwargs)

    send_unicode = send_string

    def send_json(
        self, obj: Any, flags: int = 0, callback: OnSend | None = None, **kwargs: Any
    ) -> None:
        """Send an object as JSON in one part; kwargs go to json.dumps, and to send."""
        to_send = {key: kwargs.pop(key) for key in ("routing_id", "group") if key in kwargs}
        self.send(codecs.dumps(obj, **kwargs), flags=flags, callback=callback, **to_send)

    def send_pyobj(
        self,
        obj: Any,
        flags: int = 0,
        protocol: int = -1,
        callback: OnSend | None = None,
        **kwargs: Any,
    ) -> None:
        """Send an object as a pickle in one part; see `send_multipart`."""
        self.send(codecs.to_pickle(obj, protocol), flags=flags, callback=callback, **kwargs)

    def sending(self) -> bool:
        """Whether a message is queued, or sent and not yet reported to `on_send`."""
        return bool(self._sending.unsent or self._reports.pending)

    # ---- now ----

    def flush(self, flag: int = POLLIN | POLLOUT, limit: int | None = None) -> int:
        """Receive and send now what can be, with its callbacks, before the loop comes to it.

        Does not block, and needs no loop that runs. Without a callback nothing is received.

        Parameters
        ----------
        flag : int
            zmq.POLLIN, zmq.POLLOUT or both.
        limit : int, optional
            Callbacks to make at most; None or 0 for as many as there are.

        Returns
        -------
        int
            Messages that were received, and messages whose sending is done.

        Raises
        ------
        OSError
            The stream is closed.
        Exception
            A callback's, or of a message that cannot be sent: the rest waits for the loop.
        """
        self._open()
        done = 0
        wanted = limit if limit else float("inf")
        if flag & POLLOUT:
            try:
                while self._sending.send_next():
                    pass
            finally:
                done = self._reports.deliver_now(wanted)
        while flag & POLLIN and done < wanted and self._receiving.callback is not None:
            message = self._receiving.take_now()
            if message is WOULD_BLOCK:
                break
            self._callbacks.call(self._receiving.callback, message)
            done += 1
        return done

    # ---- the end ----

    def set_close_callback(self, callback: Callable[[], object] | None) -> None:
        """Call back once, when the stream is closed, by a call or by an error."""
        self._close_callback = callback

    def close(self, linger: int | None = None) -> None:
        """Close the stream and its socket. Does not block; may be called again.

        What is queued is handed to the socket as far as that takes it; the rest is dropped.

        Parameters
        ----------
        linger : int, optional
            Milliseconds that unsent messages of the socket may still take.

        Raises
        ------
        Exception
            The close callback's.
        """
        socket = self.socket
        if socket is None:
            return
        if self.closed():
            return
        # A context that is being terminated sends no more.
        with suppress(zmq.ZMQError):
            self._sending.send_last()
        socket.close(linger)
        self._end(self._callbacks.call)

    def closed(self) -> bool:
        """Whether the stream is closed, by `close` or because its socket is."""
        if self.socket is not None and self.socket.closed:
            self._end_without_socket(self._callbacks.call)
        self._has_lost_socket = False  # the program knows
        return self.socket is None

    # ---- methods of older versions ----

    def on_err(self, callback: Callable[..., object]) -> None:
        """Do nothing: sockets have no errors that could be polled."""

    def stop_on_err(self) -> None:
        """Do nothing: see `on_err`."""

    # ---- inside ----

    def _open(self) -> Socket[Any]:
        """Return the socket of an open stream."""
        socket = self.socket
        if socket is not None and socket.closed:
            self._end_without_socket(self._callbacks.call)
        if self._has_lost_socket:
            raise zmq.ZMQError(ENOTSOCK)
        if socket is None:
            raise OSError("the stream is closed")
        return socket

    def _arrange(self) -> None:
        """Enter the operations in their queues, or remove them, in the thread of the loop."""
        try:
            current = asyncio.get_running_loop()
        except RuntimeError:
            current = None
        if current is self._callbacks.loop:
            self._enter_queues()
        else:
            self.io_loop.add_callback(self._enter_queues)

    def _enter_queues(self) -> None:
        if self.socket is None:
            return
        if self._receiving.callback is None:
            self._receiving.leave_queue()
        else:
            self._receiving.enter_queue(self._engine.wait_to_receive)
        if self._sending.unsent:
            self._sending.enter_queue(self._engine.wait_to_send)

    def _failed(self, error: BaseException) -> None:
        """End, as the socket cannot be used any more; any other error is raised."""
        if self.socket is None:
            return
        if getattr(error, "errno", None) == ETERM:
            self.socket.close()
            self._end(self._callbacks.call_safely)
        elif self.socket.closed:
            gen_log.warning("%r had a closed socket: %s", self, error)
            self._end_without_socket(self._callbacks.call_safely)
        else:
            self._callbacks.failed(error)

    def _end_without_socket(self, call: Callable[..., None]) -> None:
        """End: the socket was closed by another call."""
        self._has_lost_socket = True
        self._end(call)
        warn(
            "a stream has ended after closing socket: call stream.close(), which closes both",
            UserWarning,
            stacklevel=3,
        )

    def _end(self, call: Callable[..., None]) -> None:
        """Forget everything, and call the close callback."""
        self.socket = None  # type: ignore[assignment]
        callback, self._close_callback = self._close_callback, None
        self._receiving.end()
        self._sending.end()
        self._reports.end()
        forget(self.io_loop, self)
        if callback is not None:
            call(callback)


def __getattr__(name: str) -> Any:
    """Return names that PyZMQ's module has by chance; this one does not use them."""
    if name == "jsonapi":
        return importlib.import_module("zmq.utils.jsonapi")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
