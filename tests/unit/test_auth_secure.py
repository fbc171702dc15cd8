"""secure_server and secure_client: which clients get in, what is written and said of mistakes."""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import zmq
import zmq.asyncio
import zmq.auth
from helpers.processes import run_python
from zmq.auth import CURVE_ALLOW_ANY, load_certificate, secure_client, secure_server
from zmq.auth.base import running_authenticator
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import recv_monitor_message

pytestmark = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")

FINAL = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)
WELCOME, REFUSED = zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_HANDSHAKE_FAILED_AUTH
Knock = Callable[..., int]


@pytest.fixture
def server(context: zmq.Context) -> Iterator[zmq.Socket]:
    with context.socket(zmq.ROUTER) as socket:
        socket.linger = 0
        yield socket


@pytest.fixture
def knock() -> Iterator[Knock]:
    """Connects a client, of another context, and says how its handshake ends."""
    context = zmq.Context()

    def try_it(server: zmq.Socket, key: Any, keys: Any = None) -> int:
        endpoint = server.get_string(zmq.LAST_ENDPOINT)
        with context.socket(zmq.DEALER) as client:
            client.linger = 0
            secure_client(client, key, keys)
            with client.get_monitor_socket(FINAL) as monitor:
                client.connect(endpoint)
                assert monitor.poll(10_000), "no handshake"
                event: int = recv_monitor_message(monitor)["event"]
                client.disable_monitor()
        return event

    yield try_it
    context.destroy(0)


def bind(server: zmq.Socket) -> None:
    server.bind("tcp://127.0.0.1:*")


def test_any_client_that_knows_the_server(server: zmq.Socket, knock: Knock) -> None:
    public = secure_server(server, clients=CURVE_ALLOW_ANY)
    bind(server)
    assert knock(server, public) == WELCOME


def test_listed_clients(server: zmq.Socket, knock: Knock, tmp_path: Path) -> None:
    anna, boris, mallory = (zmq.curve_keypair() for _ in range(3))
    file, secret_file = zmq.auth.create_certificates(tmp_path, "carla")
    raw = zmq.utils.z85.decode(boris[0])
    public = secure_server(server, clients=[anna[0].decode(), raw, Path(file)])
    bind(server)
    assert knock(server, public, anna) == WELCOME
    assert knock(server, public, boris) == WELCOME
    assert knock(server, public, secret_file) == WELCOME
    assert knock(server, public, mallory) == REFUSED
    assert knock(server, public) == REFUSED


def test_a_folder_is_read_again_when_files_come_and_go(
    server: zmq.Socket, knock: Knock, tmp_path: Path
) -> None:
    (tmp_path / "clients").mkdir()
    public = secure_server(server, clients=tmp_path / "clients")
    bind(server)
    _, boris = zmq.auth.create_certificates(tmp_path, "boris")
    assert knock(server, public, boris) == REFUSED
    (tmp_path / "clients" / "boris.key").write_bytes((tmp_path / "boris.key").read_bytes())
    assert knock(server, public, boris) == WELCOME
    (tmp_path / "clients" / "boris.key").unlink()
    assert knock(server, public, boris) == REFUSED


def test_a_folder_that_cannot_be_read_any_more_lets_no_one_in(
    server: zmq.Socket, knock: Knock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "clients"
    folder.mkdir()
    _, anna = zmq.auth.create_certificates(tmp_path, "anna")
    (tmp_path / "anna.key").rename(folder / "anna.key")
    public = secure_server(server, clients=folder)
    bind(server)
    assert knock(server, public, anna) == WELCOME
    (folder / "broken.key").write_text("no key")
    for _ in range(2):
        assert knock(server, public, anna) == REFUSED
    assert "broken.key" in caplog.text
    (folder / "broken.key").unlink()
    assert knock(server, public, anna) == WELCOME


def test_the_wrong_server(server: zmq.Socket, knock: Knock) -> None:
    secure_server(server, clients=CURVE_ALLOW_ANY)
    bind(server)
    with context_of_client() as context, context.socket(zmq.DEALER) as client:
        client.linger = 0
        secure_client(client, zmq.curve_keypair()[0])
        with client.get_monitor_socket(FINAL | zmq.EVENT_DISCONNECTED) as monitor:
            client.connect(server.get_string(zmq.LAST_ENDPOINT))
            assert monitor.poll(10_000)
            assert recv_monitor_message(monitor)["event"] != WELCOME
            client.disable_monitor()


def context_of_client() -> zmq.Context:
    return zmq.Context()


# ---- keys in files ----


def test_keys_are_made_and_kept(context: zmq.Context, knock: Knock, tmp_path: Path) -> None:
    file = tmp_path / "server.key_secret"
    for _ in range(2):
        with context.socket(zmq.ROUTER) as server:
            server.linger = 0
            public = secure_server(server, file, clients=CURVE_ALLOW_ANY)
            bind(server)
            assert knock(server, tmp_path / "server.key") == WELCOME
            assert load_certificate(file)[0] == public
    assert sorted(os.listdir(tmp_path)) == ["server.key", "server.key_secret"]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_make_keys_at_once_get_the_same(tmp_path: Path) -> None:
    source = """
        import threading, zmq
        from zmq.auth import secure_server
        found = set()
        barrier = threading.Barrier(8)
        def run():
            with context.socket(zmq.ROUTER) as server:
                barrier.wait()
                found.add(secure_server(server, FILE, clients="*"))
        with zmq.Context() as context:
            threads = [threading.Thread(target=run) for _ in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        print(len(found), *found)
    """.replace("FILE", repr(str(tmp_path / "server.key_secret")))
    assert run_python(source)[0].startswith("1 ")
    assert sorted(os.listdir(tmp_path)) == ["server.key", "server.key_secret"]


def test_a_client_keeps_its_keys(server: zmq.Socket, knock: Knock, tmp_path: Path) -> None:
    file = tmp_path / "anna.key_secret"
    with server.context.socket(zmq.DEALER) as client:
        anna = secure_client(client, zmq.curve_keypair()[0], file)
    public = secure_server(server, clients=[anna])
    bind(server)
    assert knock(server, public, file) == WELCOME


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has modes")
def test_a_file_that_others_can_read(
    server: zmq.Socket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, file = zmq.auth.create_certificates(tmp_path, "server")
    os.chmod(file, 0o644)
    secure_server(server, file, clients=CURVE_ALLOW_ANY)
    assert "others can read it (mode 0644)" in caplog.text


def test_mistakes_are_told_without_the_keys(server: zmq.Socket, tmp_path: Path) -> None:
    public, secret = zmq.curve_keypair()
    key, _ = zmq.auth.create_certificates(tmp_path, "anna")
    (tmp_path / "bad.key_secret").write_text(
        f'curve\n    public-key = "{public.decode()}"\n    secret-key = "{secret.decode()[:-1]}"\n'
    )
    (tmp_path / "mixed.key_secret").write_text(
        f'curve\n    public-key = "{zmq.curve_keypair()[0].decode()}"\n'
        f'    secret-key = "{secret.decode()}"\n'
    )
    mistakes: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (FileNotFoundError, "no such file; a name that ends with .key_secret",
         {"keys": tmp_path / "no.key"}),
        (FileNotFoundError, "No such file or directory",
         {"keys": tmp_path / "no" / "server.key_secret"}),
        (ValueError, "holds no secret key", {"keys": key}),
        (ValueError, "its secret key is not 40", {"keys": tmp_path / "bad.key_secret"}),
        (ValueError, "does not belong", {"keys": tmp_path / "mixed.key_secret"}),
        (ValueError, "does not belong", {"keys": (zmq.curve_keypair()[0], secret)}),
        (ValueError, "a pair of keys is", {"keys": (public, secret[:-1])}),
        (OSError, "directory", {"clients": tmp_path / "nowhere"}),
        (ValueError, "no key is given", {"clients": []}),
        (ValueError, "are no CURVE key", {"clients": [secret[:-1]]}),
        (ValueError, "neither a CURVE key in Z85 nor a file",
         {"clients": ["~" + secret.decode()[1:]]}),
        (TypeError, "a list of keys", {"clients": public}),
    ]  # fmt: skip
    for kind, words, arguments in mistakes:
        with pytest.raises(kind) as raised:
            secure_server(server, **{"clients": CURVE_ALLOW_ANY, **arguments})
        said = str(raised.value)
        assert words.lower() in said.lower(), (arguments, said)
        assert secret.decode()[1:20] not in said
    assert running_authenticator(server.context) is None
    assert not server.curve_server
    with pytest.raises(TypeError, match="clients"):
        secure_server(server)  # type: ignore[call-arg]


def test_no_secret_in_logs(
    server: zmq.Socket, knock: Knock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "server.key_secret"
    public = secure_server(server, file, clients=[zmq.curve_keypair()[0]])
    bind(server)
    keys = zmq.curve_keypair()
    assert knock(server, public, keys) == REFUSED
    for secret in (load_certificate(file)[1], keys[1]):
        assert secret is not None
        assert secret.decode() not in caplog.text
        assert secret.decode() not in repr(server) + zmq.dump()


# ---- before bind and connect ----


@pytest.mark.parametrize("attach", ["bind", "connect"])
def test_too_late(server: zmq.Socket, attach: str) -> None:
    getattr(server, attach)("tcp://127.0.0.1:*" if attach == "bind" else "tcp://127.0.0.1:5555")
    for call in (
        lambda: secure_server(server, clients=CURVE_ALLOW_ANY),
        lambda: secure_client(server, zmq.curve_keypair()[0]),
    ):
        with pytest.raises(zmq.ZMQError, match=r"is bound or connected already \(tcp://") as raised:
            call()
        assert raised.value.errno == zmq.EINVAL
        assert repr(server) in str(raised.value)
    assert running_authenticator(server.context) is None


# ---- the authenticator ----


def test_one_authenticator_for_a_context(context: zmq.Context, knock: Knock) -> None:
    anna, boris = zmq.curve_keypair(), zmq.curve_keypair()
    with context.socket(zmq.ROUTER) as first, context.socket(zmq.ROUTER) as second:
        one = secure_server(first, clients=[anna[0]])
        authenticator = running_authenticator(context)
        two = secure_server(second, clients=[boris[0]])
        assert running_authenticator(context) is authenticator is not None
        bind(first)
        bind(second)
        assert knock(first, one, anna) == WELCOME
        assert knock(first, one, boris) == REFUSED
        assert knock(second, two, anna) == REFUSED
        assert knock(second, two, boris) == WELCOME


def test_the_authenticator_of_the_program_is_used(
    context: zmq.Context, server: zmq.Socket, knock: Knock
) -> None:
    mine = ThreadAuthenticator(context)
    mine.start()
    mine.configure_curve("*", CURVE_ALLOW_ANY)  # of other servers: it opens nothing here
    anna = zmq.curve_keypair()
    public = secure_server(server, clients=[anna[0]])
    assert running_authenticator(context) is mine
    bind(server)
    assert knock(server, public, anna) == WELCOME
    assert knock(server, public) == REFUSED
    mine.configure_curve("*", CURVE_ALLOW_ANY)
    assert knock(server, public) == REFUSED
    mine.deny("127.0.0.1")
    assert knock(server, public, anna) == REFUSED
    mine.stop()
    assert running_authenticator(context) is None


def test_no_one_gets_in_after_the_authenticator(
    context: zmq.Context, server: zmq.Socket, knock: Knock
) -> None:
    public = secure_server(server, clients=CURVE_ALLOW_ANY)
    bind(server)
    authenticator = running_authenticator(context)
    assert authenticator is not None
    authenticator.stop()
    assert knock(server, public) != WELCOME
    with context.socket(zmq.ROUTER) as other:
        other.linger = 0
        assert secure_server(other, clients=CURVE_ALLOW_ANY)
        started = running_authenticator(context)
        assert started is not None
        assert started is not authenticator
    assert knock(server, public) == WELCOME  # they let in the same clients


def test_a_handler_of_the_program(context: zmq.Context, server: zmq.Socket) -> None:
    with context.socket(zmq.REP) as handler:
        handler.bind("inproc://zeromq.zap.01")
        with pytest.raises(zmq.ZMQError) as raised:
            secure_server(server, clients=CURVE_ALLOW_ANY)
        assert raised.value.errno == zmq.EADDRINUSE
        assert not server.curve_server


def test_contexts_of_several_fronts_share_it(context: zmq.Context, server: zmq.Socket) -> None:
    secure_server(server, clients=CURVE_ALLOW_ANY)
    tasks = zmq.asyncio.Context(context)  # another object of the same context
    with tasks.socket(zmq.REP) as other:
        secure_server(other, clients=CURVE_ALLOW_ANY)
        assert running_authenticator(tasks) is running_authenticator(context) is not None


def test_threads_start_one_authenticator(context: zmq.Context) -> None:
    sockets = [context.socket(zmq.REP) for _ in range(8)]
    failed: list[BaseException] = []
    barrier = threading.Barrier(8)

    def secure(socket: zmq.Socket) -> None:
        barrier.wait()
        try:
            secure_server(socket, clients=CURVE_ALLOW_ANY)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=secure, args=[socket]) for socket in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for socket in sockets:
        socket.close()
    assert not failed


def test_the_context_ends_by_itself() -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as server:
        secure_server(server, clients=CURVE_ALLOW_ANY)
        bind(server)
    assert context.closed


def test_a_required_handler_is_there(context: zmq.Context, server: zmq.Socket) -> None:
    context.zap_required = True
    secure_server(server, clients=CURVE_ALLOW_ANY)
    bind(server)
    assert server.zap_enforce_domain
