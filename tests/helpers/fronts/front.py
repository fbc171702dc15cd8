"""One way to write a scenario for every front: blocking threads and all event loops.

A scenario is an `async def` that takes a Front. `await front(socket.recv())` gives the message
on every front: where a call returns an awaitable this awaits it, and where it blocks (threads,
greenlets) the message is there already, so that the scenario never really suspends and a driver
of three lines runs it. Tasks are threads, greenlets, asyncio tasks or tasks of a task group.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import zmq

Body = Callable[..., Coroutine[Any, Any, Any]]
DEADLINE_S = 40.0
SETTLE_S = 0.005


class Task:
    """A task of a scenario, and its result."""

    def __init__(self) -> None:
        self.handle: Any = None
        self.value: Any = None
        self.error: BaseException | None = None
        self.ended = False  # with a value or an error; a cancelled task has neither

    async def body(self, function: Body, args: tuple[Any, ...]) -> None:
        try:
            self.value = await function(*args)
        except Exception as error:
            self.error = error.with_traceback(None)
        self.ended = True

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        assert self.ended, "the task was cancelled"
        return self.value


def straight(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise AssertionError("a scenario awaited what is no operation of its front")


class Front:
    """A front, and how its tasks are run. One object for each test."""

    name: ClassVar[str]
    module: ClassVar[str]
    # cancel: tasks can be cancelled; futures: calls are eager and return futures;
    # loop: tasks take turns in one thread; leave: a waiter can outlive its loop; await: calls are
    # awaited, so that a receive may be waiting before the request is sent; greenlets: tasks are
    # greenlets, of the loop that is named beside it; look, look_polling: a wait,
    # and one of a poller, may look before it sleeps.
    can: ClassVar[frozenset[str]] = frozenset({"cancel", "loop", "await", "look", "look_polling"})

    def __init__(self) -> None:
        self.zmq: Any = self.load(self.module)
        self.tasks: list[Task] = []
        self.context: Any = self.zmq.Context()
        self.sockets: list[Any] = []
        self.pipe: tuple[int, ...] = ()

    @staticmethod
    def load(name: str) -> Any:
        with warnings.catch_warnings():
            # A library may announce its own end when it is imported.
            warnings.simplefilter("ignore")
            return importlib.import_module(name)

    # -- sockets ----------------------------------------------------------------------------

    def socket(self, socket_type: int, **options: Any) -> Any:
        socket = self.context.socket(socket_type)
        self.sockets.append(socket)
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def pair(
        self, first: int = zmq.PAIR, second: int = zmq.PAIR, transport: str = "inproc", **opts: Any
    ) -> tuple[Any, Any]:
        """Two connected sockets."""
        a, b = self.socket(first, **opts), self.socket(second, **opts)
        if second == zmq.SUB:
            b.subscribe(b"")
        a.bind("tcp://127.0.0.1:*" if transport == "tcp" else f"inproc://{id(a):x}")
        b.connect(a.last_endpoint.decode())
        return a, b

    def quiet_descriptor(self) -> int:
        """A descriptor that never becomes readable."""
        if not self.pipe:
            self.pipe = os.pipe()
        return self.pipe[0]

    def raw(self, socket: Any) -> zmq.Socket[bytes]:
        """A second handle of a socket, as the blocking front has it."""
        return zmq.Socket.shadow(socket.underlying)

    def close(self) -> None:
        for socket in self.sockets:
            socket.close(0)
        self.context.destroy(linger=0)
        for descriptor in self.pipe:
            os.close(descriptor)

    # -- operations -------------------------------------------------------------------------

    async def __call__(self, value: Any) -> Any:
        """The result of an operation."""
        if not inspect.isawaitable(value):
            return value
        try:
            return await value
        finally:
            # An error refers to this frame: it must not refer to the future that has the error.
            del value

    def start(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Task:
        """Call in a task."""

        async def call() -> Any:
            return await self(method(*args, **kwargs))

        return self.spawn(call)

    async def start_in_order(self, *calls: Callable[..., Any]) -> list[Task]:
        """Call each in a task, the next when the last one waits: loops need not keep an order."""
        tasks = []
        for call in calls:
            tasks.append(self.start(call))
            await self.turns(2)
        return tasks

    async def turns(self, count: int = 1) -> None:
        for _ in range(count):
            await self.sleep(0)

    async def settle(self) -> None:
        """Let tasks come to where they wait."""
        await self.turns(3)
        await self.sleep(SETTLE_S)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something is true; the deadline of the run ends it."""
        while not condition():
            await self.sleep(0.001)

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    # -- tasks ------------------------------------------------------------------------------

    def spawn(self, function: Body, *args: Any) -> Task:
        task = Task()
        self.tasks.append(task)
        task.handle = self.launch(lambda: task.body(function, args))
        return task

    async def join(self, task: Task) -> Any:
        """The task's value; raises its error."""
        await self.finished(task)
        self.tasks.remove(task)
        return task.result()

    async def gather(self, *tasks: Task) -> list[Any]:
        return [await self.join(task) for task in tasks]

    async def cancel(self, task: Task) -> bool:
        """End a task; whether it had not ended by itself."""
        if task.handle is not None and not task.ended:
            self.cancel_soon(task)
        await self.finished(task)
        self.tasks.remove(task)
        return not task.ended

    async def finished(self, task: Task) -> None:
        """Wait for the end of a task, whatever it is."""
        if task.handle is not None:
            await self.ended(task.handle)
            task.handle = None  # which refers to the task

    async def within(self, seconds: float, function: Body, *args: Any) -> Any:
        """The function's value, or TimeoutError."""
        raise NotImplementedError

    def launch(self, body: Body) -> Any:
        raise NotImplementedError

    async def ended(self, handle: Any) -> None:
        raise NotImplementedError

    def cancel_soon(self, task: Task) -> None:
        raise NotImplementedError

    # -- running ----------------------------------------------------------------------------

    def drive(self, main: Body) -> Any:
        """Run a scenario in a loop of its own, in this thread."""
        raise NotImplementedError

    async def limited(self, main: Body) -> Any:
        """A scenario that ends in time, and with all its tasks."""
        try:
            return await self.within(DEADLINE_S, main)
        finally:
            for task in self.tasks[:]:
                await self.cancel(task)

    def run(self, *mains: Body) -> Any:
        """Run scenarios, one loop after another, in one new thread; the last one's value."""
        values: list[Any] = []
        errors: list[BaseException] = []

        def work() -> None:
            try:
                values.extend(self.drive(main) for main in mains)
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=work, name=self.name, daemon=True)
        thread.start()
        thread.join(DEADLINE_S + 5)
        if thread.is_alive():
            frame = sys._current_frames()[thread.ident or 0]
            raise AssertionError("the loop hangs:\n" + "".join(traceback.format_stack(frame)))
        if errors:
            raise errors[0]
        return values[-1]
