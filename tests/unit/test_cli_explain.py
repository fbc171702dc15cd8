"""`ohmq explain`: which page is found for what is typed, and how it is printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import zmq
from zmq._reasons.pointers import pages
from zmq.cli.__main__ import main
from zmq.cli.commands.explain import as_text, find_pages, read_page, title_of
from zmq.cli.terminal.errors import CommandError, UsageError


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("nothing-received", ["nothing-received"]),
        ("EFSM", ["out-of-turn"]),
        ("efsm", ["out-of-turn"]),
        ("EAGAIN", ["nothing-received", "cannot-send", "no-peers", "handshake-failed"]),
        ("Again", ["nothing-received", "cannot-send", "no-peers", "handshake-failed"]),
        ("zmq.error.ContextTerminated", ["context-ending"]),
        ("EADDRINUSE", ["address-in-use"]),
        ("ENOTSOCK", ["closed-socket", "after-fork"]),
        (str(int(zmq.EADDRINUSE)), ["address-in-use"]),
        ("0", None),
        ("the process has no file descriptor left", ["too-many-sockets"]),
        ("HANDSHAKE_FAILED_AUTH", ["handshake-failed"]),
        ("zmq.error.ZAPWarning: ...", ["handshake-failed"]),
        ("-", None),
        ("EHOSTUNREACH", ["unknown-peer"]),
        ("EMFILE", ["too-many-sockets"]),
        ("ZMQError(156384763)", None),
        ("zmq.error.ZMQError: Address already in use (addr='tcp://*:5555')", ["address-in-use"]),
        ("operation cannot be accomplished in current state", ["out-of-turn"]),
        ("PUSH socket ... (more: ohmq explain cannot-send)", ["cannot-send"]),
        ("(more: ohmq explain cannot-send) (more: ohmq explain not-bound)", None),
        ("nothing-recieved", None),
        ("ohmq explain no-such-page", None),
        ("what is this", None),
    ],
)
def test_what_is_found(asked: str, found: list[str] | None) -> None:
    if asked.count("explain") == 2:
        assert find_pages(asked) == ["cannot-send", "not-bound"]
    elif found is None:
        with pytest.raises(UsageError):
            find_pages(asked)
    else:
        assert find_pages(asked) == found


def test_the_text_of_an_error_finds_its_page() -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.REP) as rep,
        pytest.raises(zmq.ZMQError) as caught,
    ):
        rep.send(b"")
    text = f"{type(caught.value).__module__}.{type(caught.value).__name__}: {caught.value}"
    assert find_pages(text) == ["out-of-turn"]
    assert find_pages(caught.value.strerror) == ["out-of-turn"]


@pytest.mark.parametrize("name", pages())
def test_every_page_is_printed(name: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", name]) == 0
    out, err = capsysbinary.readouterr()
    lines = out.decode().splitlines()
    assert lines[0] == title_of(read_page(name))
    assert lines[1] == "=" * len(lines[0])
    assert {"Why", "What to do", "See more"} <= set(lines)
    assert "    import zmq" in lines
    assert "```" not in out.decode()
    assert ".md)" not in out.decode()
    assert err == b""


def test_the_list(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert [line.split()[0] for line in lines[:-2]] == pages()
    for line in lines[:-2]:
        name, title = line.split(maxsplit=1)
        assert title == title_of(read_page(name))
    assert lines[-2:] == ["", "ohmq explain NAME prints one of these pages."]


def test_several_pages_are_listed(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", "EAGAIN"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert [line.split()[0] for line in lines[:-2]] == [
        "nothing-received",
        "cannot-send",
        "no-peers",
        "handshake-failed",
    ]


def test_words_without_quotes(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", *"Operation cannot be accomplished in current state".split()]) == 0
    assert capsysbinary.readouterr().out.decode().startswith(title_of(read_page("out-of-turn")))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("nothing-recieved", "near it are: nothing-received;"),
        ("fork", "near it are: after-fork;"),
        ("xyzzy", "no page is about 'xyzzy'; 'ohmq explain' lists all"),
        ("x" * 200, "..."),
    ],
)
def test_what_no_page_is_about(asked: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", asked]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ohmq: no page is about ")
    assert err.count("\n") == 1
    assert words in err
    assert len(err) < 250


def test_without_the_extra(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "zmq.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["explain", "after-fork"]) == 0
    assert capsysbinary.readouterr().out.startswith(title_of(read_page("after-fork")).encode())


def test_a_page_that_is_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(CommandError, match="the page after-fork is missing"):
        read_page("after-fork")


def test_plain_text() -> None:
    page = "# A title\n\ntext `code`\n\n## More\n\n```python\n# no title\n\nif x:\n    y()\n```\n"
    assert as_text(page).splitlines() == [
        "A title",
        "=======",
        "",
        "text `code`",
        "",
        "More",
        "----",
        "",
        "    # no title",
        "",
        "    if x:",
        "        y()",
    ]
