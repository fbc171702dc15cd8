"""One way to write a scenario for every front: blocking threads and all event loops.

A scenario is an `async def` that takes a Front. `await front(socket.recv())` gives the message
on every front: where a call returns an awaitable this awaits it, and where it blocks (threads,
greenlets) the message is there already, so that the scenario never really suspends and a driver
of three lines runs it. Tasks are threads, greenlets, asyncio tasks or tasks of a task group.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import zmq

Body = Callable[..., Coroutine[Any, Any, Any]]
DEADLINE_S = 20.0
SETTLE_S = 0.005


class Task:
    """What a scenario has started, and what came of it."""

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
    # awaited, so that a receive may be waiting before the request is sent.
    can: ClassVar[frozenset[str]] = frozenset({"cancel", "loop", "await"})

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
        """What an operation gives."""
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


class Threads(Front):
    """Blocking sockets; a task is a thread."""

    name = "threads"
    module = "zmq"
    can = frozenset()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def launch(self, body: Body) -> Any:
        thread = threading.Thread(target=lambda: straight(body()), daemon=True)
        thread.start()
        return thread

    async def ended(self, handle: Any) -> None:
        handle.join(DEADLINE_S)
        assert not handle.is_alive(), "the thread still waits"

    def cancel_soon(self, task: Task) -> None:
        # A thread cannot be cancelled; at the end of a test its sockets are closed under it.
        for socket in self.sockets:
            socket.close(0)

    def drive(self, main: Body) -> Any:
        try:
            return straight(main())
        finally:
            for task in self.tasks[:]:
                straight(self.cancel(task))


class Asyncio(Front):
    """zmq.asyncio on the loop that asyncio has by default."""

    name = "asyncio"
    module = "zmq.asyncio"
    can = frozenset({"cancel", "loop", "futures", "leave", "await"})

    def loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def launch(self, body: Body) -> Any:
        return asyncio.get_running_loop().create_task(body())

    async def ended(self, handle: Any) -> None:
        await asyncio.wait({handle})

    def cancel_soon(self, task: Task) -> None:
        task.handle.cancel()

    async def within(self, seconds: float, function: Body, *args: Any) -> Any:
        async with asyncio.timeout(seconds):
            return await function(*args)

    def drive(self, main: Body) -> Any:
        with asyncio.Runner(loop_factory=self.loop) as runner:
            return runner.run(self.limited(main))


class Uvloop(Asyncio):
    """zmq.asyncio on uvloop."""

    name = "uvloop"

    def loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self.load("uvloop").new_event_loop()
        return loop


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """Refuses to watch descriptors, as the Proactor loop of Windows does."""

    def _refuse(self, *args: Any) -> Any:
        raise NotImplementedError

    add_reader = remove_reader = add_writer = remove_writer = _refuse


class Proactor(Asyncio):
    """zmq.asyncio on a loop that watches no descriptors."""

    name = "no-add_reader"

    def loop(self) -> asyncio.AbstractEventLoop:
        return LoopWithoutReaders()


class Tornado(Asyncio):
    """zmq.eventloop.future on an IOLoop."""

    name = "tornado"
    module = "zmq.eventloop.future"

    def drive(self, main: Body) -> Any:
        loop = self.load("tornado.ioloop").IOLoop(make_current=False)
        try:
            return loop.run_sync(lambda: self.limited(main))
        finally:
            loop.close()


class Gevent(Front):
    """zmq.green; a task is a greenlet."""

    name = "gevent"
    module = "zmq.green"
    can = frozenset({"cancel", "loop", "leave"})

    def __init__(self) -> None:
        super().__init__()
        self.gevent = self.load("gevent")

    async def sleep(self, seconds: float) -> None:
        self.gevent.sleep(seconds)

    def launch(self, body: Body) -> Any:
        return self.gevent.spawn(lambda: straight(body()))

    async def ended(self, handle: Any) -> None:
        handle.join()

    def cancel_soon(self, task: Task) -> None:
        task.handle.kill(block=False)

    async def within(self, seconds: float, function: Body, *args: Any) -> Any:
        with self.gevent.Timeout(seconds, TimeoutError()):
            return await function(*args)

    def drive(self, main: Body) -> Any:
        try:
            return straight(self.limited(main))
        finally:
            self.gevent.get_hub().destroy(destroy_loop=True)


class Eventlet(Front):
    """zmq.eventlet; a task is a green thread."""

    name = "eventlet"
    module = "zmq.eventlet"
    can = frozenset({"cancel", "loop", "leave"})

    def __init__(self) -> None:
        super().__init__()
        self.eventlet = self.load("eventlet")
        self.hubs = self.load("eventlet.hubs")

    async def sleep(self, seconds: float) -> None:
        self.eventlet.sleep(seconds)

    def launch(self, body: Body) -> Any:
        return self.eventlet.spawn(lambda: straight(body()))

    async def ended(self, handle: Any) -> None:
        try:
            handle.wait()
        except self.load("greenlet").GreenletExit:
            pass

    def cancel_soon(self, task: Task) -> None:
        task.handle.kill()

    async def within(self, seconds: float, function: Body, *args: Any) -> Any:
        with self.eventlet.Timeout(seconds, TimeoutError()):
            return await function(*args)

    def drive(self, main: Body) -> Any:
        try:
            return straight(self.limited(main))
        finally:
            # The greenlet of a thread's hub would outlive the thread.
            hub = self.hubs.get_hub()
            if hub.running:
                hub.abort(wait=True)


class Anyio(Front):
    """zmq.anyio on asyncio."""

    name = "anyio-asyncio"
    module = "zmq.anyio"
    backend = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self.anyio = self.load("anyio")
        self.group: Any = None

    async def sleep(self, seconds: float) -> None:
        await self.anyio.sleep(seconds)

    def launch(self, body: Body) -> Any:
        scope, done = self.anyio.CancelScope(), self.anyio.Event()

        async def work() -> None:
            try:
                with scope:
                    await body()
            finally:
                done.set()

        self.group.start_soon(work)
        return scope, done

    async def ended(self, handle: Any) -> None:
        await handle[1].wait()

    def cancel_soon(self, task: Task) -> None:
        task.handle[0].cancel()

    async def within(self, seconds: float, function: Body, *args: Any) -> Any:
        with self.anyio.fail_after(seconds):
            return await function(*args)

    def drive(self, main: Body) -> Any:
        async def run() -> Any:
            async with self.anyio.create_task_group() as self.group:
                try:
                    return await self.limited(main)
                finally:
                    self.group.cancel_scope.cancel()

        try:
            return self.anyio.run(run, backend=self.backend)
        except BaseExceptionGroup as group:
            # The scenario's own error, out of the groups that the task group makes of it.
            error: BaseException = group
            while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
                error = error.exceptions[0]
            raise error from None


class Trio(Anyio):
    """zmq.anyio on trio."""

    name = "anyio-trio"
    backend = "trio"


FRONTS: tuple[type[Front], ...] = (
    Threads,
    Asyncio,
    Uvloop,
    Proactor,
    Tornado,
    Gevent,
    Eventlet,
    Anyio,
    Trio,
)


def needs(*abilities: str) -> Callable[[Any], Any]:
    """Only on fronts that can do this: see Front.can."""

    def mark(function: Any) -> Any:
        function.needs = frozenset(abilities)
        return function

    return mark
