"""The blocking front, in threads."""

from __future__ import annotations

import threading
import time
from typing import Any

from helpers.fronts.front import DEADLINE_S, Body, Front, Task, straight


class Threads(Front):
    """Blocking sockets; a task is a thread."""

    name = "threads"
    module = "zmq"
    can = frozenset({"look", "look_polling"})

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
