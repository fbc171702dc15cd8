"""Child processes that cannot outlive the demo.

All children join the process group of a guard. The guard only waits for the end of its standard
input, which comes with every end of the demo, SIGKILL included, and then ends the group.
The group is not the terminal's foreground group, so Ctrl-C reaches the demo alone, which can then
stop its children in the right order.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

GRACE_S = 2.0


class Child:
    """One running process, whose lines of output go to the queue of its family."""

    def __init__(
        self,
        name: str,
        process: subprocess.Popen[str],
        lines: queue.Queue[tuple[str, str]],
    ) -> None:
        self.name = name
        self.process = process
        self.stopped = False
        self._lines = lines
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.put((self.name, line.rstrip("\n")))

    def wait(self, seconds: float) -> bool:
        """Wait for its end, and for its last line to be in the queue; False when it is late."""
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(GRACE_S)
        return True

    @property
    def failed(self) -> str | None:
        """The error, if the process ended without being told to, or with a status other than 0."""
        code = self.process.poll()
        if code is None or (self.stopped and code in {0, -signal.SIGTERM}):
            return None
        early = "" if self.stopped else " by itself"
        return f"{self.name} ended{early} with exit code {code}"


class Family:
    """The guard, its children, and the lines that they print."""

    def __init__(self) -> None:
        self.lines: queue.Queue[tuple[str, str]] = queue.Queue()
        self.children: list[Child] = []
        self._guard = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, process_group=0
        )

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Run this Python with the arguments given."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=self._guard.pid,
        )
        child = Child(name, process, self.lines)
        self.children.append(child)
        return child

    def stop(self, children: Sequence[Child], limit_s: float) -> None:
        """Tell children to end, and wait until they have; end them by force when late."""
        if not self.ask_to_end(children, limit_s):
            for child in children:
                if child.process.poll() is None:
                    child.process.kill()
                    child.wait(GRACE_S)

    def ask_to_end(self, children: Sequence[Child], limit_s: float) -> bool:
        """Tell children to end; False if some have not ended in time."""
        for child in children:
            child.stopped = True
            child.process.terminate()
        deadline = time.monotonic() + limit_s
        ended = [child.wait(deadline - time.monotonic()) for child in children]  # each of them
        return all(ended)

    def close(self) -> None:
        """End all processes that still run."""
        running = [child for child in self.children if child.process.poll() is None]
        self.stop(running, GRACE_S)
        self._guard.kill()
        self._guard.communicate()


def guard() -> None:
    """Wait for the end of the demo, then end every process of this group."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    guard()
