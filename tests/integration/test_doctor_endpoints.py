"""The doctor on endpoints: names, paths, ports, and servers of all kinds."""

from __future__ import annotations

import functools
import os
import socket as os_socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import zmq
from helpers.command import run
from helpers.processes import Child
from helpers.sockets import free_address
from helpers.strangers import sending, stranger
from helpers.waiting import PATIENCE_S, until
from zmq.diagnosis.findings import Finding, Report
from zmq.diagnosis.probe import examine
from zmq.diagnosis.side import Side
from zmq.diagnosis.zmtp import SIGNATURE, build_command, build_greeting

MakeSocket = Callable[..., zmq.Socket]

# Of servers that say nothing: this long is waited for them, a few times.
SHORT_S = 0.2


def the_finding(endpoint: str, mine: Side | None = None, timeout_s: float = PATIENCE_S) -> Finding:
    """The only one of an endpoint."""
    report = examine(endpoint, mine or Side("REQ"), timeout_s)
    assert len(report.findings) == 1, report
    assert report.findings[0].endpoint == endpoint
    assert report.findings[0].mend
    return report.findings[0]


def well(endpoint: str, mine: Side) -> Report:
    """The report of an endpoint where nothing is wrong."""
    report = examine(endpoint, mine, PATIENCE_S)
    assert not report.findings, report
    return report


# ---- names and ports ----


def test_a_name_that_does_not_resolve() -> None:
    finding = the_finding("tcp://no-such-host.invalid:5555")
    assert finding.kind == "unresolved"
    assert "no-such-host.invalid" in finding.what


def test_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()
    monkeypatch.setattr(os_socket, "getaddrinfo", lambda *args: over.wait(PATIENCE_S))
    try:
        finding = the_finding("tcp://slow.invalid:5555", timeout_s=SHORT_S)
    finally:
        over.set()
    assert finding.kind == "unresolved"
    assert "did not answer" in finding.what


@pytest.mark.parametrize("where", ["tcp://127.0.0.1", "tcp://127.0.0.1:*", "tcp://:5555"])
def test_what_cannot_be_connected_to(where: str) -> None:
    assert the_finding(where).kind == "endpoint"


def test_ipv6_that_is_switched_off() -> None:
    finding = the_finding("tcp://[::1]:5555")
    assert finding.kind == "ipv6"
    assert "socket.ipv6 = True" in finding.mend


def test_ipv6(socket: MakeSocket) -> None:
    server = socket(zmq.REP, ipv6=True)
    try:
        server.bind("tcp://[::1]:*")
    except zmq.ZMQError:
        pytest.skip("no IPv6 here")
    assert well(server.last_endpoint.decode(), Side("REQ", ipv6=True)).peer_type == "REP"


def test_nothing_listens() -> None:
    where = free_address()
    finding = the_finding(where)
    assert finding.kind == "refused"
    assert f'socket.bind("tcp://*:{where.rpartition(":")[2]}")' in finding.mend


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_bound_on_another_address_of_the_machine(socket: MakeSocket) -> None:
    server = socket(zmq.REP)
    port = server.bind_to_random_port("tcp://127.0.0.1")
    finding = the_finding(f"tcp://127.0.0.2:{port}")
    assert finding.kind == "loopback"
    assert f"connect to tcp://127.0.0.1:{port}" in finding.mend


def test_packets_that_are_dropped() -> None:
    """A full queue of connections drops packets as a firewall does."""
    with os_socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        try:
            for _ in range(4):
                one = os_socket.socket()
                waiting.append(one)
                one.settimeout(SHORT_S)
                try:
                    one.connect(("127.0.0.1", port))
                except TimeoutError:
                    break
            finding = the_finding(f"tcp://127.0.0.1:{port}", timeout_s=SHORT_S)
        finally:
            for one in waiting:
                one.close()
    assert finding.kind == "filtered"
    assert "firewall" in finding.why


# ---- paths ----


@pytest.fixture
def path(endpoint: Callable[[str], str]) -> Path:
    return Path(endpoint("ipc").removeprefix("ipc://"))


def test_a_path(socket: MakeSocket, path: Path) -> None:
    server = socket(zmq.PULL)
    server.bind(f"ipc://{path}")
    assert well(f"ipc://{path}", Side("PUSH")).peer_type == "PULL"


def test_a_path_that_is_not_there(path: Path) -> None:
    finding = the_finding(f"ipc://{path}")
    assert finding.kind == "ipc-missing"
    assert f'socket.bind("ipc://{path}")' in finding.mend


def test_a_relative_path_names_its_folder() -> None:
    finding = the_finding("ipc://no-such-socket")
    assert os.getcwd() in finding.why
    assert "absolute path" in finding.mend


def test_a_path_that_an_ended_program_has_left(path: Path) -> None:
    with os_socket.socket(os_socket.AF_UNIX) as ended:
        ended.bind(str(path))
    assert the_finding(f"ipc://{path}").kind == "ipc-stale"


def test_a_path_that_is_too_long() -> None:
    finding = the_finding("ipc:///tmp/" + "x" * 200)
    assert finding.kind == "ipc-too-long"
    assert str(zmq.IPC_PATH_MAX_LEN) in finding.what
    done = run("doctor", "ipc:///tmp/" + "x" * 200)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_path_that_is_a_file(path: Path) -> None:
    path.write_text("")
    assert the_finding(f"ipc://{path}").kind == "ipc-no-socket"
    path.unlink()


def test_a_path_without_permission(path: Path) -> None:
    """As another user has it; for root, who may connect to all, the system's answer is given."""
    with os_socket.socket(os_socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0)
        with pytest.MonkeyPatch.context() as patch:
            if os.geteuid() == 0:
                patch.setattr(os, "access", lambda *args: False)
            finding = the_finding(f"ipc://{path}")
    assert finding.kind == "ipc-permission"


# ---- servers of other protocols, and of none ----


def test_a_web_server(child: Callable[..., Child]) -> None:
    server = child(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"])
    port = server.line().split(" port ")[1].split()[0]
    finding = the_finding(f"tcp://127.0.0.1:{port}", timeout_s=2.0)
    assert finding.kind == "http"
    assert "web server" in finding.why


def test_an_encrypted_server() -> None:
    def handshake(connection: os_socket.socket) -> None:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.wrap_socket(connection, server_side=True).close()

    with stranger(handshake) as where:
        assert the_finding(where, timeout_s=2.0).kind == "tls"


def test_a_server_that_introduces_itself() -> None:
    with stranger(lambda connection: connection.sendall(b"220 mail ready\r\n")) as where:
        finding = the_finding(where)
    assert finding.kind == "protocol"
    assert "220 mail ready" in finding.why


def test_a_server_that_accepts_nothing() -> None:
    with stranger(None) as where:
        assert the_finding(where, timeout_s=SHORT_S).kind == "silent"


def test_a_server_that_closes_at_once() -> None:
    with stranger(lambda connection: connection.close()) as where:
        assert the_finding(where).kind == "closed"


GREETING = build_greeting("NULL")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (GREETING[:30], "protocol"),
        (GREETING + b"\x06" + b"\xff" * 8, "protocol"),
        (GREETING + b"\x04\x00", "protocol"),
        (GREETING + b"\x00\x05hello", "protocol"),
        (GREETING + build_command("NONSENSE"), "protocol"),
        (GREETING + build_command("READY", b"\x0bSocket-Type\xff\xff\xff\xff"), "protocol"),
        (GREETING + build_command("ERROR", b"\x03400"), "authentication"),
        (GREETING, "authentication-missing"),
        (build_greeting("PLAIN") + b"\xff" * 70_000, "mechanism"),
        (b"\xff" * 100_000, "protocol"),
    ],
)
def test_peers_that_break_the_rules(said: bytes, kind: str) -> None:
    def answer(connection: os_socket.socket) -> None:
        connection.sendall(said)
        connection.shutdown(os_socket.SHUT_WR)
        connection.settimeout(PATIENCE_S)
        while connection.recv(4096):
            pass

    with stranger(answer) as where:
        report = examine(where, Side("REQ"), 2.0)
    assert report.findings[0].kind == kind, report


def test_a_peer_that_goes_away_in_the_middle() -> None:
    """Reset, with an answer that was not read."""

    def answer(connection: os_socket.socket) -> None:
        connection.recv(1)
        connection.sendall(GREETING)
        connection.setsockopt(os_socket.SOL_SOCKET, os_socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with stranger(answer) as where:
        report = examine(where, Side("REQ"), 2.0)
    assert len(report.findings) == 1
    assert report.findings[0].kind in ("closed", "authentication-missing")


def test_a_peer_that_never_ends_its_greeting() -> None:
    """Byte by byte, each before the time of a single read would be over."""
    import threading

    over = threading.Event()

    def drip(connection: os_socket.socket) -> None:
        for at in range(len(GREETING) - 1):
            connection.sendall(GREETING[at : at + 1])
            if over.wait(SHORT_S / 4):
                return

    with stranger(drip) as where:
        finding = the_finding(where, timeout_s=SHORT_S)
        over.set()
    assert finding.kind == "protocol"


@pytest.mark.parametrize(
    ("said", "mine", "kind"),
    [
        (SIGNATURE + b"\x01\x04\x00\x00", Side("REQ"), ""),
        (SIGNATURE + b"\x01\x04\x00\x00", Side("SUB"), "types"),
        (SIGNATURE + b"\x01\x04\x00\x00", Side("REQ", mechanism="PLAIN", username=b"me"), "old"),
        (b"\x01\x00", Side("REQ"), ""),
    ],
)
def test_old_peers(said: bytes, mine: Side, kind: str) -> None:
    def answer(connection: os_socket.socket) -> None:
        connection.sendall(said)
        connection.settimeout(PATIENCE_S)
        while connection.recv(4096):
            pass

    with stranger(answer) as where:
        report = examine(where, mine, 5.0)
    assert [each.kind for each in report.findings] == ([kind] if kind else [])


# ---- what is not disturbed ----


def test_no_descriptor_is_left(socket: MakeSocket) -> None:
    server = socket(zmq.REP)
    server.bind("tcp://127.0.0.1:*")
    where = server.last_endpoint.decode()
    well(where, Side("REQ"))
    count = functools.partial(lambda: len(os.listdir("/proc/self/fd")))
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no list of descriptors")
    before = count()
    for _ in range(5):
        well(where, Side("REQ"))
    # The server's threads close their ends a moment later.
    until(lambda: count() <= before)


@pytest.mark.parametrize(
    ("server_type", "client_type"), [("PUSH", "PULL"), ("DEALER", "DEALER"), ("PAIR", "PAIR")]
)
def test_no_message_is_taken(socket: MakeSocket, server_type: str, client_type: str) -> None:
    """A socket that hands its messages to whatever connects hands none to the probe."""
    server = socket(zmq.SocketType[server_type])
    server.bind("tcp://127.0.0.1:*")
    where = server.last_endpoint.decode()
    with sending(server):
        for _ in range(3):
            assert well(where, Side(client_type)).peer_type == server_type
        client = socket(zmq.SocketType[client_type])
        client.connect(where)
        assert [client.recv() for _ in range(50)] == [b"%d" % n for n in range(50)]


def test_a_report_is_told_step_by_step(socket: MakeSocket) -> None:
    seen = SimpleNamespace(steps=[])
    server = socket(zmq.REP)
    server.bind("tcp://127.0.0.1:*")
    report = examine(server.last_endpoint.decode(), Side("REQ"), PATIENCE_S, seen.steps.append)
    assert seen.steps == report.steps
    assert [each.ok for each in report.steps] == [True] * 4
