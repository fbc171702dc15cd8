"""`ohmq device` under a service manager: what systemd would be told, with a socket in its place."""

from __future__ import annotations

import os
import secrets
import signal
import socket as os_socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("systems with Unix sockets have service managers", allow_module_level=True)

from helpers.command import start
from helpers.processes import Child, run_python
from helpers.waiting import PATIENCE_S

Start = Callable[..., Child]

QUEUE = ("device", "queue", "--in", "tcp://127.0.0.1:*", "--out", "tcp://127.0.0.1:*")
CONFIG = '[device.one]\nkind = "queue"\nin = "tcp://127.0.0.1:*"\nout = "tcp://127.0.0.1:*"\n'


class Manager:
    """The socket that NOTIFY_SOCKET names, and what comes there."""

    def __init__(self, address: str) -> None:
        self.env = {"NOTIFY_SOCKET": address}
        self._socket = os_socket.socket(os_socket.AF_UNIX, os_socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE_S)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def until(self, state: str) -> dict[str, str]:
        """The states of the next message that has this one; the others are thrown away."""
        while True:
            states = dict(
                line.split("=", 1) for line in self._socket.recv(4096).decode().split("\n")
            )
            if state in states:
                return states

    def next(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().split("\n"))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest) -> Iterator[Manager]:
    with tempfile.TemporaryDirectory(prefix="ohmq") as folder:
        address = f"{folder}/notify"
        if request.param == "abstract":
            if sys.platform != "linux":
                pytest.skip("abstract addresses are Linux's")
            address = f"@ohmq-{secrets.token_hex(8)}"
        made = Manager(address)
        yield made
        made.close()


def test_a_device(child: Start, manager: Manager) -> None:
    device = child(start(*QUEUE), env=manager.env)
    assert manager.next() == {"READY": "1", "STATUS": "running"}
    assert device.line().startswith("in ")  # it was bound by then
    assert "in>out" in manager.until("STATUS")["STATUS"]
    device.process.send_signal(signal.SIGTERM)
    assert manager.until("STOPPING")["STOPPING"] == "1"
    assert device.wait() == 0


def test_a_watchdog(child: Start, manager: Manager) -> None:
    """It is told more often than it asks for, however rarely the display is refreshed."""
    device = child(
        start(*QUEUE, "--interval", "1000"), env={**manager.env, "WATCHDOG_USEC": "200000"}
    )
    assert "READY" in manager.next()
    for _ in range(5):
        assert manager.next() == {"WATCHDOG": "1"}
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 0


def test_a_supervisor_and_its_reload(child: Start, manager: Manager, tmp_path: Path) -> None:
    pytest.importorskip("tree_sitter_toml", reason="needs the extra ohmq[cli]")
    file = tmp_path / "devices.toml"
    file.write_text(CONFIG)
    supervisor = child(
        start("device", "--config", str(file)), env={**manager.env, "WATCHDOG_USEC": "200000"}
    )
    assert manager.until("READY")["STATUS"] == "1 device"
    assert manager.until("WATCHDOG") == {"WATCHDOG": "1"}
    for text, status in (
        (CONFIG + CONFIG.replace("one", "two"), "2 devices"),
        ("nonsense", "2 devices"),  # refused: what runs goes on
    ):
        file.write_text(text)
        supervisor.process.send_signal(signal.SIGHUP)
        assert int(manager.until("RELOADING")["MONOTONIC_USEC"]) > 0
        assert manager.until("READY")["STATUS"] == status
    supervisor.process.send_signal(signal.SIGTERM)
    manager.until("STOPPING")
    assert supervisor.wait() == 0


def test_a_manager_that_is_gone_is_no_fault(child: Start, tmp_path: Path) -> None:
    device = child(start(*QUEUE), env={"NOTIFY_SOCKET": str(tmp_path / "nothing")})
    assert device.line().startswith("in ")
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 0


@pytest.mark.parametrize(
    ("usec", "pid", "interval"),
    [("3000000", "", "1.5"), ("3000000", "1", "inf"), ("", "", "inf"), ("x", "", "inf")],
)
def test_the_watchdog_is_for_one_process(usec: str, pid: str, interval: str) -> None:
    env = {"NOTIFY_SOCKET": os.devnull, "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}
    code = "from zmq.cli.terminal.service import ServiceManager as M; print(M().interval_s)"
    assert run_python(code, env=env) == [interval]
