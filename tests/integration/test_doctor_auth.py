"""The doctor on mechanisms, keys, passwords and ZAP handlers; with real handshakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import zmq
import zmq.auth
from helpers.command import run
from helpers.sockets import ANY
from helpers.strangers import sending
from helpers.waiting import PATIENCE_S
from zmq.auth.thread import ThreadAuthenticator
from zmq.diagnosis.findings import Report
from zmq.diagnosis.probe import examine
from zmq.diagnosis.side import Side

MakeSocket = Callable[..., zmq.Socket]
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")

SERVER = zmq.curve_keypair() if zmq.has("curve") else (b"", b"")
CLIENT = zmq.curve_keypair() if zmq.has("curve") else (b"", b"")
SHORT_S = 0.3


@pytest.fixture
def authenticator(context: zmq.Context) -> Iterator[ThreadAuthenticator]:
    made = ThreadAuthenticator(context)
    made.start()
    yield made
    made.stop()


def curve_client(type_name: str, server_key: bytes = SERVER[0]) -> Side:
    def equip(socket: zmq.Socket) -> None:
        socket.curve_publickey, socket.curve_secretkey = CLIENT
        socket.curve_serverkey = server_key

    return Side(type_name, mechanism="CURVE", equip=equip)


def curve_server(socket: MakeSocket, kind: int) -> str:
    server = socket(kind)
    server.curve_secretkey = SERVER[1]
    server.curve_server = True
    server.bind(ANY)
    return server.last_endpoint.decode()


def plain_server(socket: MakeSocket, kind: int) -> str:
    server = socket(kind, plain_server=True)
    server.bind(ANY)
    return server.last_endpoint.decode()


def kinds(report: Report) -> list[str]:
    return [each.kind for each in report.findings]


def remarks(report: Report) -> str:
    return "; ".join(each.text for each in report.steps if each.ok is None)


# ---- NULL ----


def test_an_address_that_is_refused(socket: MakeSocket, authenticator: ThreadAuthenticator) -> None:
    authenticator.deny("127.0.0.1")
    server = socket(zmq.REP, zap_domain=b"global")
    server.bind(ANY)
    report = examine(server.last_endpoint.decode(), Side("REQ"), PATIENCE_S)
    assert kinds(report) == ["authentication"]
    assert "allow(ADDRESS)" in report.findings[0].mend


def test_a_handler_that_does_not_answer(socket: MakeSocket) -> None:
    handler = socket(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")
    server = socket(zmq.REP, zap_domain=b"global")
    server.bind(ANY)
    report = examine(server.last_endpoint.decode(), Side("REQ"), SHORT_S)
    assert kinds(report) == ["authentication-silent"]


# ---- PLAIN ----


def plain(type_name: str, password: bytes) -> Side:
    return Side(type_name, mechanism="PLAIN", username=b"anna", password=password)


@pytest.fixture
def passwords(authenticator: ThreadAuthenticator) -> None:
    authenticator.configure_plain("*", {"anna": "sesame"})


@pytest.mark.usefixtures("passwords")
@pytest.mark.parametrize(
    ("kind", "type_name", "peer_type"),
    [
        (zmq.REP, "REQ", "REP"),
        (zmq.ROUTER, "DEALER", "ROUTER"),
        (zmq.XPUB, "SUB", "XPUB"),
        (zmq.PULL, "PUSH", "PULL"),
        (zmq.SUB, "XPUB", "SUB"),
        (zmq.PUSH, "PULL", ""),  # not asked: it would hand messages to the probe
    ],
)
def test_a_right_password(socket: MakeSocket, kind: int, type_name: str, peer_type: str) -> None:
    report = examine(plain_server(socket, kind), plain(type_name, b"sesame"), PATIENCE_S)
    assert (kinds(report), report.peer_type) == ([], peer_type)
    assert ("would get its messages" in remarks(report)) is (not peer_type)


@pytest.mark.usefixtures("passwords")
def test_a_right_password_and_a_wrong_type(socket: MakeSocket) -> None:
    report = examine(plain_server(socket, zmq.PUB), plain("REQ", b"sesame"), PATIENCE_S)
    assert kinds(report) == ["types"]
    assert "zmq.SUB" in report.findings[0].mend
    report = examine(plain_server(socket, zmq.PUSH), plain("SUB", b"sesame"), PATIENCE_S)
    assert kinds(report) == ["types"]
    assert "PUSH" in report.findings[0].what


@pytest.mark.usefixtures("passwords")
def test_a_wrong_password(socket: MakeSocket, tmp_path: Path) -> None:
    where = plain_server(socket, zmq.REP)
    report = examine(where, plain("REQ", b"open"), PATIENCE_S)
    assert kinds(report) == ["authentication"]
    assert "socket.plain_password" in report.findings[0].mend
    secret = tmp_path / "secret"
    for text, code in (("open", 1), ("sesame\n", 0)):
        secret.write_text(text)
        secret.chmod(0o600)
        options = ["-o", "plain_username=anna", "-o", f"plain_password=@{secret}"]
        done = run("doctor", where, "--type", "req", *options)
        assert (done.returncode, done.stderr) == (code, b""), done.stdout


@pytest.mark.usefixtures("passwords")
def test_no_password(socket: MakeSocket) -> None:
    where = plain_server(socket, zmq.REP)
    report = examine(where, Side("REQ", mechanism="PLAIN"), PATIENCE_S)
    assert kinds(report) == ["credentials"]
    report = examine(where, Side("REQ"), SHORT_S)
    assert kinds(report) == ["mechanism"]
    assert "socket.plain_username" in report.findings[0].mend


@pytest.mark.filterwarnings("ignore::zmq.ZAPWarning")
def test_a_password_and_no_handler(socket: MakeSocket) -> None:
    report = examine(plain_server(socket, zmq.REP), plain("REQ", b"sesame"), PATIENCE_S)
    assert kinds(report) == ["authentication-missing"]


def test_both_sides_are_clients_of_plain(socket: MakeSocket) -> None:
    server = socket(zmq.REP, plain_username=b"bert", plain_password=b"x")
    server.bind(ANY)
    report = examine(server.last_endpoint.decode(), plain("REQ", b"sesame"), PATIENCE_S)
    assert kinds(report) == ["both-clients"]


@pytest.mark.usefixtures("passwords")
def test_both_sides_are_servers(socket: MakeSocket) -> None:
    mine = Side("REQ", mechanism="PLAIN", as_server=True)
    report = examine(plain_server(socket, zmq.REP), mine, SHORT_S)
    assert kinds(report) == ["both-servers"]


# ---- CURVE ----


@needs_curve
def test_no_key_for_a_server_with_curve(socket: MakeSocket) -> None:
    report = examine(curve_server(socket, zmq.REP), Side("REQ"), SHORT_S)
    assert kinds(report) == ["mechanism"]
    assert "socket.curve_serverkey = " in report.findings[0].mend
    assert "server of the mechanism" in remarks(report)


@needs_curve
def test_a_key_for_a_server_without_curve(socket: MakeSocket) -> None:
    server = socket(zmq.REP)
    server.bind(ANY)
    report = examine(server.last_endpoint.decode(), curve_client("REQ"), PATIENCE_S)
    assert kinds(report) == ["mechanism"]
    assert "curve_server = True" in report.findings[0].mend
    assert report.peer_type == "REP"


@needs_curve
def test_the_key_of_another_server(socket: MakeSocket) -> None:
    report = examine(
        curve_server(socket, zmq.REP), curve_client("REQ", zmq.curve_keypair()[0]), PATIENCE_S
    )
    assert kinds(report) == ["server-key"]
    assert "socket.curve_serverkey" in report.findings[0].mend


@needs_curve
def test_both_sides_are_clients_of_curve(socket: MakeSocket) -> None:
    server = socket(zmq.REP)
    server.curve_publickey, server.curve_secretkey = zmq.curve_keypair()
    server.curve_serverkey = SERVER[0]
    server.bind(ANY)
    report = examine(server.last_endpoint.decode(), curve_client("REQ"), PATIENCE_S)
    assert kinds(report) == ["both-clients"]


@needs_curve
@pytest.mark.parametrize(
    ("kind", "type_name", "peer_type"),
    [
        (zmq.PULL, "PUSH", "PULL"),
        (zmq.REP, "REQ", ""),  # a REP or a ROUTER
        (zmq.PUB, "SUB", ""),
        (zmq.PUSH, "PULL", ""),
    ],
)
def test_the_right_keys(socket: MakeSocket, kind: int, type_name: str, peer_type: str) -> None:
    report = examine(curve_server(socket, kind), curve_client(type_name), PATIENCE_S)
    assert (kinds(report), report.peer_type) == ([], peer_type)
    assert any(each.text == "the server's key is right" for each in report.steps)
    assert ("not tried" in remarks(report)) is (kind == zmq.PUSH)


@needs_curve
@pytest.mark.parametrize(
    ("kind", "type_name", "words"),
    [(zmq.PUB, "REQ", "SUB"), (zmq.PULL, "SUB", "PUSH"), (zmq.PUSH, "SUB", "PUB")],
)
def test_the_right_keys_and_a_wrong_type(
    socket: MakeSocket, kind: int, type_name: str, words: str
) -> None:
    report = examine(curve_server(socket, kind), curve_client(type_name), PATIENCE_S)
    assert kinds(report) == ["types"]
    assert f"zmq.{words}" in report.findings[0].mend


@needs_curve
def test_a_key_that_is_not_let_in(
    socket: MakeSocket, authenticator: ThreadAuthenticator, tmp_path: Path
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    authenticator.configure_curve("*", allowed)
    where = curve_server(socket, zmq.REP)
    report = examine(where, curve_client("REQ"), PATIENCE_S)
    assert kinds(report) == ["authentication"]
    assert "configure_curve" in report.findings[0].mend
    # From outside, by the command: a client that is let in.
    public, secret = zmq.auth.create_certificates(tmp_path, "client")
    Path(public).rename(allowed / "client.key")
    authenticator.configure_curve("*", allowed)
    options = ["--curve-key", secret, "--curve-server-key", SERVER[0].decode()]
    done = run("doctor", where, "--type", "req", *options)
    assert (done.returncode, done.stderr) == (0, b""), done.stdout


@needs_curve
@pytest.mark.parametrize(("kind", "type_name"), [(zmq.PUSH, "PULL"), (zmq.DEALER, "ROUTER")])
def test_no_message_is_taken_with_keys(socket: MakeSocket, kind: int, type_name: str) -> None:
    server = socket(kind)
    server.curve_secretkey = SERVER[1]
    server.curve_server = True
    server.bind(ANY)
    where = server.last_endpoint.decode()
    with sending(server):
        for _ in range(2):
            assert not kinds(examine(where, curve_client(type_name), PATIENCE_S))
        client = socket(zmq.SocketType[type_name])
        client.curve_publickey, client.curve_secretkey = CLIENT
        client.curve_serverkey = SERVER[0]
        client.connect(where)
        received = [client.recv_multipart()[-1] for _ in range(50)]
        assert received == [b"%d" % n for n in range(50)]


def test_a_socket_that_was_refused_and_has_given_up(
    socket: MakeSocket, authenticator: ThreadAuthenticator
) -> None:
    authenticator.configure_plain(passwords={"anna": "new"})
    rep, dealer = socket(zmq.REP), socket(zmq.DEALER)
    rep.plain_server = True
    rep.bind(ANY)
    dealer.plain_username, dealer.plain_password = b"anna", b"old"
    events = dealer.connection_events()
    dealer.connect(rep.last_endpoint)
    for event in events:
        if event.event == zmq.Event.HANDSHAKE_FAILED_AUTH:
            break
    authenticator.configure_plain(passwords={"anna": "old"})
    (finding,) = zmq.doctor(dealer, timeout=20.0).findings
    assert finding.kind == "given-up"
    dealer.disconnect(rep.last_endpoint)
    dealer.connect(rep.last_endpoint)
    assert dealer.wait_for_peers(1, 20000)
    assert zmq.doctor(dealer, timeout=20.0)
