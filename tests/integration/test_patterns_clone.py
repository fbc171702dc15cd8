"""Clone: all have the same state in the end, and no change is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

SERVER, CLIENT = (
    str(ROOT / "examples" / "patterns" / "clone" / name) for name in ("server.py", "client.py")
)
Start = Callable[..., Child]


class Clones:
    """Starts the programs at addresses, and on a file, of their own."""

    def __init__(self, child: Start, requests: str, updates: str, file: Path) -> None:
        self.child = child
        self.requests = requests
        self.updates = updates
        self.file = file

    def server(self) -> Child:
        places = ["--bind", self.requests, "--bind-updates", self.updates, "--file", str(self.file)]
        server = self.child([SERVER, *places, "--heartbeat-ms", "100"])
        assert server.line() == f"listening at {self.requests}"
        assert server.line() == f"listening at {self.updates}"
        return server

    def client(self) -> Child:
        return self.child([CLIENT, "--connect", self.requests, "--connect-updates", self.updates])


@pytest.fixture
def clones(child: Start, endpoint: Callable[[str], str], tmp_path: Path) -> Clones:
    # Of ipc: the next server can have the addresses of one that was killed, and no other test.
    return Clones(child, endpoint("ipc"), endpoint("ipc"), tmp_path / "clone.journal")


def state(client: Child) -> dict[str, str]:
    client.write("?")
    values: dict[str, str] = client.json()
    return values


def have(wanted: dict[str, str], *clients: Child) -> None:
    """Wait until each of the clients has this state."""
    for client in clients:
        until(lambda client=client: state(client) == wanted)


def end(client: Child) -> None:
    """End the input: the client ends when the server has kept all its changes."""
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert (client.wait(), client.complaint()) == (0, "")


def test_a_late_client_has_the_state_of_the_others(clones: Clones) -> None:
    clones.server()
    first, second = clones.client(), clones.client()
    for number in range(50):
        first.write(f"a{number}={number}")
        second.write(f"b{number}={number}")
    wanted = {f"{name}{number}": str(number) for name in "ab" for number in range(50)}
    have(wanted, first, second, clones.client())


def test_clients_that_change_the_same_key_agree(clones: Clones) -> None:
    clones.server()
    clients = [clones.client() for _ in range(3)]
    for number in range(100):
        for index, client in enumerate(clients):
            client.write(f"key={index}-{number}")
    for client in clients[1:]:
        end(client)
    clients[0].write("done=yes")
    until(lambda: "done" in state(clients[0]))
    late = clones.client()
    until(lambda: "done" in state(late))
    assert state(late) == state(clients[0])
    assert state(late)["key"] in {"0-99", "1-99", "2-99"}


def test_no_change_is_lost_while_servers_die(clones: Clones) -> None:
    server = clones.server()
    clients = [clones.client(), clones.client()]
    wanted = {}
    for number in range(4):
        for index, client in enumerate(clients):
            for key in range(25):
                wanted[f"{index}-{number}-{key}"] = str(number)
                client.write(f"{index}-{number}-{key}={number}")
        if number < 3:  # some changes are kept by now, others not
            until(lambda number=number: f'"0-{number}-' in clones.file.read_text())
            server.kill()
            server = clones.server()
    have(wanted, *clients, clones.client())
    for client in clients:
        end(client)


def test_the_last_of_several_values_stays(clones: Clones) -> None:
    """A change that is sent again after a server died does not undo a later change."""
    server = clones.server()
    client, other = clones.client(), clones.client()
    client.write("key=first")
    have({"key": "first"}, client, other)
    server.kill()
    client.write("key=second")
    server = clones.server()
    have({"key": "second"}, client, other)
    other.write("key=third")
    have({"key": "third"}, other, client)
    server.kill()
    clones.server()
    client.write("end=yes")
    have({"key": "third", "end": "yes"}, client, other)


def test_a_client_that_slept_catches_up(clones: Clones) -> None:
    """It has missed changes, and has not seen the server go and come."""
    server = clones.server()
    sleeper, other = clones.client(), clones.client()
    other.write("a=1")
    have({"a": "1"}, sleeper, other)
    os.kill(sleeper.pid, signal.SIGSTOP)
    server.kill()
    clones.server()
    other.write("b=2")
    have({"a": "1", "b": "2"}, other)
    os.kill(sleeper.pid, signal.SIGCONT)
    have({"a": "1", "b": "2"}, sleeper)


def test_clients_that_die_change_nothing(clones: Clones) -> None:
    clones.server()
    doomed, other = clones.client(), clones.client()
    doomed.write("a=1")
    have({"a": "1"}, other)
    doomed.kill()
    other.write("b=2")
    have({"a": "1", "b": "2"}, other, clones.client())


def test_a_line_that_is_cut_off_was_never_published(clones: Clones) -> None:
    server = clones.server()
    client = clones.client()
    client.write("a=1")
    have({"a": "1"}, client)
    server.kill()
    with open(clones.file, "ab") as file:
        file.write(b'{"client": "x", "num')
    clones.server()
    client.write("b=2")
    have({"a": "1", "b": "2"}, client, clones.client())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_both(clones: Clones, number: signal.Signals) -> None:
    server, client = clones.server(), clones.client()
    client.write("a=1")
    have({"a": "1"}, client)
    for process in (client, server):
        os.kill(process.pid, number)
        assert (process.wait(), process.complaint()) == (0, "")
    clones.server()
    have({"a": "1"}, clones.client())
