"""zmq.anyio, on asyncio and on trio."""

from __future__ import annotations

from typing import Any

from helpers.fronts.front import Body, Front, Task


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
    can = Anyio.can - {"look_polling"}
    backend = "trio"
