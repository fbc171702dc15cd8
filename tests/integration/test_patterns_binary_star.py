"""Binary star: one of two servers answers, and the other one when that has died."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

SERVER, CLIENT = (
    str(ROOT / "examples" / "patterns" / "binary_star" / name)
    for name in ("server.py", "client.py")
)
Start = Callable[..., Child]


class Star:
    """Starts the programs at addresses of their own."""

    def __init__(self, child: Start, endpoint: Callable[[str], str]) -> None:
        self.child = child
        # Of ipc: a server that is started again has the address of before, and no other test.
        self.clients = {role: endpoint("ipc") for role in ("primary", "backup")}
        self.states = {role: endpoint("ipc") for role in ("primary", "backup")}

    def server(self, role: str) -> Child:
        peer = "backup" if role == "primary" else "primary"
        states = ["--bind-state", self.states[role], "--peer-state", self.states[peer]]
        places = ["--bind", self.clients[role], *states]
        server = self.child([SERVER, role, *places, "--heartbeat-ms", "700"])
        assert server.line() == f"listening at {self.clients[role]}"
        return server

    def pair(self) -> tuple[Child, Child]:
        """Both servers, the primary in charge."""
        primary, backup = self.server("primary"), self.server("backup")
        assert (primary.line(), backup.line()) == ("active", "passive")
        return primary, backup

    def client(self, *texts: str, roles: tuple[str, ...] = ("primary", "backup")) -> Child:
        connects = [word for role in roles for word in ("--connect", self.clients[role])]
        limits = ["--timeout-ms", "400", "--attempts", "75"]
        return self.child([CLIENT, *connects, *limits, *texts])


@pytest.fixture
def star(child: Start, endpoint: Callable[[str], str]) -> Star:
    return Star(child, endpoint)


def ask(client: Child, text: str) -> str:
    client.write(text)
    return client.line()


def test_each_server_dies_and_comes_back(star: Star) -> None:
    primary, backup = star.pair()
    client = star.client()
    assert ask(client, "one") == "primary: ONE"
    primary.kill()
    assert ask(client, "two") == "backup: TWO"
    assert backup.line() == "active"
    primary = star.server("primary")
    assert primary.line() == "passive"
    assert ask(client, "three") == "backup: THREE"
    backup.kill()
    assert ask(client, "four") == "primary: FOUR"
    assert primary.line() == "active"
    assert star.server("backup").line() == "passive"


def test_a_backup_answers_nothing_while_the_primary_lives(star: Star) -> None:
    """Not even where a client cannot reach the primary."""
    primary, _ = star.pair()
    misled = star.client("hello", roles=("backup",))
    until(lambda: "attempt 5" in misled.complaint())
    assert ask(star.client(), "hello") == "primary: HELLO"
    primary.kill()
    assert misled.line() == "backup: HELLO"


def test_a_backup_that_never_heard_its_primary_does_not_take_charge(star: Star) -> None:
    star.server("backup")
    client = star.client("hello")
    until(lambda: "attempt 8" in client.complaint())
    star.server("primary")
    assert client.line() == "primary: HELLO"


def test_a_primary_alone_takes_charge(star: Star) -> None:
    star.server("primary")
    assert star.client("hello").line() == "primary: HELLO"
    assert star.server("backup").line() == "passive"


def test_a_primary_that_comes_back_at_once_finds_the_backup_in_charge(star: Star) -> None:
    """No client has asked meanwhile: the backup hears of a primary that knows nothing."""
    primary, backup = star.pair()
    primary.kill()
    primary = star.server("primary")
    assert (backup.line(), primary.line()) == ("active", "passive")
    assert ask(star.client(), "hello") == "backup: HELLO"


def test_two_in_charge_are_found_out(star: Star) -> None:
    """The primary is stopped, so the backup takes charge; then the primary goes on."""
    primary, backup = star.pair()
    client = star.client()
    assert ask(client, "one") == "primary: ONE"
    os.kill(primary.pid, signal.SIGSTOP)
    assert ask(client, "two") == "backup: TWO"
    os.kill(primary.pid, signal.SIGCONT)
    assert backup.wait() == 1
    assert "Both servers were in charge" in backup.complaint()
    assert ask(client, "three") == "primary: THREE"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_all(star: Star, number: signal.Signals) -> None:
    primary, backup = star.pair()
    client = star.client()
    assert ask(client, "hello") == "primary: HELLO"
    for process in (client, primary, backup):
        os.kill(process.pid, number)
        assert (process.wait(), process.complaint()) == (0, "")
