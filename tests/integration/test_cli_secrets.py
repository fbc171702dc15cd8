"""Secrets of the command: never among the arguments, and not in files that others can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.command import bound, rest, run, start
from helpers.processes import Child
from helpers.sockets import ANY
from zmq.auth.thread import ThreadAuthenticator

Start = Callable[..., Child]
MakeSocket = Callable[..., zmq.Socket]

needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq without CURVE")
needs_modes = pytest.mark.skipif(os.name != "posix", reason="files without POSIX modes")


@pytest.mark.parametrize("command", ["send", "recv", "watch", "events", "bench"])
@pytest.mark.parametrize(
    ("option", "instead"),
    [
        ("curve_secretkey=hunter2", "--curve-key FILE"),
        ("ZMQ_CURVE_SECRETKEY=hunter2", "--curve-key FILE"),
        ("plain_password=hunter2", "plain_password=@FILE"),
        ("SOCKS_PASSWORD=hunter2", "socks_password=@FILE"),
    ],
)
def test_a_secret_among_the_arguments_is_refused(command: str, option: str, instead: str) -> None:
    address = "tcp://127.0.0.1:9"
    places = {"watch": [address], "bench": ["--connect", address]}
    done = run(command, *places.get(command, ["pair", "-c", address]), "-o", option)
    complaint = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint.startswith("ohmq: --option ")
    assert instead in complaint
    assert "hunter2" not in complaint  # a log would keep it
    assert complaint.count("\n") == 1


def test_a_password_comes_from_a_file(
    context: zmq.Context, socket: MakeSocket, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    file.chmod(0o600)
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    try:
        authenticator.configure_plain(passwords={"anna": "hunter2"})
        sink = socket(zmq.PULL, plain_server=True)
        sink.bind(ANY)
        to = ["push", "-c", sink.last_endpoint.decode(), "-o", "plain_username=anna"]
        done = run("send", *to, "-o", f"plain_password=@{file}", "hello")
        assert (done.returncode, done.stderr) == (0, b"")
        assert sink.recv() == b"hello"
        file.write_text("wrong")
        done = run("send", *to, "-o", f"plain_password=@{file}", "hello")
        assert done.returncode == 1
        assert b"refused by the server's authentication" in done.stderr
    finally:
        authenticator.stop()
    done = run("send", *to, "-o", "plain_password=@/no/such/file", "hello")
    assert (done.returncode, done.stderr) == (
        1,
        b"ohmq: --option plain_password: /no/such/file: No such file or directory\n",
    )


@needs_curve
@needs_modes
@pytest.mark.parametrize("mode", [0o777, 0o640, 0o604])
def test_a_secret_key_that_others_can_read_is_used_with_a_warning(
    child: Start, tmp_path: Path, mode: int
) -> None:
    for name in ("server", "anna"):
        assert run("keygen", name, cwd=tmp_path).returncode == 0
    key = tmp_path / "server.key_secret"
    receiver = child(
        [*start("recv", "pull", "-b", ANY, "-n", "1", "--curve-server"), "--curve-key", str(key)]
    )
    own = tmp_path / "anna.key_secret"
    own.chmod(mode)
    options = ["--curve-server-key", str(tmp_path / "server.key"), "--curve-key", str(own)]
    done = run("send", "push", "-c", bound(receiver), *options, "hello")
    assert done.returncode == 0
    assert done.stderr.decode() == (
        f"ohmq: warning: {own} holds a secret and others can read it (mode {mode:04o}); "
        f"chmod 600 fixes that\n"
    )
    assert rest(receiver) == ["hello"]
    assert receiver.complaint().count("\n") == 1  # the address that was bound


@needs_curve
@needs_modes
def test_a_configuration_warns_once_of_a_key_file(tmp_path: Path) -> None:
    assert run("keygen", "server", cwd=tmp_path).returncode == 0
    (tmp_path / "server.key_secret").chmod(0o644)
    file = tmp_path / "devices.toml"
    file.write_text(
        "".join(
            f'[device.{name}]\nkind = "queue"\nin = "{ANY}"\nout = "{ANY}"\n'
            'curve.in = { server = true, key = "server.key_secret" }\n'
            for name in ("one", "two")
        )
    )
    done = run("device", "--config", str(file), "--check")
    assert done.returncode == 0
    assert done.stderr.count(b"others can read it (mode 0644)") == 1
