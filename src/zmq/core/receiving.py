"""The four receives of a queued socket: how each is tried, and how it waits.

All of them have two arguments beside their flags, so that one body serves them: see
QueuedSocket._try_receive.
"""

from __future__ import annotations

from functools import partial

from zmq.core.engine import WOULD_BLOCK, Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from zmq.core.engine import Operation
    from zmq.core.frame import Frame

__all__ = ["INTO", "MANY", "MESSAGE", "PART", "Receive"]


class Receive:
    """One kind of receive.

    Parameters
    ----------
    attempt : callable
        Takes an engine, flags and two arguments; gives what was taken, or WOULD_BLOCK.
    prepare : callable
        Takes an operation and the same; has the operation try again, as often as it must.
    answer : callable, optional
        Makes the arguments of Front.received of what was taken; if none, that is the value.
    """

    __slots__ = ("answer", "attempt", "prepare")

    def __init__(
        self,
        attempt: Callable[..., Any],
        prepare: Callable[[Operation, Engine, int, Any, Any], None],
        answer: Callable[[Any], tuple[Any, ...]] | None = None,
    ) -> None:
        self.attempt: Callable[..., Any] = attempt
        self.prepare: Callable[[Operation, Engine, int, Any, Any], None] = prepare
        self.answer: Callable[[Any], tuple[Any, ...]] | None = answer


# Parts wait as Frames: a Frame that has to be put back knows whether others of its message follow.


def _prepare_part(
    operation: Operation, engine: Engine, flags: int, copy: bool, track: bool
) -> None:
    operation.attempt = partial(engine.try_recv, flags, False, track)
    if copy:
        operation.finish = _bytes_of


def _prepare_message(
    operation: Operation, engine: Engine, flags: int, copy: bool, track: bool
) -> None:
    operation.attempt = partial(engine.try_recv_multipart, flags, copy, track)


def _try_into(engine: Engine, flags: int, buffer: Any, nbytes: int) -> Any:
    return engine.try_recv_into(buffer, nbytes, flags)


def _prepare_into(
    operation: Operation, engine: Engine, flags: int, buffer: Any, nbytes: int
) -> None:
    operation.attempt = partial(engine.try_recv, flags, False)
    operation.finish = partial(_fill, buffer, nbytes)


def _answer_into(frame: Frame) -> tuple[Any, ...]:
    return len(frame), frame


def _try_many(engine: Engine, flags: int, limit: int, multipart: bool) -> Any:
    mores: list[int] = []
    got = engine.try_recv_many(limit, flags, multipart, mores)
    return got if got is WOULD_BLOCK else (got, mores)


def _prepare_many(
    operation: Operation, engine: Engine, flags: int, limit: int, multipart: bool
) -> None:
    if multipart:
        operation.attempt = partial(engine.try_recv_many, limit, flags, True)
    else:
        operation.attempt = partial(_frames, engine, limit, flags)
        operation.finish = _bytes_of_all


def _answer_many(taken: tuple[list[Any], list[int]]) -> tuple[Any, ...]:
    got, mores = taken
    return got, got, mores


def _bytes_of(frame: Frame) -> bytes:
    return frame.bytes


def _bytes_of_all(frames: list[Frame]) -> list[bytes]:
    return [frame.bytes for frame in frames]


def _frames(engine: Engine, limit: int, flags: int) -> Any:
    """Receive the parts that are there, as Frames; WOULD_BLOCK if there is none."""
    frames: list[Frame] = []
    while len(frames) < limit:
        frame = engine.try_recv(flags, False)
        if frame is WOULD_BLOCK:
            break
        frames.append(frame)
    return frames or WOULD_BLOCK


def _fill(buffer: Any, nbytes: int, frame: Frame) -> int:
    """Copy a part into a buffer, as recv_into does."""
    view = memoryview(buffer).cast("B")
    room = min(nbytes or len(view), len(frame))
    view[:room] = frame.buffer[:room]
    return len(frame)


#: recv: copy and track.
PART = Receive(Engine.try_recv, _prepare_part)
#: recv_multipart: copy and track.
MESSAGE = Receive(Engine.try_recv_multipart, _prepare_message)
#: recv_into: the buffer and how many bytes of it.
INTO = Receive(_try_into, _prepare_into, _answer_into)
#: recv_many: the limit, and whether messages are received or parts.
MANY = Receive(_try_many, _prepare_many, _answer_many)
