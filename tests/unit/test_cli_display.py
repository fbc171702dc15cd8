"""Where a running command writes."""

from __future__ import annotations

import io
import sys

import pytest

from zmq.cli.terminal.display import (
    LiveDisplay,
    PlainDisplay,
    QuietDisplay,
    choose_display,
)
from zmq.cli.terminal.errors import ReaderGone, one_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def flush(self) -> None:
        raise BrokenPipeError


def test_a_pipe_gets_a_line_for_each_status() -> None:
    stream = io.StringIO()
    display = choose_display(quiet=False, stream=stream)
    display.hint("press a key")
    display.lines(["a", "b"])
    display.status("c")
    display.close()
    assert stream.getvalue() == "a\nb\nc\n"


def test_quiet_writes_nothing() -> None:
    stream = Terminal()
    display = choose_display(quiet=True, stream=stream)
    display.lines(["a"])
    display.status("b")
    display.close()
    assert isinstance(display, QuietDisplay)
    assert stream.getvalue() == ""


def test_a_terminal_is_refreshed_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    display = choose_display(quiet=False, stream=stream)
    assert isinstance(display, LiveDisplay)
    display.lines(["[stays]"])
    display.status("first")
    display.status("second")
    display.close()
    display.close()
    text = stream.getvalue()
    assert text.startswith("[stays]\n")
    assert "\x1b[2K" in text.partition("first")[2].partition("second")[0]
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_cannot_move_its_cursor(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    assert isinstance(choose_display(quiet=False, stream=Terminal()), PlainDisplay)


def test_a_terminal_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("rich.console", "rich.live"):
        monkeypatch.setitem(sys.modules, name, None)
    assert isinstance(choose_display(quiet=False, stream=Terminal()), PlainDisplay)


def test_a_reader_that_went_away_has_its_own_error() -> None:
    with pytest.raises(ReaderGone):
        PlainDisplay(Gone()).lines(["a"])


def test_one_line() -> None:
    assert one_line("a\n  b\tc ") == "a b c"
