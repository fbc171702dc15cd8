"""`ohmq explain` from the outside: in a pipe, and on a terminal."""

from __future__ import annotations

import pytest

from helpers.command import Terminal, run
from zmq.cli.commands.explain import read_page, title_of


def test_a_pipe_gets_plain_text() -> None:
    done = run("explain", "out-of-turn")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines()[0] == title_of(read_page("out-of-turn"))
    assert b"\x1b" not in done.stdout
    assert b"```" not in done.stdout


def test_a_terminal_gets_colours() -> None:
    pytest.importorskip("rich", reason="no rich")
    with Terminal(["explain", "out-of-turn"]) as terminal:
        assert terminal.wait() == 0
        assert title_of(read_page("out-of-turn")) in terminal.text
        assert "\x1b[" in terminal.text
        assert "```" not in terminal.text
        assert ".md" not in terminal.text


def test_help() -> None:
    done = run("explain", "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Usage: ohmq explain [OPTIONS] [NAME]..." in done.stdout


def test_an_unknown_option() -> None:
    done = run("explain", "--nonsense")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
