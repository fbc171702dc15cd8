"""zmq.asyncio and zmq.eventloop.future, on the loops that speak asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

from helpers.fronts.front import Body, Front, Task


class Asyncio(Front):
    """zmq.asyncio on the loop that asyncio has by default."""

    name = "asyncio"
    module = "zmq.asyncio"
    can = frozenset({"cancel", "loop", "futures", "leave", "await", "look", "look_polling"})

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
    can = Asyncio.can - {"look", "look_polling"}

    def __init__(self) -> None:
        self.uvloop = self.load("uvloop")  # a missing one is met by the test, not by its thread
        super().__init__()

    def loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self.uvloop.new_event_loop()
        return loop


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """Refuses to watch descriptors, as the Proactor loop of Windows does."""

    def _refuse(self, *args: Any) -> Any:
        raise NotImplementedError

    add_reader = remove_reader = add_writer = remove_writer = _refuse  # type: ignore[assignment]


class Proactor(Asyncio):
    """zmq.asyncio on a loop that watches no descriptors."""

    name = "no-add_reader"
    can = Asyncio.can - {"look", "look_polling"}

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
