"""The program's errors, seen where it is called."""

from __future__ import annotations

import errno
import sys

import pytest

import zmq
from zmq.cli.__main__ import main
from zmq.cli.sockets.endpoints import Endpoint, SocketEndpoints
from zmq.cli.sockets.opening import explain
from zmq.cli.terminal.errors import CommandError, UsageError

GOOD = ["--in", "tcp://127.0.0.1:*", "--out", "tcp://127.0.0.1:*"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nonsense"], "nonsense"),
        (["--nonsense"], "--nonsense"),
        (["device"], "name a kind"),
        (["device", "queue"], "--in is missing"),
        (["device", "nonsense", *GOOD], "'nonsense'"),
        (["device", "queue", "extra", *GOOD], "extra"),
        (["device", "queue", "--in"], "--in"),
        (["device", "queue", *GOOD, "--in-type", "x"], "--in-type 'x'"),
        (["device", "queue", *GOOD, "--hwm", "many"], "--hwm"),
        (["device", "queue", *GOOD, "--hwm", "-1"], "--hwm"),
        (["device", "queue", *GOOD, "--interval", "0"], "--interval"),
        (["device", "queue", *GOOD, "--duration", "inf"], "--duration"),
        (["device", "queue", *GOOD, "--duration", "nan"], "--duration"),
        (["device", "queue", "--in", "a\nb", "--out", "tcp://127.0.0.1:*"], "no transport"),
    ],
)
def test_bad_arguments_are_one_line_and_two(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ohmq: ")
    assert err.count("\n") == 1
    assert complaint in err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["device", "-h"], ["info", "-h"]])
def test_help_is_plain(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: ohmq")
    assert out.isascii()
    assert err == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"ohmq {zmq.ohmq_version} ")
    assert zmq.zmq_version() in out


def test_without_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "zmq.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["device", "queue", *GOOD]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "pip install 'ohmq[cli]'" in err
    main(["info"])
    assert "libzmq" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.EADDRINUSE, CommandError, "address in use; take another port"),
        (errno.EADDRNOTAVAIL, CommandError, "no network interface"),
        (errno.ENODEV, CommandError, "no network interface"),
        (errno.EACCES, CommandError, "permission denied"),
        (errno.EPROTONOSUPPORT, UsageError, "does not offer tcp://"),
        (zmq.ENOCOMPATPROTO, UsageError, "a ROUTER socket cannot use tcp://"),
        (errno.EINVAL, UsageError, "does not take this address"),
        (zmq.EMTHREAD, CommandError, zmq.strerror(zmq.EMTHREAD)),
    ],
)
def test_errors_of_bind_name_the_address(
    number: int, kind: type[CommandError], advice: str
) -> None:
    endpoint = Endpoint("tcp://127.0.0.1:5555")
    error = explain(number, SocketEndpoints("in", "ROUTER", (endpoint,)), endpoint)
    assert type(error) is kind
    assert str(error).startswith("--in tcp://127.0.0.1:5555: ")
    assert advice in str(error)
