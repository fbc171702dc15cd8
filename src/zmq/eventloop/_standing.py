"""What a stream has standing in the queues of its socket's engine.

One operation receives for as long as there is a callback, the other sends for as long as something
is left to send. So the rules of the engine hold for streams as they do for futures: no wake-up is
lost, all who wait are served in order, and a flood leaves turns to the rest of the program.
"""

from __future__ import annotations

from collections import deque
from contextvars import Context, copy_context
from functools import partial

from zmq.constants import DONTWAIT, EFSM, ENOTSOCK, ENOTSUP, ETERM, POLLIN, POLLOUT
from zmq.core.engine import TURN, WOULD_BLOCK, Operation
from zmq.core.queued import kept, only_part
from zmq.core.socket import Socket
from zmq.error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from zmq.core.engine import Engine
    from zmq.eventloop._callbacks import Callbacks

__all__ = ["Receiving", "Sending"]

_NOW = int(DONTWAIT)
# What ends a stream, or should not have been tried. Any other error is one message's.
_FINAL = (ETERM, ENOTSOCK, ENOTSUP)


class _Standing(Operation):
    """An operation that stays until it is told to leave."""

    # REQ and REP: it waits until it is its turn.
    waits_for_turn = True
    direction: int

    def __init__(
        self, engine: Engine, socket: Socket[Any], failed: Callable[[BaseException], object]
    ) -> None:
        self.engine = self.of = engine
        self.owner = socket
        self.failed = failed

    def stand(self, wait: Callable[[Operation], None]) -> None:
        """Enter the queue, unless it is there already."""
        if self.queue is None:
            self.socket = self.owner
            wait(self)
            # It was not tried before, as the engine may assume of others who wait.
            self.of.ring()

    def go(self) -> None:
        """Leave the queue."""
        queue = self.queue
        if queue is not None:
            self.cancel_wait()
            if not queue:
                # Who comes next, still in this turn, need not stand in line.
                self.of.emptied(self.direction)

    def end(self) -> None:
        """Leave for good, and forget the stream: it needs no garbage collector then."""
        self.go()
        self.failed = _ignore

    def expire(self) -> None:
        """Stay: time-outs of the socket are not those of a stream."""

    def fail(self, error: BaseException) -> None:
        # A PUSH socket, for example, has nothing to receive, ever.
        if getattr(error, "errno", None) != ENOTSUP:
            self.failed(error)


class Receiving(_Standing):
    """Calls back with each message."""

    direction = int(POLLIN)
    callback: Callable[[list[Any]], Any] | None = None
    context: Context
    inside = False

    def __init__(
        self,
        engine: Engine,
        socket: Socket[Any],
        failed: Callable[[BaseException], object],
        callbacks: Callbacks,
        to_report: deque[tuple[Any, Any]],
        report: Callable[[], object],
    ) -> None:
        super().__init__(engine, socket, failed)
        self.callbacks = callbacks
        self.to_report = to_report
        self.report = report
        self.take: Callable[[], Any]

    def set(self, callback: Callable[[list[Any]], Any] | None, copy: bool) -> None:
        """Call this from now on, with bytes or with frames."""
        self.callback = callback
        self.context = copy_context()
        self.inside = False
        if _is_native(self.owner, "recv", "recv_multipart"):
            self.take = partial(self.of.try_recv_multipart, TURN, copy)
        else:
            self.take = partial(_unless_again, self.owner.recv_multipart, _NOW, copy=copy)

    def attempt(self) -> Any:
        """Deliver messages, in the context variables of who asked for them."""
        if self.inside:  # a callback runs the loop by itself
            return self.context.copy().run(self._deliver)
        self.inside = True
        try:
            return self.context.run(self._deliver)
        finally:
            self.inside = False

    def _deliver(self) -> Any:
        """Call back while there are messages, and others need not have their turn (rule 5)."""
        engine, to_report = self.of, self.to_report
        try:
            while (callback := self.callback) is not None:
                if to_report:
                    # That a message was sent is told before the answer to it.
                    self.report()
                    if engine.spent:
                        break
                    continue
                message = self.take()
                if message is WOULD_BLOCK:
                    break
                try:
                    result = callback(message)
                except BaseException as error:
                    self.callbacks.failed(error)
                else:
                    if result is not None:
                        self.callbacks.follow(result)
                if engine.spent:
                    break
        except BaseException:
            engine.ring()  # this ends the turn: have another one for what is left
            raise
        return WOULD_BLOCK

    def end(self) -> None:
        self.callback = None
        super().end()
        self.report = _ignore

    def take_now(self) -> Any:
        """Receive a message; WOULD_BLOCK if there is none."""
        try:
            return self.take()
        except ZMQError as error:
            if error.errno in (EFSM, ENOTSUP):
                return WOULD_BLOCK
            raise


class Sending(_Standing):
    """Sends in order, and tells what has become of each message."""

    direction = int(POLLOUT)

    def __init__(
        self,
        engine: Engine,
        socket: Socket[Any],
        failed: Callable[[BaseException], object],
        sent: Callable[[Any, Any], object],
    ) -> None:
        super().__init__(engine, socket, failed)
        self.sent = sent
        self.size = socket.copy_threshold
        self.unsent: deque[tuple[Any, Callable[[], Any]]] = deque()
        self.send: Callable[..., Any] = engine.try_send_multipart
        if not _is_native(socket, "send", "send_multipart"):
            self.send = partial(_through, socket)

    def begin(
        self, message: Iterable[Any], flags: int, copy: bool, track: bool, more: dict[str, Any]
    ) -> bool:
        """Send a message, at once if nothing waits before it; if not it waits: False."""
        send = partial(_one_part, self.of, **more) if more else self.send
        if not self.unsent:
            try:
                status = send(message, flags, copy, track, self.size)
            except ZMQError as error:
                status = _status_of(error)
            if status is not WOULD_BLOCK:
                self.sent(message, status)
                return True
        # What is sent later is what is there now.
        parts = [kept(part, copy, track, self.size) for part in message]
        call = partial(send, parts, flags | TURN, copy, track, self.size)
        self.unsent.append((message, call))
        return False

    def attempt(self) -> Any:
        """Send while there is something, and others need not have their turn (rule 5)."""
        while self.send_next() and not self.of.spent:
            pass
        if self.unsent:
            # libzmq's send looks at its mailbox only now and then: have EVENTS read, which does.
            self.of.begin()
        else:
            self.go()
        return WOULD_BLOCK

    def end(self) -> None:
        self.unsent.clear()
        super().end()
        self.sent = _ignore

    def send_all(self) -> None:
        """Send what the socket takes."""
        while self.send_next():
            pass

    def send_next(self) -> bool:
        """Send what comes next; whether it is done."""
        if not self.unsent:
            return False
        message, call = self.unsent[0]
        try:
            status = call()
        except ZMQError as error:
            status = _status_of(error)
        if status is WOULD_BLOCK:
            return False
        self.unsent.popleft()
        self.sent(message, status)
        return True


def _ignore(*args: Any) -> None:
    """Take the place of a method of a stream that has ended."""


def _status_of(error: ZMQError) -> Any:
    """Return an error as what has become of a message; raise one that is not the message's own."""
    if error.errno == EFSM:
        return WOULD_BLOCK
    if error.errno in _FINAL:
        raise error
    return error


def _one_part(
    engine: Engine,
    message: Iterable[Any],
    flags: int,
    copy: bool,
    track: bool,
    size: int,
    *,
    routing_id: int | None = None,
    group: str | None = None,
) -> Any:
    """Send to a peer or a group."""
    part = only_part(list(message))
    return engine.try_send(part, flags, copy, track, routing_id, group, size)


def _is_native(socket: Socket[Any], *names: str) -> bool:
    """Whether methods are as they come: a subclass, or a test, may have put others there."""
    return all(
        getattr(type(socket), name) is getattr(Socket, name) and name not in socket.__dict__
        for name in names
    )


def _through(
    socket: Socket[Any], message: Any, flags: int, copy: bool, track: bool, size: int
) -> Any:
    """Send by the method of the socket, which is not the native one."""
    flags = flags & ~TURN | _NOW
    return _unless_again(socket.send_multipart, message, flags, copy=copy, track=track)


def _unless_again(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method that does not wait."""
    try:
        return call(*args, **kwargs)
    except Again:
        return WOULD_BLOCK
