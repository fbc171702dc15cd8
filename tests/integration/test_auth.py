"""Handshakes over tcp between processes, with an authenticator that lets in and refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
import zmq.auth
from helpers.processes import Child, snippet

needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")

SERVER = """
    import sys, logging
    import zmq, zmq.auth
    from zmq.auth.thread import ThreadAuthenticator

    mechanism, directory, *arguments = sys.argv[1:]
    context = zmq.Context()
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    server = context.socket(zmq.ROUTER)
    server.linger = 0
    if mechanism == "plain":
        authenticator.configure_plain("*", {"anna": "sesame"})
        server.plain_server = True
    elif mechanism in ("curve", "any", "callback"):
        public, secret = zmq.auth.load_certificate(directory + "/server.key_secret")
        server.curve_publickey, server.curve_secretkey = public, secret
        server.curve_server = True
        if mechanism == "curve":
            authenticator.configure_curve("*", directory + "/allowed")
        elif mechanism == "any":
            authenticator.configure_curve("*", zmq.auth.CURVE_ALLOW_ANY)
        else:
            import asyncio
            class Provider:
                async def callback(self, domain, key):
                    await asyncio.sleep(0.01)
                    return key in zmq.auth.load_certificates(directory + "/allowed")
            authenticator.configure_curve_callback("*", Provider())
    elif mechanism == "null":
        server.zap_domain = b"global"
        for argument in arguments:
            getattr(authenticator, argument.split("=")[0])(argument.split("=")[1])
    server.bind("tcp://127.0.0.1:*")
    print(server.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\\0"))
    while True:
        command = sys.stdin.readline().strip()
        if command == "stop":
            authenticator.stop()
            print("stopped", authenticator.is_alive())
        elif command == "next":
            if not server.poll(10000):
                print("nothing came")
                continue
            frames = server.recv_multipart(copy=False)
            try:
                user = frames[-1].get("User-Id")
            except zmq.ZMQError:
                user = "unknown"
            print(frames[-1].bytes.decode(), user)
            server.send_multipart([frames[0].bytes, b"welcome"])
        else:
            break
    server.close()
    authenticator.stop()
    context.term()
    print("done")
"""

CLIENT = """
    import sys
    import zmq, zmq.auth
    from zmq.utils.monitor import recv_monitor_message

    address, mechanism, *arguments = sys.argv[1:]
    context = zmq.Context()
    client = context.socket(zmq.DEALER)
    client.linger = 0
    if mechanism == "plain":
        client.plain_username, client.plain_password = (a.encode() for a in arguments)
    elif mechanism == "curve":
        client.curve_publickey, client.curve_secretkey = zmq.auth.load_certificate(arguments[0])
        client.curve_serverkey = zmq.auth.load_certificate(arguments[1])[0]
    final = (
        zmq.EVENT_HANDSHAKE_SUCCEEDED
        | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    )
    monitor = client.get_monitor_socket(final)
    client.connect(address)
    if not monitor.poll(10000):
        print("no handshake")
    else:
        event = recv_monitor_message(monitor)
        if event["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            client.send(b"hello")
            print(client.recv().decode() if client.poll(10000) else "no reply")
        else:
            print(event["event"].name, int(event["value"]))
    client.disable_monitor()
    monitor.close()
    client.close()
    context.term()
"""

WELCOME = ["welcome"]
REFUSED = ["HANDSHAKE_FAILED_AUTH 400"]


class Server:
    """A server process; clients come in processes of their own."""

    def __init__(self, child: Callable[..., Child], mechanism: str, *arguments: str) -> None:
        self.process = child(["-c", snippet(SERVER), mechanism, *arguments])
        self.address = self.process.line()

    def meet(self, *arguments: str) -> list[str]:
        """Run a client; a client that is let in is answered."""
        program = subprocess.Popen(
            [sys.executable, "-c", snippet(CLIENT), self.address, *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            out, _ = program.communicate(timeout=25)
        finally:
            program.kill()
        assert program.returncode == 0
        return out.splitlines()

    def welcome(self, *arguments: str) -> str:
        """Run a client that is let in; return what the server says about it."""
        self.process.write("next")
        assert self.meet(*arguments) == WELCOME
        return self.process.line()

    def end(self) -> None:
        self.process.write("end")
        assert self.process.line() == "done"
        assert self.process.wait() == 0


class TestHandshakes:
    @pytest.fixture
    def keys(self, tmp_path: Path) -> dict[str, str]:
        (tmp_path / "allowed").mkdir()
        zmq.auth.create_certificates(tmp_path, "server")
        zmq.auth.create_certificates(tmp_path / "allowed", "anna")
        zmq.auth.create_certificates(tmp_path, "mallory")
        return {
            "server": str(tmp_path / "server.key"),
            "anna": str(tmp_path / "allowed" / "anna.key_secret"),
            "mallory": str(tmp_path / "mallory.key_secret"),
        }

    def test_plain(self, child: Callable[..., Child], tmp_path: Path) -> None:
        server = Server(child, "plain", str(tmp_path))
        assert server.welcome("plain", "anna", "sesame") == "hello anna"
        for credentials in (("anna", "wrong"), ("bob", "sesame")):
            assert server.meet("plain", *credentials) == REFUSED
        server.end()

    @needs_curve
    @pytest.mark.parametrize("mechanism", ["curve", "callback"])
    def test_curve(
        self,
        child: Callable[..., Child],
        tmp_path: Path,
        keys: dict[str, str],
        mechanism: str,
    ) -> None:
        server = Server(child, mechanism, str(tmp_path))
        anna = zmq.auth.load_certificate(keys["anna"])[0].decode()
        assert server.welcome("curve", keys["anna"], keys["server"]) == f"hello {anna}"
        assert server.meet("curve", keys["mallory"], keys["server"]) == REFUSED
        assert server.welcome("curve", keys["anna"], keys["server"]) == f"hello {anna}"
        server.end()

    @needs_curve
    def test_any_curve_client(
        self, child: Callable[..., Child], tmp_path: Path, keys: dict[str, str]
    ) -> None:
        server = Server(child, "any", str(tmp_path))
        mallory = zmq.auth.load_certificate(keys["mallory"])[0].decode()
        assert server.welcome("curve", keys["mallory"], keys["server"]) == f"hello {mallory}"
        server.end()

    def test_addresses(self, child: Callable[..., Child], tmp_path: Path) -> None:
        for rule, outcome in (
            ("allow=127.0.0.1", WELCOME),
            ("allow=10.9.9.9", REFUSED),
            ("deny=127.0.0.1", REFUSED),
            ("deny=10.9.9.9", WELCOME),
        ):
            server = Server(child, "null", str(tmp_path), rule)
            if outcome == WELCOME:
                assert server.welcome("null") == "hello anonymous"
            else:
                assert server.meet("null") == REFUSED
            server.end()

    @needs_curve
    def test_after_stop_libzmq_has_no_authenticator(
        self, child: Callable[..., Child], tmp_path: Path, keys: dict[str, str]
    ) -> None:
        server = Server(child, "curve", str(tmp_path))
        assert server.meet("curve", keys["mallory"], keys["server"]) == REFUSED
        server.process.write("stop")
        assert server.process.line() == "stopped False"
        assert server.welcome("curve", keys["mallory"], keys["server"]) == "hello unknown"
        server.end()
