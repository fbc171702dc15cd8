"""SSH tunnels, with a stand-in for the program `ssh` and a Paramiko server on loopback."""

from __future__ import annotations

import importlib.util
import json
import logging
import multiprocessing
import os
import socket as std_socket
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

import zmq
import zmq.ssh
from zmq.ssh import tunnel
from zmq.ssh.forward import forward_tunnel

if not hasattr(zmq, "ohmq_version"):
    pytest.skip("PyZMQ starts ssh in another way", allow_module_level=True)

needs_pexpect = pytest.mark.skipif(
    importlib.util.find_spec("pexpect") is None, reason="pexpect is not installed"
)
needs_paramiko = pytest.mark.skipif(
    importlib.util.find_spec("paramiko") is None, reason="paramiko is not installed"
)
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="a script on PATH needs POSIX")

PASSWORD = "s3same"

# Writes down how it was called, then behaves as the file "mode" says.
FAKE_SSH = """#!{python}
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
arguments = sys.argv[1:]
def note(what):
    with open(here + "/log", "a") as log:
        log.write(json.dumps(what) + "\\n")
note(arguments)
note({{name: value for name, value in os.environ.items() if "ASKPASS" in name}})
mode = open(here + "/mode").read()
if "-O" in arguments:
    if mode != "master":
        print("Control socket connect(x): No such file or directory", file=sys.stderr)
        sys.exit(255)
    if "check" in arguments:
        print("Master running (pid=4711)", file=sys.stderr)
    sys.exit(0)
if mode == "unreachable":
    print("ssh: connect to host x port 22: Connection refused\\r")
    sys.exit(255)
if mode == "unknown host":
    input("Are you sure you want to continue connecting (yes/no/[fingerprint])? ")
if mode == "password":
    if "BatchMode=yes" in arguments:
        sys.exit(255)
    import getpass
    for _ in range(3):
        if getpass.getpass("anna@x's password: ") == {password!r}:
            break
        print("Permission denied, please try again.")
    else:
        sys.exit(255)
sys.exit(0)
"""


class FakeSsh:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        program = directory / "ssh"
        program.write_text(FAKE_SSH.format(python=sys.executable, password=PASSWORD))
        program.chmod(0o755)
        self.mode("open")

    def mode(self, mode: str) -> None:
        (self.directory / "mode").write_text(mode)

    def log(self) -> list[Any]:
        return [json.loads(line) for line in (self.directory / "log").read_text().splitlines()]

    def calls(self) -> list[list[str]]:
        return [entry for entry in self.log() if isinstance(entry, list)]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSsh:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    return FakeSsh(tmp_path)


def test_ports() -> None:
    ports = tunnel.select_random_ports(20)
    assert len(set(ports)) == 20
    with std_socket.socket() as each:
        each.bind(("127.0.0.1", ports[0]))
    assert tunnel.select_random_ports(0) == []


@pytest.mark.parametrize(
    "address", ["ipc://x", "tcp://x", "tcp://x:*", "x:1", "tcp://a:1,tcp://b:2", "tcp://a b:1", ""]
)
def test_addresses_that_no_tunnel_leads_to(address: str) -> None:
    with pytest.raises(ValueError, match="tcp://host:port"):
        tunnel.open_tunnel(address, "x")


@pytest.mark.parametrize(
    "server",
    [
        "",
        "@x",
        "anna@",
        "x:y",
        "x:0",
        "x:65536",
        "[::1",
        "[::1]2",
        "-oProxyCommand=touch x",
        "a@-oX=y",
    ],
)
@pytest.mark.parametrize("paramiko", [False, pytest.param(True, marks=needs_paramiko)])
def test_servers_that_cannot_be_understood(server: str, paramiko: bool) -> None:
    with pytest.raises(ValueError, match="user@host:port"):
        tunnel.try_passwordless_ssh(server, None, paramiko)


@posix_only
class TestOpenSsh:
    def test_passwordless(self, ssh: FakeSsh) -> None:
        assert zmq.ssh.try_passwordless_ssh("anna@x:2222", "/key") is True
        for mode in ("password", "unreachable"):
            ssh.mode(mode)
            assert zmq.ssh.try_passwordless_ssh("x", None) is False
        first, *_, last = ssh.calls()
        assert first == ["-i", "/key", "-p", "2222", "-o", "BatchMode=yes", "anna@x", "exit"]
        assert last == ["-o", "BatchMode=yes", "x", "exit"]

    def test_no_program(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(FileNotFoundError, match="install OpenSSH"):
            tunnel.try_passwordless_ssh("x", None)

    def test_without_pexpect(self, ssh: FakeSsh, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pexpect", None)
        with pytest.raises(ImportError, match=r"openssh_tunnel needs pexpect.*ohmq\[ssh\]"):
            tunnel.openssh_tunnel(1, 2, "x")

    @needs_pexpect
    def test_a_tunnel(self, ssh: FakeSsh) -> None:
        pid = zmq.ssh.openssh_tunnel(1234, 5678, "anna@x:2222", "10.0.0.1", "/key", timeout=7)
        assert isinstance(pid, int)
        check, start = ssh.calls()
        assert check == ["-i", "/key", "-p", "2222", "-O", "check", "anna@x"]
        assert start[:4] == check[:4]
        assert start[start.index("-L") + 1 :] == [
            "127.0.0.1:1234:10.0.0.1:5678", "anna@x", "sleep", "7"
        ]  # fmt: skip
        assert "-f" in start
        # A dialog on the desktop would answer in our place.
        assert [entry for entry in ssh.log() if isinstance(entry, dict)] == [{}, {}]

    @needs_pexpect
    def test_through_a_master_connection(
        self, ssh: FakeSsh, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_exit: list[Any] = []
        monkeypatch.setattr("atexit.register", lambda *call: at_exit.append(call))
        ssh.mode("master")
        assert tunnel.openssh_tunnel(1234, 5678, "x") == 4711
        assert ssh.calls()[1] == ["-O", "forward", "-L", "127.0.0.1:1234:127.0.0.1:5678", "x"]
        function, arguments = at_exit[0]
        function(arguments)
        assert ssh.calls()[2] == ["-O", "cancel", "-L", "127.0.0.1:1234:127.0.0.1:5678", "x"]

    @needs_pexpect
    def test_a_password(self, ssh: FakeSsh, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        ssh.mode("password")
        assert tunnel.openssh_tunnel(1234, 5678, "anna@x", password=PASSWORD) > 0
        assert PASSWORD not in json.dumps(ssh.log())
        assert PASSWORD not in caplog.text

    @needs_pexpect
    def test_a_wrong_password_is_tried_once(self, ssh: FakeSsh) -> None:
        ssh.mode("password")
        with pytest.raises(tunnel.MaxRetryExceeded, match="refused") as caught:
            tunnel.openssh_tunnel(1234, 5678, "anna@x", password="hush")
        assert "hush" not in str(caught.value)
        assert isinstance(caught.value, tunnel.SSHTunnelError)

    @needs_pexpect
    def test_asks_for_the_password(self, ssh: FakeSsh, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = ["wrong", PASSWORD]
        asked: list[str] = []

        def getpass(prompt: str) -> str:
            asked.append(prompt)
            return answers.pop(0)

        monkeypatch.setattr("zmq.ssh._openssh.getpass", getpass)
        ssh.mode("password")
        assert tunnel.openssh_tunnel(1234, 5678, "anna@x") > 0
        assert asked == ["anna@x's password: "] * 2

    @needs_pexpect
    def test_failures_say_why(self, ssh: FakeSsh) -> None:
        ssh.mode("unreachable")
        with pytest.raises(tunnel.SSHTunnelError, match="Connection refused"):
            tunnel.openssh_tunnel(1234, 5678, "x")
        ssh.mode("unknown host")
        with pytest.raises(tunnel.SSHTunnelError, match=r"host key.*run `ssh x` once"):
            tunnel.openssh_tunnel(1234, 5678, "x")

    @needs_pexpect
    @pytest.mark.parametrize("host", ["10.0.0.2", "[::1]"])
    def test_connection(self, ssh: FakeSsh, socket: Callable[..., Any], host: str) -> None:
        client = socket(zmq.REQ)
        pid = zmq.ssh.tunnel_connection(client, f"tcp://{host}:99", "x", timeout=3)
        assert isinstance(pid, int)
        way = ssh.calls()[-1]
        _, port, rest = way[way.index("-L") + 1].split(":", 2)
        assert rest == f"{host}:99"
        address = client.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        assert address == f"tcp://127.0.0.1:{port}"


class Transport:
    """As much of a paramiko.Transport as forwarding needs: connects directly."""

    def __init__(self, target: tuple[str, int] | None) -> None:
        self.target = target
        self.asked: list[Any] = []

    def open_channel(self, kind: str, target: Any, source: Any) -> std_socket.socket:
        self.asked.append((kind, target))
        if self.target is None:
            raise RuntimeError("refused")
        return std_socket.create_connection(self.target)


@pytest.fixture
def echo(context: zmq.Context) -> Iterator[int]:
    """The port of a REP socket that answers whatever comes, once."""
    with context.socket(zmq.REP) as server:
        server.linger = 0
        port = server.bind_to_random_port("tcp://127.0.0.1")

        def answer() -> None:
            if server.poll(20000):
                server.send(b"re " + server.recv())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield port
        thread.join(20)


def start_forwarding(transport: Transport) -> int:
    (port,) = tunnel.select_random_ports(1)
    # Serves for ever, by its nature; as a daemon it ends with the tests.
    threading.Thread(
        target=forward_tunnel, args=(port, "remote", 5, transport), daemon=True
    ).start()
    return port


def test_forwarding(echo: int, socket: Callable[..., Any]) -> None:
    transport = Transport(("127.0.0.1", echo))
    client = socket(zmq.REQ, reconnect_ivl=10)
    client.connect(f"tcp://127.0.0.1:{start_forwarding(transport)}")
    message = b"x" * 300_000
    client.send(message)
    assert client.recv() == b"re " + message
    assert transport.asked == [("direct-tcpip", ("remote", 5))]


def test_forwarding_that_the_server_refuses(caplog: pytest.LogCaptureFixture) -> None:
    port = start_forwarding(Transport(None))
    for _ in range(500):
        try:
            connection = std_socket.create_connection(("127.0.0.1", port), 5)
            break
        except ConnectionRefusedError:
            threading.Event().wait(0.01)
    else:
        pytest.fail("nothing listens")
    with connection:
        connection.settimeout(10)
        assert connection.recv(1) == b""
    assert "remote:5 failed: refused" in caplog.text


class ParamikoServer:
    """An SSH server on loopback that knows one password and forwards to anywhere."""

    def __init__(self, known_hosts: Path) -> None:
        import paramiko

        class Rules(paramiko.ServerInterface):
            def get_allowed_auths(self, username: str) -> str:
                return "password"

            def check_auth_password(self, username: str, password: str) -> int:
                good = (username, password) == ("anna", PASSWORD)
                return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

            def check_channel_direct_tcpip_request(
                self, chanid: int, origin: Any, destination: Any
            ) -> int:
                threading.Thread(
                    target=carry, args=(self.transport, chanid, destination), daemon=True
                ).start()
                return paramiko.OPEN_SUCCEEDED

        def carry(transport: Any, chanid: int, destination: tuple[str, int]) -> None:
            channel = transport.accept(10)
            with std_socket.create_connection(destination) as peer:

                def back() -> None:
                    while data := peer.recv(1 << 16):
                        channel.sendall(data)

                threading.Thread(target=back, daemon=True).start()
                while data := channel.recv(1 << 16):
                    peer.sendall(data)

        key = paramiko.ECDSAKey.generate()
        self.listener = std_socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.name = f"anna@127.0.0.1:{self.port}"
        self.line = f"[127.0.0.1]:{self.port} {key.get_name()} {key.get_base64()}\n"
        self.known_hosts = known_hosts
        self.transports: list[Any] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = self.listener.accept()
                except OSError:
                    return
                transport = paramiko.Transport(connection)
                transport.add_server_key(key)
                rules = Rules()
                rules.transport = transport
                self.transports.append(transport)
                try:
                    transport.start_server(server=rules)
                except (paramiko.SSHException, EOFError, OSError):
                    # A client that does not like our key goes away.
                    continue

        threading.Thread(target=serve, daemon=True).start()

    def be_known(self) -> None:
        self.known_hosts.write_text(self.line)

    def close(self) -> None:
        if self.listener.fileno() != -1:
            # Closing alone would leave accept() waiting.
            self.listener.shutdown(std_socket.SHUT_RDWR)
            self.listener.close()
        for transport in self.transports:
            transport.close()


@posix_only
@needs_paramiko
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
class TestParamiko:
    @pytest.fixture
    def server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParamikoServer]:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        (tmp_path / ".ssh").mkdir()
        server = ParamikoServer(tmp_path / ".ssh" / "known_hosts")
        yield server
        server.close()

    def test_a_tunnel(self, server: ParamikoServer, echo: int, socket: Callable[..., Any]) -> None:
        server.be_known()
        client = socket(zmq.REQ)
        process = zmq.ssh.tunnel_connection(
            client, f"tcp://127.0.0.1:{echo}", server.name, password=PASSWORD, paramiko=True
        )
        assert not isinstance(process, int)
        assert process.is_alive()
        assert process.daemon
        client.send(b"hello")
        assert client.recv() == b"re hello"
        process.terminate()
        process.join(10)
        assert not process.is_alive()

    def test_the_tunnel_ends_with_its_connection(self, server: ParamikoServer) -> None:
        server.be_known()
        (port,) = tunnel.select_random_ports(1)
        process = tunnel.paramiko_tunnel(port, 9, server.name, password=PASSWORD)
        server.close()
        process.join(10)
        assert process.exitcode == 0

    def test_a_fork_server_from_before_the_environment_changed(
        self, server: ParamikoServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The default of CPython 3.14 on Linux; known hosts are those of this process' HOME."""
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("HOME", "/nonexistent")
            forkserver.ensure_running()
        default = multiprocessing.get_start_method()
        multiprocessing.set_start_method("forkserver", force=True)
        try:
            server.be_known()
            (port,) = tunnel.select_random_ports(1)
            process = tunnel.paramiko_tunnel(port, 9, server.name, password=PASSWORD)
            server.close()
            process.join(10)
        finally:
            multiprocessing.set_start_method(default, force=True)
        assert process.exitcode == 0

    def test_failures_say_why(self, server: ParamikoServer) -> None:
        (port,) = tunnel.select_random_ports(1)
        with pytest.raises(tunnel.SSHTunnelError, match="not found in known_hosts"):
            tunnel.paramiko_tunnel(port, 9, server.name, password=PASSWORD)
        server.be_known()
        with pytest.raises(tunnel.SSHTunnelError, match="Authentication failed") as caught:
            tunnel.paramiko_tunnel(port, 9, server.name, password="hush")
        assert "hush" not in str(caught.value)
        with (
            std_socket.create_server(("127.0.0.1", port)),
            pytest.raises(tunnel.SSHTunnelError, match="Address already in use"),
        ):
            tunnel.paramiko_tunnel(port, 9, server.name, password=PASSWORD)

    def test_passwordless(self, server: ParamikoServer) -> None:
        with pytest.raises(tunnel.SSHTunnelError, match="not found in known_hosts"):
            tunnel.try_passwordless_ssh(server.name, None, paramiko=True)
        server.be_known()
        assert tunnel.try_passwordless_ssh(server.name, None, paramiko=True) is False

    def test_asks_for_the_password(
        self, server: ParamikoServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(
            "zmq.ssh._paramiko.getpass", lambda prompt: asked.append(prompt) or PASSWORD
        )
        server.be_known()
        (port,) = tunnel.select_random_ports(1)
        process = tunnel.paramiko_tunnel(port, 9, server.name)
        assert asked == [f"{server.name}'s password: "]
        process.terminate()
        process.join(10)


def test_without_paramiko(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(ImportError, match=r"paramiko_tunnel needs paramiko.*ohmq\[ssh\]"):
        tunnel.paramiko_tunnel(1, 2, "x", password="y")
    with pytest.raises(ImportError, match="try_passwordless_ssh needs paramiko"):
        tunnel.try_passwordless_ssh("x", None, paramiko=True)
