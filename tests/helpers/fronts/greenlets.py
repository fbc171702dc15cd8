"""zmq.green and zmq.eventlet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.fronts.front import Body, Front, Task, straight


class Gevent(Front):
    """zmq.green; a task is a greenlet."""

    name = "gevent"
    module = "zmq.green"
    can = frozenset({"cancel", "loop", "leave", "greenlets", "gevent", "look", "look_polling"})

    def __init__(self) -> None:
        super().__init__()
        self.gevent = self.load("gevent")

    async def sleep(self, seconds: float) -> None:
        self.gevent.sleep(seconds)

    def launch(self, body: Body) -> Any:
        return self.gevent.spawn(lambda: straight(body()))

    def spawn_raw(self, function: Callable[[], object]) -> None:
        """Call in a greenlet whose error the hub reports."""
        hub = self.gevent.get_hub()
        hub.loop.run_callback(self.load("greenlet").greenlet(function, hub).switch)

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
    can = frozenset({"cancel", "loop", "leave", "greenlets", "eventlet", "look", "look_polling"})

    def __init__(self) -> None:
        super().__init__()
        self.eventlet = self.load("eventlet")
        self.hubs = self.load("eventlet.hubs")

    async def sleep(self, seconds: float) -> None:
        self.eventlet.sleep(seconds)

    def launch(self, body: Body) -> Any:
        return self.eventlet.spawn(lambda: straight(body()))

    def spawn_raw(self, function: Callable[[], object]) -> None:
        """Call in a green thread whose error the hub reports."""
        self.eventlet.spawn(function)

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
