"""Where a running command writes: a terminal, a pipe, or nowhere."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Protocol, TextIO

from zmq.cli.terminal.errors import CommandError, EndedBySignal, ReaderGone

_ECHO_COLUMNS = 3
#: The errors of a write to a full disk or file.
FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})


class Display(Protocol):
    """Lines that stay, and one status line that each call replaces."""

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines that stay."""

    def status(self, line: str) -> None:
        """Replace the status line."""

    def hint(self, line: str) -> None:
        """Show something that matters only to a person at a terminal, until the first status."""

    def close(self) -> None:
        """Give the terminal back as it was; calling it twice does no harm."""


class PlainDisplay:
    """One line after the other, each flushed, for pipes, files and dumb terminals."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines that stay."""
        try:
            for line in lines:
                self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError as error:
            # Given its own name here, because typer would end the process on the bare one.
            raise ReaderGone from error

    def status(self, line: str) -> None:
        """Write the status as one more line: a pipe has no way back."""
        self.lines([line])

    def hint(self, line: str) -> None:
        """Do nothing: no key can be pressed."""

    def close(self) -> None:
        """Do nothing: every line was flushed."""


class QuietDisplay:
    """Writes nothing; errors go to stderr by another way."""

    def lines(self, lines: Iterable[str]) -> None:
        """Drop the lines."""

    def status(self, line: str) -> None:
        """Drop the status."""

    def hint(self, line: str) -> None:
        """Drop the hint."""

    def close(self) -> None:
        """Do nothing."""


class LiveDisplay:
    """A status line refreshed in place on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        # Imported for a terminal only.
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=stream, highlight=False)
        # Refreshed by hand: a refresh thread would keep the cursor moving between two readings.
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._running = False

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines that stay, above the status line."""
        for line in lines:
            self._console.print(line, markup=False, emoji=False, soft_wrap=True)

    def status(self, line: str) -> None:
        """Replace the status line, cut to the width of the terminal."""
        from rich.text import Text

        if not self._running:
            self._live.start()
            self._running = True
        text = Text(line, style="bold", no_wrap=True)
        # Room for the ^C that the terminal echoes, which would wrap to the next line.
        text.truncate(max(1, self._console.width - _ECHO_COLUMNS), overflow="ellipsis")
        self._live.update(text, refresh=True)

    def hint(self, line: str) -> None:
        """Show it as the first status."""
        self.status(line)

    def close(self) -> None:
        """Take the status line away and show the cursor again."""
        if self._running:
            self._running = False
            self._live.stop()


def choose_display(*, quiet: bool, stream: TextIO | None = None) -> Display:
    """Find the display that suits the stream.

    Parameters
    ----------
    quiet
        Whether the user wants no output.
    stream
        Where to write; standard output by default.

    Returns
    -------
    Display
        Live on a terminal that can move its cursor, otherwise plain lines.
    """
    stream = sys.stdout if stream is None else stream
    if quiet or stream is None:
        return QuietDisplay()
    if is_terminal(stream):
        with contextlib.suppress(ModuleNotFoundError):  # without rich, plain lines do
            return LiveDisplay(stream)
    return PlainDisplay(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that can move its cursor and has colours."""
    known = os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
    return stream is not None and stream.isatty() and known


def is_live(display: Display) -> bool:
    """Whether the output is a terminal that can refresh a line."""
    return isinstance(display, LiveDisplay)


class Ticker:
    """A status line on standard error for long work: on a terminal only, a few times a second."""

    def __init__(self, *, quiet: bool, every_s: float = 0.2) -> None:
        tty = sys.stderr is not None and sys.stderr.isatty()
        self._display = choose_display(quiet=quiet or not tty, stream=sys.stderr)
        self._every_s = every_s
        self._due_at = time.monotonic() + every_s

    @property
    def silent(self) -> bool:
        """Whether it is not shown."""
        return isinstance(self._display, QuietDisplay)

    def tick(self, line: Callable[[], str]) -> None:
        """Show a line if it is time for one; called as often as is convenient."""
        if self.silent:
            return
        now = time.monotonic()
        if now >= self._due_at:
            self._due_at = now + self._every_s
            self._display.status(line())

    def close(self) -> None:
        """Take the line away."""
        self._display.close()

    def __enter__(self) -> Ticker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def write_bytes(data: bytes, *, flush: bool = False) -> None:
    """Write to standard output as it is.

    Raises
    ------
    ReaderGone
        It has no reader any more.
    EndedBySignal
        A signal ended a write that its reader did not take; nothing more is to be written.
    CommandError
        The disk is full, for example, or there is no standard output.
    """
    require_stdout()
    try:
        sys.stdout.buffer.write(data)
        if flush:
            sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error
    except EndedBySignal:
        forget_stdout()
        raise
    except OSError as error:
        forget_stdout()
        raise CommandError(cannot_write(error)) from error


def require_stdout() -> None:
    """Refuse to go on without standard output, for commands whose work is to print.

    Raises
    ------
    CommandError
        The program was started with it closed.
    """
    if sys.stdout is None:
        raise CommandError("cannot write to standard output: it is closed")


def cannot_write(error: OSError) -> str:
    """The error of output that is lost."""
    return f"cannot write to standard output: {error.strerror}"


def forget_stdout() -> None:
    """Keep the interpreter from trying at exit to write what has no reader."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
