"""The futures that calls of asyncio sockets return.

Two places lean on what asyncio does inside. A dropped future that is cancelled is initialised
again, and where asyncio's future is written in Python its `_state` is set. `_break_cycle` reads
the callback and the frame of `asyncio.wait`; without them it does nothing, and a message of a
dropped future waits for the garbage collector.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import Future
from contextlib import suppress
from functools import partial

from zmq._native import (
    convert_ready,
    put_back_ready,
    ready_future,
    received_future,
    set_ready,
)
from zmq.constants import ENOTSOCK
from zmq.core.engine import WOULD_BLOCK, Engine, Loop, Operation
from zmq.core.front import Front
from zmq.core.warning import warn_program
from zmq.loops.asyncio import AsyncioLoop, running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    _Future = Future[Any]
else:
    _Future = Future

__all__ = ["FutureFront", "SocketFuture", "Waiting"]


class Unawaited:
    """A future that answers the mistakes of a program that has forgotten to await it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        problem = f"{type(self).__name__!r} object has no attribute {name!r}"
        if any(hasattr(result, name) for result in _RESULTS):
            problem = _unawaited(problem)
        raise AttributeError(problem, name=name, obj=self)

    def __getitem__(self, index: object) -> Any:
        raise TypeError(_unawaited(f"{type(self).__name__!r} object is not subscriptable"))

    def __add__(self, other: object) -> Any:
        raise TypeError(
            _unawaited(f"{type(self).__name__!r} and {type(other).__name__!r} cannot be added")
        )

    def __bytes__(self) -> bytes:
        raise TypeError(_unawaited(f"{type(self).__name__!r} object is no bytes"))


# What receives give, the usual ones.
_RESULTS = (bytes, str, list, dict)


def _unawaited(problem: str) -> str:
    from zmq._reasons import unawaited  # few programs need it

    return unawaited(problem)


class Ready(Unawaited, _Future):
    """The future of a call that could be made at once; native, see ready.pxi.

    As with Waiting, a message counts as delivered when a program has seen it.
    """

    __slots__ = ("_taken",)

    def cancel(self, msg: Any = None) -> bool:
        return put_back_ready(self) and _cancel_anew(self, msg)

    def add_done_callback(self, fn: Any, *, context: Any = None) -> None:
        if _is_of_a_program(fn):
            super().add_done_callback(_see)
        if context is None:
            super().add_done_callback(fn)
        else:
            super().add_done_callback(fn, context=context)

    def remove_done_callback(self, fn: Any, /) -> int:
        if _discard_awaited_by is not None:
            _break_cycle(fn)
        return super().remove_done_callback(fn)


set_ready(Future, Ready)


def _is_of_a_program(callback: Any) -> bool:
    """Whether a callback is none of asyncio's own, as those of gather and wait are."""
    module = getattr(getattr(callback, "func", callback), "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] not in ("asyncio", "_asyncio")


def _see(future: Future[Any]) -> None:
    """Note that a program is called with a message, which is delivered even if it looks away."""
    with suppress(Exception, asyncio.CancelledError):
        future.result()


def failed(loop: asyncio.AbstractEventLoop, error: BaseException) -> Future[Any]:
    """Return a future that has failed."""
    future: Future[Any] = Future(loop=loop)
    future.set_exception(error.with_traceback(None))
    return future


def converted(received: Any, convert: Callable[[Any], Any]) -> Future[Any]:
    """Return the future of what a function makes of what is received."""
    if type(received) is Ready:
        try:
            return convert_ready(received, convert)
        except Exception as error:
            return failed(received.get_loop(), error)
    if isinstance(received, Waiting) and not received.done():
        received.then(convert)
        return received
    if not isinstance(received, Future) or not received.done():
        return asyncio.ensure_future(_chain(received, convert))
    loop = received.get_loop()
    try:
        return ready_future(loop, convert(received.result()))
    except (Exception, asyncio.CancelledError) as error:
        return failed(loop, error)


def _cancel_anew(future: Future[Any], msg: Any) -> bool:
    """Cancel a future that has given back its message, before a program has seen it.

    For asyncio it is done. But what waits for it, as gather does, may keep it for a long time.
    """
    _initialise(future, loop=future.get_loop())
    if _done(future):  # asyncio's future in Python keeps its state
        future._state = "PENDING"
    return _cancel(future, msg)


def _break_cycle(callback: Any) -> None:
    """Have a cancelled asyncio.wait, which takes its callback back, let go of its task.

    From Python 3.14 on that task and its error know each other: by the callback, and by what the
    futures note of those that wait for them. So a future that its program has dropped would keep
    its message until the garbage collector comes.
    """
    if not isinstance(sys.exception(), asyncio.CancelledError):
        return
    task = asyncio.current_task()
    for cell in getattr(callback, "__closure__", None) or ():
        with suppress(ValueError):  # it is empty
            if cell.cell_contents is task:
                cell.cell_contents = None
    waiting = sys._getframe(2)
    if task is not None and waiting.f_globals.get("__name__") == asyncio.tasks.__name__:
        for future in waiting.f_locals.get("fs", ()):
            _discard_awaited_by(future, task)


# Since Python 3.14.
_discard_awaited_by: Any = getattr(asyncio, "future_discard_from_awaited_by", None)


async def _chain(received: Any, convert: Callable[[Any], Any]) -> Any:
    return convert(await received)


class Waiting(Unawaited, Operation, _Future):
    """The future of an operation that waits.

    The message that it ends with counts as delivered when a task or a callback has got it: a task
    that is cancelled before that has not, nor has a program that has dropped the future.
    """

    _awaiting = 0
    _asks_to_be_woken = False
    _is_first = True  # the callback that is added next
    _wake: Any = None

    def resolve(self, value: Any) -> None:
        if self.done():
            self.put_back()
            return
        _set_result(self, value)
        if self._wake is not None:
            self._wake_task()

    def reject(self, error: BaseException) -> None:
        if not self.done():
            _set_exception(self, error)
            if self._wake is not None:
                self._wake_task()

    def add_done_callback(self, fn: Any, *, context: Any = None) -> None:
        # What a task asks for when it starts to wait is kept, if nothing is to be called before:
        # see _wake_task.
        if self._asks_to_be_woken:
            self._asks_to_be_woken = False
            if self._is_first and context is not None:
                self._is_first = False
                self._wake = (fn, context)
                return
        self._is_first = False
        if _is_of_a_program(fn):
            super().add_done_callback(_see)
        if context is None:  # which is for the future's own class to choose
            super().add_done_callback(fn)
        else:
            super().add_done_callback(fn, context=context)

    def remove_done_callback(self, fn: Any, /) -> int:
        if _discard_awaited_by is not None:
            _break_cycle(fn)
        if self._wake is not None and self._wake[0] == fn:
            self._wake = None
            return 1 + super().remove_done_callback(fn)
        return super().remove_done_callback(fn)

    def _wake_task(self) -> None:
        """Let the task go on at once, and not after another turn of the loop.

        Operations end in a callback of the loop, in which no task runs: there is no other to
        disturb. And nothing can cancel the task between its message and its going on.
        """
        (wake, context), self._wake = self._wake, None
        # It gets its result from __await__, and looks at what it is given for errors only.
        try:
            context.run(wake, _WOKEN)
        except RuntimeError:
            if not self._awaiting:
                raise
            # Its context variables are in use, or another task: a task that runs the loop itself.
            self.get_loop().call_soon(wake, self, context=context)

    def cancel(self, msg: Any = None) -> bool:
        if self.done():
            if self.taken is WOULD_BLOCK or not self.takes_message:
                return False
            self.put_back()
            return _cancel_anew(self, msg)
        self._wake_soon()
        super().cancel(msg)
        self.cancel_wait()
        return True

    def set_result(self, result: Any, /) -> None:
        """End with what a program says."""
        self._wake_soon()
        super().set_result(result)
        self.cancel_wait()

    def set_exception(self, exception: Any, /) -> None:
        """End with what a program says."""
        self._wake_soon()
        super().set_exception(exception)
        self.cancel_wait()

    def _wake_soon(self) -> None:
        if self._wake is not None and not self.done():
            (wake, context), self._wake = self._wake, None
            self.get_loop().call_soon(wake, self, context=context)

    def result(self) -> Any:
        value = _result(self)
        # A task's own look before it goes on is not yet its program's.
        if not self._awaiting:
            self.taken = WOULD_BLOCK
        return value

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done():
            self._asyncio_future_blocking = True
            self._asks_to_be_woken = True
            self._awaiting += 1
            try:
                yield self
            except BaseException:
                self._awaiting -= 1
                if not self._awaiting:
                    self.put_back()
                raise
            self._awaiting -= 1
            if not self.done():
                raise RuntimeError("a future of a socket is awaited, not yielded from")
        self.taken: Any = WOULD_BLOCK
        try:
            return _result(self)
        finally:
            del self  # it has the error, which knows this frame

    __iter__ = __await__  # for generators of Tornado and older programs

    def __del__(self) -> None:
        if self.taken is not WOULD_BLOCK:
            self.put_back()
        _finalize(self)  # which logs an error that no program has looked at


class SocketFuture(Waiting):
    """The future of a call of a program: cancelled when the socket is closed, as in PyZMQ."""

    def reject(self, error: BaseException) -> None:
        if getattr(error, "errno", None) == ENOTSOCK:
            self.cancel()
        else:
            super().reject(error)


class FutureFront(Front):
    """Calls return futures of the loop that runs."""

    waits_through_efsm = True

    def __init__(self, future: type[Waiting] = SocketFuture) -> None:
        self._future = future

    def current(self) -> asyncio.AbstractEventLoop:
        return running()

    def loop(self, current: asyncio.AbstractEventLoop, /) -> AsyncioLoop:
        return AsyncioLoop.of(current)

    def value(self, value: Any) -> Future[Any]:
        return ready_future(running(), value)

    def after(self, loop: Loop, value: Any, at_once: bool = False) -> Future[Any]:
        if at_once or not loop.reactor.spent:
            return ready_future(running(), value, loop.reactor.spent)
        operation = self.operation(loop)
        loop.reactor.call(partial(operation.succeed, value))
        return operation

    def received(
        self, engine: Engine, value: Any, taken: Any = None, mores: list[int] | None = None
    ) -> Future[Any]:
        return received_future(running(), engine, value, taken, mores)

    def converted(self, received: Any, convert: Callable[[Any], Any]) -> Future[Any]:
        return converted(received, convert)

    def error(self, error: Exception, at_call: bool = False) -> Future[Any]:
        if at_call:  # what would have had to wait fails before there is a future
            raise error
        return failed(running(), error)

    def operation(self, loop: Loop) -> Waiting:
        return self._future(loop=_loop_of_wait())

    def wait(self, operation: Waiting) -> Waiting:
        return operation


def _loop_of_wait() -> asyncio.AbstractEventLoop:
    """Return the loop that a future is to be of; it should be running."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        warn_program(
            "no event loop runs: call the methods of asyncio sockets in a coroutine",
            RuntimeWarning,
        )
    return running()


class _NoLoop:
    def get_debug(self) -> bool:
        return False


_initialise, _done, _cancel = Future.__init__, Future.done, Future.cancel
_result, _set_result, _set_exception = Future.result, Future.set_result, Future.set_exception
_finalize: Callable[[Any], None] = Future.__del__
# The future of a task that only has to go on.
_WOKEN: Future[None] = Future(loop=_NoLoop())  # type: ignore[arg-type]
_WOKEN.set_result(None)
