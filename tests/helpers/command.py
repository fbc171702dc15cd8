"""Running the command, with and without a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from helpers.processes import Child
from helpers.waiting import PATIENCE_S

OHMQ = (sys.executable, "-m", "zmq")


def run(
    *arguments: str, stdin: bytes = b"", timeout_s: float = 2 * PATIENCE_S, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run(
        [*OHMQ, *arguments], input=stdin, capture_output=True, timeout=timeout_s, cwd=cwd
    )


def start(*arguments: str) -> list[str]:
    """Arguments for the fixture `child`."""
    return ["-m", "zmq", *arguments]


def rest(child: Child) -> list[str]:
    """The lines that a child still prints until it ends."""
    lines = []
    while True:
        try:
            lines.append(child.line())
        except AssertionError:
            assert child.process.poll() is not None, child.complaint()
            return lines


def bound(child: Child, timeout_s: float = PATIENCE_S) -> str:
    """The address that a command says it has bound."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for line in child.complaint().splitlines():
            if line.startswith("ohmq: bound "):
                return line.split()[2]
        assert child.process.poll() is None, child.complaint()
        time.sleep(0.005)
    raise AssertionError(f"nothing bound: {child.complaint()}")


class Terminal:
    """A command with a terminal as its standard error, and as more of its streams if wanted."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        stdin: bool = True,
        stdout: bool = True,
        columns: int = 120,
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = {key: text for key, text in os.environ.items() if key not in {"COLUMNS", "NO_COLOR"}}
        self.process = subprocess.Popen(
            [*OHMQ, *arguments],
            stdin=slave if stdin else subprocess.DEVNULL,
            stdout=slave if stdout else subprocess.PIPE,
            stderr=slave,
            env={**env, "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(slave)
        self.text = ""

    def read(self, timeout_s: float) -> bool:
        """Take in what is there; False at the end or when nothing came in time."""
        if not select.select([self.master], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # Linux says EIO when the last process has closed its side
            return False
        self.text += data.decode()
        return bool(data)

    def read_until(self, text: str, timeout_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + timeout_s
        while text not in self.text:
            self.read(0.1)
            assert time.monotonic() < deadline, self.text

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """The exit status; everything that it has written is in `text`."""
        deadline = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        code = self.process.wait(1)
        while self.read(0.1):
            pass
        return code

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self.master)
