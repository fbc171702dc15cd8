"""`ohmq doctor`: real sockets and real processes that do not come together, and those that do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.command import run
from helpers.sockets import ANY, free_address

MakeSocket = Callable[..., zmq.Socket]


def examined(*arguments: str) -> dict[str, Any]:
    """The output of the command for programs; its exit code has to agree."""
    done = run("doctor", *arguments, "--format", "json", "--timeout", "5")
    assert done.stderr == b""
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["ok"] is (not found["findings"])
    assert done.returncode == (0 if found["ok"] else 1)
    return found


def the_finding(*arguments: str) -> dict[str, str]:
    """The only finding."""
    found = examined(*arguments)
    assert len(found["findings"]) == 1, found
    finding: dict[str, str] = found["findings"][0]
    assert finding["what"]
    assert finding["mend"]
    return finding


def test_two_that_fit(socket: MakeSocket) -> None:
    server = socket(zmq.REP)
    server.bind(ANY)
    where = server.last_endpoint.decode()
    found = examined(where, "--type", "req")
    assert (found["ok"], found["peer_type"]) == (True, "REP")
    done = run("doctor", where, "--type", "req")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1].startswith("nothing is wrong")


def test_without_a_type_types_are_not_compared(socket: MakeSocket) -> None:
    server = socket(zmq.PUB)
    server.bind(ANY)
    found = examined(server.last_endpoint.decode())
    assert (found["ok"], found["peer_type"]) == (True, "PUB")


def test_nothing_listens() -> None:
    where = free_address()
    finding = the_finding(where, "--type", "req")
    assert finding["kind"] == "refused"
    assert "bind the other side first" in finding["mend"]
    assert where.rpartition(":")[2] in finding["mend"]


def test_types_that_do_not_fit(socket: MakeSocket) -> None:
    server = socket(zmq.PUB)
    server.bind(ANY)
    where = server.last_endpoint.decode()
    finding = the_finding(where, "--type", "req")
    assert finding["kind"] == "types"
    assert "zmq.SUB" in finding["mend"]
    done = run("doctor", where, "--type", "req")
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert lines[-3:] == [
        f"✗ {finding['what']}",
        f"  why:  {finding['why']}",
        f"  mend: {finding['mend']}",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "no transport in it"),
        (["inproc://x"], "same process"),
        (["ws://127.0.0.1:1"], "only tcp:// and ipc:// are looked into"),
        (["tcp://127.0.0.1:1", "--type", "stream"], "not a type for this command"),
        (["tcp://127.0.0.1:1", "--type", "x"], "no socket type is called 'x'"),
        (["tcp://127.0.0.1:1", "--format", "xml"], "--format 'xml'"),
        (["tcp://127.0.0.1:1", "-o", "linger=1"], "linger: changes nothing here"),
    ],
)
def test_wrong_arguments(arguments: list[str], words: str) -> None:
    done = run("doctor", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
