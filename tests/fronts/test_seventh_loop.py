"""A loop that the package does not know gets sockets from one file: see docs/design/fronts.md."""

from __future__ import annotations

import heapq
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from itertools import count
from typing import Any, ClassVar

import pytest

import zmq
from zmq.core.coroutines import CoroutinePoller, CoroutineSocket
from zmq.core.ending import AwaitedContext
from zmq.core.engine import Held, Loop, Operation
from zmq.core.front import CoroutineFront, Front

# ---- the loop: it knows nothing of sockets ------------------------------------------------------


class Cancelled(BaseException):
    """Ends a task from outside."""


class Task:
    def __init__(self, loop: Tasks, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.loop, self.coroutine = loop, coroutine
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None

    def step(self, value: Any = None, error: BaseException | None = None) -> None:
        before, self.loop.task = self.loop.task, self
        try:
            if error is None:
                self.coroutine.send(value)
            else:
                self.coroutine.throw(error)
        except StopIteration as stop:
            self.done, self.value = True, stop.value
        except BaseException as raised:
            self.done, self.error = True, raised
        finally:
            self.loop.task = before

    def cancel(self) -> None:
        self.step(error=Cancelled())


class Tasks:
    """Runs coroutines, calls back for descriptors and at times."""

    running: ClassVar[Tasks]

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.soon: deque[Callable[[], object]] = deque()
        self.timers: list[tuple[float, int, Callable[[], object]]] = []
        self.numbers = count()
        self.now = 0.0  # of this loop's own clock: it goes on when nothing else can
        self.task: Any = None
        self.holds: Any = None

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        task = Task(self, coroutine)
        self.soon.append(task.step)
        return task

    def watch(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        self.selector.register(fd, selectors.EVENT_READ, callback)
        return partial(self.selector.unregister, fd)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        timer = (self.now + seconds, next(self.numbers), callback)
        heapq.heappush(self.timers, timer)
        return lambda: self.timers.remove(timer) if timer in self.timers else None

    def turn(self) -> None:
        for _ in range(len(self.soon)):
            self.soon.popleft()()
        ready = self.selector.select(0 if self.soon else 0.05)
        for key, _ in ready:
            key.data()
        if self.timers and not ready and not self.soon:
            self.now, _, callback = heapq.heappop(self.timers)
            callback()

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        Tasks.running = self
        task = self.spawn(main)
        while not task.done:
            self.turn()
        self.holds = None
        self.selector.close()
        if task.error is not None:
            raise task.error
        return task.value


class Turn:
    """Awaited, it lets the other tasks run."""

    def __await__(self) -> Generator[None, Any, None]:
        loop = Tasks.running
        loop.soon.append(loop.task.step)
        yield


# ---- its front: the three classes of the contract -----------------------------------------------


class SeventhLoop(Loop):
    def __init__(self, loop: Tasks) -> None:
        super().__init__()
        self.tasks = loop
        loop.watch(self.reactor.fileno(), self.reactor.turn)
        loop.holds = Held(self)

    def watch(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        return self.tasks.watch(fd, callback)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        return self.tasks.later(seconds, callback)


class SeventhOperation(Operation):
    ended = False

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks

    def __await__(self) -> Generator[None, Any, Any]:
        self.task = self.tasks.task
        try:
            value = yield
        except Cancelled:
            self.put_back() if self.ended else self.cancel_wait()
            self.task = None
            raise
        self.delivered()
        return value

    def resolve(self, value: Any) -> None:
        self.ended = True
        self.tasks.soon.append(lambda: self.task and self.task.step(value))

    def reject(self, error: BaseException) -> None:
        self.ended = True
        self.tasks.soon.append(lambda: self.task and self.task.step(error=error))


class SeventhFront(CoroutineFront):
    def __init__(self) -> None:
        self.loops: dict[Tasks, SeventhLoop] = {}

    def current(self) -> Tasks:
        return Tasks.running

    def loop(self, current: Tasks, /) -> SeventhLoop:
        if current not in self.loops:
            self.loops[current] = SeventhLoop(current)
        return self.loops[current]

    def operation(self, loop: Any) -> SeventhOperation:
        return SeventhOperation(loop.tasks)

    async def checkpoint(self) -> None:
        await Turn()


FRONT = SeventhFront()


class Socket(CoroutineSocket):
    _front = FRONT


class Poller(CoroutinePoller):
    _front = FRONT


class Context(AwaitedContext[Socket]):
    _front = FRONT
    _socket_class = Socket
    _instance = None


# ---- what its sockets do ------------------------------------------------------------------------

Scenario = Callable[[Tasks, Socket, Socket], Coroutine[Any, Any, Any]]


def run(scenario: Scenario, first: int = zmq.PAIR, second: int = zmq.PAIR) -> Any:
    loop = Tasks()

    async def main() -> Any:
        async with Context() as context:
            a, b = context.socket(first), context.socket(second)
            a.bind("inproc://seventh")
            b.connect("inproc://seventh")
            return await scenario(loop, a, b)

    return loop.run(main())


def test_a_receive_waits_for_its_message() -> None:
    async def scenario(loop: Tasks, a: Socket, b: Socket) -> Any:
        waiting = loop.spawn(b.recv())
        await Turn()
        assert not waiting.done
        await a.send(b"x")
        while not waiting.done:
            await Turn()
        return waiting.value, await got_at_once(a, b)

    async def got_at_once(a: Socket, b: Socket) -> Any:
        await a.send_multipart([b"1", b"2"])
        return await b.recv_multipart()

    assert run(scenario) == (b"x", [b"1", b"2"])


def test_time_outs_hold() -> None:
    async def scenario(loop: Tasks, a: Socket, b: Socket) -> Any:
        b.rcvtimeo = 1000
        with pytest.raises(zmq.Again):
            await b.recv()
        return await b.poll(1000), loop.now

    assert run(scenario) == (0, 2.0)


def test_a_cancelled_receive_loses_nothing() -> None:
    async def scenario(loop: Tasks, a: Socket, b: Socket) -> Any:
        early, late = loop.spawn(b.recv()), loop.spawn(b.recv())
        await Turn()
        early.cancel()
        await a.send(b"x")
        while not loop.soon:
            await Turn()
        late.cancel()  # the operation has its message, and the task has not gone on
        assert isinstance(early.error, Cancelled)
        assert isinstance(late.error, Cancelled)
        return await b.recv()

    assert run(scenario) == b"x"


def test_out_of_turn_a_receive_waits_for_the_send() -> None:
    async def scenario(loop: Tasks, req: Socket, rep: Socket) -> Any:
        answer = loop.spawn(req.recv_string())
        await Turn()
        await req.send(b"question")
        assert await rep.recv() == b"question"
        await rep.send(b"answer")
        while not answer.done:
            await Turn()
        return answer.value

    assert run(scenario, zmq.REQ, zmq.REP) == "answer"


def test_a_poller_waits() -> None:
    async def scenario(loop: Tasks, a: Socket, b: Socket) -> Any:
        poller = Poller()
        poller.register(b, zmq.POLLIN)
        waiting = loop.spawn(poller.poll())
        await Turn()
        await a.send(b"x")
        while not waiting.done:
            await Turn()
        assert waiting.value == [(b, zmq.POLLIN)]
        return await b.recv(zmq.DONTWAIT)

    assert run(scenario) == b"x"


def test_a_front_that_is_not_whole_says_what_is_missing() -> None:
    class Part(Front):
        pass

    with pytest.raises(TypeError, match=r"current.*loop.*operation"):
        Part()  # type: ignore[abstract]
