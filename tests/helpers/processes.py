"""Child interpreters with a deadline."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping, Sequence
from typing import Any

from helpers.interpreters import environment
from helpers.waiting import PATIENCE_S


class Child:
    """A child interpreter in a process group of its own, killed when its owner is done."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        python: str | os.PathLike[str] = sys.executable,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by kill()
        self.process = subprocess.Popen(
            [os.fspath(python), *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            env=environment(python, env),
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stdout, selectors.EVENT_READ)
        self._pending = b""

    @property
    def pid(self) -> int:
        return self.process.pid

    def complaint(self) -> str:
        """The standard error of the child so far."""
        # The child writes where the offset of the shared file is: it must not be moved.
        descriptor = self.stderr.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def line(self, timeout_s: float = PATIENCE_S) -> str:
        """The next line of the child's output; fails when it ends or is late."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._pending:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"no line within {timeout_s} s\n{self.complaint()}")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                code = self.process.wait(timeout_s)
                raise AssertionError(f"the child ended with {code}\n{self.complaint()}")
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        return line.decode()

    def json(self, timeout_s: float = PATIENCE_S) -> Any:
        return json.loads(self.line(timeout_s))

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """The exit status; fails when the child is still there after the time."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout_s} s\n{self.complaint()}") from None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._selector.close()
        for stream in (self.process.stdin, self.process.stdout, self.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()


def alive(pid: int) -> bool:
    """Whether a process is there, and not only its remains."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def snippet(code: str) -> str:
    """Source indented like the test around it, as a program."""
    return textwrap.dedent(code)


def run_python(
    code: str,
    *args: str,
    timeout_s: float = 2 * PATIENCE_S,
    python: str | os.PathLike[str] = sys.executable,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> list[str]:
    """Run `code` in a fresh interpreter, require exit status 0, return its output lines."""
    with Child([*options, "-c", snippet(code), *args], python=python, env=env) as child:
        assert child.process.stdout is not None
        assert child.process.stdin is not None
        child.process.stdin.close()
        deadline = time.monotonic() + timeout_s
        data = b""
        while True:
            if not child._selector.select(max(0.0, deadline - time.monotonic())):
                raise AssertionError(
                    f"still running after {timeout_s} s; output so far {data!r}\n"
                    + child.complaint()
                )
            chunk = os.read(child.process.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            data += chunk
        code_ = child.wait(max(1.0, deadline - time.monotonic()))
        assert code_ == 0, f"exit status {code_}\n{data.decode()}\n{child.complaint()}"
        return data.decode().splitlines()
