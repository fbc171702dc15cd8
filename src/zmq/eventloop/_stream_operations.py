"""The operations of a stream in the queues of its socket's engine.

One operation receives for as long as there is a callback, the other sends for as long as something
is left to send. So the rules of the engine hold for streams as they do for futures: no wake-up is
lost, all operations are served in order, and a flood leaves turns to the rest of the program.
"""

from __future__ import annotations

from collections import deque
from contextvars import Context, copy_context
from functools import partial

from zmq.constants import DONTWAIT, EFSM, ENOTSOCK, ENOTSUP, ETERM
from zmq.core.engine import FROM_QUEUE, WOULD_BLOCK, Operation
from zmq.core.queued import kept, only_part
from zmq.core.socket import Socket, overrides
from zmq.error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from zmq.core.engine import Engine
    from zmq.eventloop._callbacks import Callbacks
    from zmq.eventloop._reports import Reports

__all__ = ["Receiving", "Sending"]

_NOW = int(DONTWAIT)
# Errors that end a stream. Any other error belongs to one message.
_FINAL = (ETERM, ENOTSOCK)
# Arguments of one message; a socket does not know the others.
_TO_WHOM = ("routing_id", "group")


class StreamOperation(Operation):
    """An operation that stays until it is told to leave."""

    # REQ and REP: it waits until a receive is possible.
    waits_through_efsm = True

    def __init__(
        self, engine: Engine, socket: Socket[Any], failed: Callable[[BaseException], object]
    ) -> None:
        self.engine = self.of = engine
        self.owner = socket
        self.failed = failed

    def enter_queue(self, wait: Callable[[Operation], None]) -> None:
        """Enter the queue, unless it is there already."""
        if self.queue is None:
            self.socket = self.owner
            wait(self)
            # It was not tried before, as the engine may assume of other operations.
            self.of.ring()

    def leave_queue(self) -> None:
        """Leave the queue."""
        if self.queue is not None:
            self.cancel_wait()

    def end(self) -> None:
        """Leave for ever, and drop the stream, so that there is no cycle of references."""
        self.leave_queue()
        self.failed = _ignore

    def expire(self) -> None:
        """Stay: a stream ignores the time-outs of its socket."""

    def fail(self, error: BaseException) -> None:
        # A PUSH socket, for example, can never receive.
        if getattr(error, "errno", None) != ENOTSUP:
            self.failed(error)


class Receiving(StreamOperation):
    """Calls back with each message."""

    callback: Callable[[list[Any]], Any] | None = None
    context: Context
    inside = False

    def __init__(
        self,
        engine: Engine,
        socket: Socket[Any],
        failed: Callable[[BaseException], object],
        callbacks: Callbacks,
        reports: Reports,
    ) -> None:
        super().__init__(engine, socket, failed)
        self.callbacks = callbacks
        self.reports = reports
        self.take: Callable[[], Any]

    def set(self, callback: Callable[[list[Any]], Any] | None, copy: bool) -> None:
        """Call this from now on, with bytes or with frames."""
        self.callback = callback
        self.context = copy_context()
        self.inside = False
        if _is_native(self.owner, "recv", "recv_multipart"):
            self.take = partial(self.of.try_recv_multipart, FROM_QUEUE, copy)
        else:
            self.take = partial(_unless_again, self.owner.recv_multipart, _NOW, copy=copy)

    def attempt(self) -> Any:
        """Deliver messages, in the context variables of the call that set the callback."""
        if self.inside:  # a callback runs the loop by itself
            return self.context.copy().run(self._deliver)
        self.inside = True
        try:
            return self.context.run(self._deliver)
        finally:
            self.inside = False

    def _deliver(self) -> Any:
        """Call back while there are messages, and others need not have their turn (rule 5)."""
        engine, pending = self.of, self.reports.pending
        try:
            while (callback := self.callback) is not None:
                if pending:
                    # on_send is called for a message before on_recv for its answer.
                    engine.keep_awake()
                    self.reports.deliver()
                    if engine.spent:
                        break
                    continue
                message = self.take()
                if message is WOULD_BLOCK:
                    break
                # The callback may run the loop by itself, which serves later messages.
                engine.keep_awake()
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
            engine.ring()  # this ends the turn: ask for another one for the rest
            raise
        return WOULD_BLOCK

    def end(self) -> None:
        self.callback = None
        super().end()

    def take_now(self) -> Any:
        """Receive a message; WOULD_BLOCK if there is none."""
        try:
            return self.take()
        except ZMQError as error:
            if error.errno in (EFSM, ENOTSUP):
                return WOULD_BLOCK
            raise


class Sending(StreamOperation):
    """Sends in order, and reports the outcome of each message.

    What cannot be sent is noticed when its turn has come: the call that gave it does not fail.
    """

    def __init__(
        self,
        engine: Engine,
        socket: Socket[Any],
        failed: Callable[[BaseException], object],
        reports: Reports,
    ) -> None:
        super().__init__(engine, socket, failed)
        self.reports = reports
        self.size = socket.copy_threshold
        self.unsent: deque[tuple[Any, Callable[[], Any]]] = deque()
        self.send: Callable[..., Any] = engine.try_send_multipart
        # A method of the program's own is called once for each message, and in its turn.
        self.at_once = _is_native(socket, "send", "send_multipart")
        if not self.at_once:
            self.send = partial(_through, socket)

    def begin(
        self, message: Any, flags: int, copy: bool, track: bool, more: dict[str, Any]
    ) -> bool:
        """Send a message, at once if nothing waits before it; if not it waits: False."""
        send = self.send
        if more:
            whom = {name: more[name] for name in _TO_WHOM if more.get(name) is not None}
            send = partial(_one_part, self.of, **whom) if whom else send
        if self.at_once and not self.unsent:
            status = WOULD_BLOCK
            try:
                status = send(_parts(message), flags, copy, track, self.size)
            except Exception as error:  # it is raised again when the message is sent in order
                if getattr(error, "errno", None) in _FINAL:
                    raise
            if status is not WOULD_BLOCK:
                self.reports.add(message, status)
                return True
        try:
            # The contents are copied now: the program may change its list.
            parts = [kept(part, copy, track, self.size) for part in _parts(message)]
        except Exception:
            parts = message
        call = partial(_send_from_queue, send, parts, flags, copy, track, self.size)
        self.unsent.append((message, call))
        return False

    def attempt(self) -> Any:
        """Send while there is something, and others need not have their turn (rule 5)."""
        while self._send_or_log() and not self.of.spent:
            pass
        if self.unsent:
            # libzmq's send looks at its mailbox only now and then: have EVENTS read, which does.
            self.of.read_events_again()
        else:
            self.leave_queue()
        return WOULD_BLOCK

    def end(self) -> None:
        self.unsent.clear()
        super().end()

    def send_next(self) -> bool:
        """Send the next message; whether it was sent. Raises if it can never be sent."""
        if not self.unsent:
            return False
        message, call = self.unsent[0]
        try:
            status = call()
        except ZMQError as error:
            status = _status_of(error)
        except Exception:
            self.unsent.popleft()
            raise
        if status is WOULD_BLOCK:
            return False
        self.unsent.popleft()
        self.reports.add(message, status)
        return True

    def send_last(self) -> None:
        """Send what the socket takes, before it is closed."""
        while self._send_or_log():
            pass

    def _send_or_log(self) -> bool:
        try:
            return self.send_next()
        except ZMQError:
            raise  # it is no error of the message
        except Exception as error:
            self.reports.not_sent(error)
            return True


def _ignore(*args: Any) -> None:
    """Take the place of a method of a stream that has ended."""


def _status_of(error: ZMQError) -> Any:
    """Return an error of a message as its outcome; raise any other."""
    if error.errno == EFSM:
        return WOULD_BLOCK
    if error.errno in _FINAL:
        raise error
    return error


def _send_from_queue(
    send: Callable[..., Any], parts: Any, flags: int, copy: bool, track: bool, size: int
) -> Any:
    """Send a message that has waited for its turn."""
    return send(_parts(parts), flags | FROM_QUEUE, copy, track, size)


def _parts(message: Any) -> Any:
    """Return the parts of a message; raise where there is no sequence, as Socket.send_multipart."""
    return message if isinstance(message, (list, tuple)) else message[:]


def _one_part(
    engine: Engine,
    message: Sequence[Any],
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
    """Whether neither a subclass nor the object itself has methods of its own by these names."""
    return not any(overrides(socket, name, Socket) for name in names)


def _through(
    socket: Socket[Any], message: Any, flags: int, copy: bool, track: bool, size: int
) -> Any:
    """Send by the method of the socket, which is not the native one."""
    flags = flags & ~FROM_QUEUE | _NOW
    return _unless_again(socket.send_multipart, message, flags, copy=copy, track=track)


def _unless_again(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method that does not wait."""
    try:
        return call(*args, **kwargs)
    except Again:
        return WOULD_BLOCK
