"""`ohmq watch`, `events` and `keygen`: real processes and real peers."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.command import Terminal, bound, rest, run, start
from helpers.processes import Child, run_python
from helpers.sockets import ANY, free_address
from zmq.auth import load_certificate

Start = Callable[..., Child]
MakeSocket = Callable[..., zmq.Socket]


def publisher(socket: MakeSocket) -> tuple[zmq.Socket, str]:
    """An XPUB, which hears of its subscribers, and where it is."""
    source = socket(zmq.XPUB)
    source.bind(ANY)
    return source, source.last_endpoint.decode()


def test_a_topic_with_filters(child: Start, socket: MakeSocket) -> None:
    source, address = publisher(socket)
    watcher = child(
        start("watch", address, "--topic", "in", "--grep", "err", "--exclude", "secret", "-n", "2")
    )
    assert source.recv() == b"\x01in"
    for parts in (
        [b"out", b"error"],
        [b"in", b"fine"],
        [b"in", b"error", b"secret"],
        [b"in", b"", b"\x00\xff", b"an error\n"],
        [b"in", b"error" * 20],
    ):
        source.send_multipart(parts)
    lines = rest(watcher)
    assert watcher.wait() == 0
    assert [re.sub(r"^[\d:.]{12}", "*", line) for line in lines] == [
        r"*  4p     13 B  in | '' | x00ff | an error\n",
        "*  2p    102 B  in | " + ("error" * 20)[:39] + "\N{HORIZONTAL ELLIPSIS}",
    ]
    assert watcher.complaint() == ""


def test_json_and_a_pull(child: Start, socket: MakeSocket) -> None:
    watcher = child(start("watch", ANY, "--bind", "--type", "pull", "-f", "json", "-n", "1"))
    source = socket(zmq.PUSH)
    source.connect(bound(watcher))
    source.send_multipart([b"in", b"\xff"])
    entry = json.loads(watcher.line())
    assert (entry["bytes"], entry["parts"]) == (3, ["in", {"hex": "ff"}])
    assert watcher.wait() == 0


def test_rates(child: Start, socket: MakeSocket) -> None:
    source, address = publisher(socket)
    watcher = child(start("watch", address, "--rates", "--interval", "0.1", "-n", "30"))
    assert source.recv() == b"\x01"
    for _ in range(29):
        source.send_multipart([b"in", b"12345678"])
    line = watcher.line()
    assert re.fullmatch(r"0:00:\d\d \| \d+ msg/s [\d.]+ k?B/s( \| in \d+/s)?", line)
    source.send_multipart([b"in", b"12345678"])
    assert watcher.wait() == 0
    assert watcher.complaint().startswith("ohmq: total 30 messages  300 B  ")


def test_a_signal_and_a_time_out(child: Start, socket: MakeSocket) -> None:
    source, address = publisher(socket)
    watcher = child(start("watch", address))
    assert source.recv() == b"\x01"
    source.send(b"x")
    watcher.line()
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.wait() == 130
    assert watcher.complaint() == ""
    assert source.recv() == b"\x00"
    done = run("watch", free_address(), "-t", "0.2")
    assert (done.returncode, done.stderr) == (124, b"ohmq: no message within 0.2 s\n")


def test_a_terminal_shows_some_of_many(socket: MakeSocket) -> None:
    source, address = publisher(socket)
    source.sndhwm = 0
    with Terminal(["watch", address, "--interval", "0.1"]) as terminal:
        terminal.read_until("waiting for messages; Ctrl-C ends it")
        assert source.recv() == b"\x01"
        for number in range(30):
            source.send(b"first %d" % number)
        terminal.read_until("first 29")
        for _ in range(2000):
            source.send(b"many")
        terminal.read_until("not shown")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.wait() == 130
    assert terminal.text.count("\x1b[?25l") == terminal.text.count("\x1b[?25h")
    assert re.search(r"ohmq: total [\d,]+ messages, [\d,]+ shown", terminal.text), terminal.text


def test_the_monitor_of_pyzmq(child: Start, pyzmq: Path) -> None:
    code = """if True:
        import sys, threading, zmq
        from zmq.devices import ThreadMonitoredQueue
        queue = ThreadMonitoredQueue(zmq.PULL, zmq.PUSH, zmq.PUB)
        ports = [getattr(queue, f"bind_{side}_to_random_port")("tcp://127.0.0.1")
                 for side in ("in", "out", "mon")]
        queue.start()
        print(*ports, flush=True)
        context = zmq.Context.instance()
        source, sink = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        source.connect(f"tcp://127.0.0.1:{ports[0]}")
        sink.connect(f"tcp://127.0.0.1:{ports[1]}")
        while True:
            source.send_multipart([b"a", b"b"])
            sink.recv_multipart()
    """
    queue = child(["-c", code], python=pyzmq)
    monitor = f"tcp://127.0.0.1:{queue.line().split()[2]}"
    done = run("watch", monitor, "-n", "2", "-s", "in")
    assert done.returncode == 0
    assert re.fullmatch(rb"([\d:.]{12}  3p      4 B  in \| a \| b\n){2}", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["watch"], "ENDPOINT"),
        (["watch", ANY], "connecting needs a host and a port"),
        (["watch", "tcp://127.0.0.1:1", "--grep", "("], "--grep '('"),
        (["watch", "tcp://127.0.0.1:1", "--type", "push"], "PUSH: not a type for this command"),
        (["watch", "tcp://127.0.0.1:1", "--type", "pull", "-s", "x"], "a PULL gets everything"),
        (["watch", "tcp://127.0.0.1:1", "-f", "raw"], "'ohmq recv' does that"),
        (["events", "pull"], "no endpoint"),
        (["events", "pull", "-b", ANY, "--only", "x"], "no such event"),
        (["events", "pull", "-b", ANY, "-f", "hex"], "--format 'hex'"),
        (["keygen", "a/b"], "is no name of a file"),
        (["keygen", ".."], "is no name of a file"),
        (["keygen", "a", "--meta", "x"], "write KEY=TEXT"),
    ],
)
def test_bad_arguments(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_events_of_a_connection(child: Start, socket: MakeSocket) -> None:
    follower = child(start("events", "pull", "-b", ANY, "-f", "json", "-n", "4"))
    source = socket(zmq.PUSH)
    source.connect(bound(follower))
    for _ in range(5):
        source.send(b"thrown away")
    names = [json.loads(follower.line())["event"] for _ in range(3)]
    assert names == ["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED"]
    source.close()
    last = json.loads(follower.line())
    assert last["event"] == "DISCONNECTED"
    assert last["endpoint"] == bound_of(follower)
    assert follower.wait() == 0


def bound_of(child: Child) -> str:
    return child.complaint().split()[-1]


def test_events_of_one_that_is_not_there() -> None:
    done = run("events", "dealer", "-c", free_address(), "--only", "connect_retried", "-n", "2")
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 2
    assert all("no program accepted; again in " in line for line in lines)


def test_events_of_an_unknown_name() -> None:
    where = "tcp://no-such-host.invalid:5555"
    done = run("events", "dealer", "-c", where, "--only", "connect_retried", "-n", "1")
    assert done.returncode == 0
    assert b"the name no-such-host.invalid cannot be resolved: " in done.stdout


@pytest.mark.parametrize("side", ["-c", "-b"])
def test_events_of_types_that_do_not_go_together(socket: MakeSocket, side: str) -> None:
    """Which of the two is told depends on which is first; both say what to look for."""
    peer = socket(zmq.REQ)
    words = b"the types of the two sockets do not match"
    if side == "-c":
        where = f"tcp://127.0.0.1:{peer.bind_to_random_port('tcp://127.0.0.1')}"
    else:
        where = free_address()
        peer.connect(where)
    only = [f"--only={name}" for name in ("disconnected", "handshake_failed_no_detail")]
    done = run("events", "push", side, where, *only, "-n", "1", "-t", "10")
    assert done.returncode == 0
    assert words in done.stdout


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("tcp://127.0.0.1:{port}", "no program accepted"),
        ("tcp://no-such-host.invalid:1", "the name no-such-host.invalid cannot be resolved: "),
    ],
)
def test_attempts_to_connect_are_no_events_that_time_waits_for(where: str, reason: str) -> None:
    """The error at the end says why there were attempts only."""
    port = free_address().rpartition(":")[2]
    where = where.format(port=port)
    done = run("events", "dealer", "-c", where, "-t", "0.6")
    assert done.returncode == 124
    assert done.stdout.count(b"connect_retried") > 1
    assert done.stderr.decode().startswith(f"ohmq: no event within 0.6 s; {where}: {reason}")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq without CURVE")
def test_events_of_a_client_without_a_key(child: Start, tmp_path: Path) -> None:
    """A server with CURVE: whatever libzmq tells first, the first reason names security."""
    assert run("keygen", "me", cwd=tmp_path).returncode == 0
    key = str(tmp_path / "me.key_secret")
    server = child(start("recv", "pull", "-b", ANY, "--curve-server", "--curve-key", key))
    names = ("handshake_failed_protocol", "handshake_failed_no_detail", "disconnected")
    only = [f"--only={name}" for name in names]
    done = run("events", "push", "-c", bound(server), *only, "-n", "1", "-t", "10")
    assert done.returncode == 0
    assert b"CURVE or PLAIN" in done.stdout


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq without CURVE")
def test_events_of_a_client_with_the_key_of_another_server(child: Start, tmp_path: Path) -> None:
    for name in ("me", "other"):
        assert run("keygen", name, cwd=tmp_path).returncode == 0
    key = str(tmp_path / "me.key_secret")
    server = child(start("events", "pull", "-b", ANY, "--curve-server", "--curve-key", key))
    names = ("handshake_failed_protocol", "handshake_failed_no_detail", "disconnected")
    only = [f"--only={name}" for name in names]
    done = run(
        *("events", "push", "-c", bound(server), "--curve-server-key", "other.key"),
        *(*only, "-n", "1", "-t", "10"),
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert b"the server's key is another one" in done.stdout
    for line in iter(server.line, ""):
        if "handshake_failed_protocol" in line:
            assert "the client has the key of another server" in line
            break


def test_events_of_a_wrong_mechanism(child: Start, tmp_path: Path) -> None:
    if not zmq.has("curve"):
        pytest.skip("libzmq without CURVE")
    assert run("keygen", "me", cwd=tmp_path).returncode == 0
    server = child(start("recv", "pull", "-b", ANY))
    done = run(
        *("events", "push", "-c", bound(server), "--curve-server-key", "me.key"),
        *("--only", "handshake_failed_protocol", "-n", "1", "-t", "10"),
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert b"zmtp mechanism mismatch" in done.stdout


def test_events_end_in_time_and_by_signal(child: Start) -> None:
    done = run("events", "pull", "-b", ANY, "-t", "0.2", "-q")
    assert done.returncode == 124
    follower = child(start("events", "pull", "-b", ANY))
    bound(follower)
    follower.process.send_signal(signal.SIGTERM)
    assert follower.wait() == 143


def keys_of(folder: Path, name: str) -> tuple[bytes, bytes | None]:
    return load_certificate(folder / f"{name}.key_secret")


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq without CURVE")
def test_keys_are_private_and_not_overwritten(tmp_path: Path) -> None:
    old_mask = os.umask(0)
    try:
        done = run("keygen", "me", "--meta", "who=Anna", cwd=tmp_path)
    finally:
        os.umask(old_mask)
    assert done.returncode == 0
    secret, public = tmp_path / "me.key_secret", tmp_path / "me.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert "Anna" in public.read_text()
    pair = keys_of(tmp_path, "me")
    assert load_certificate(public) == (pair[0], None)
    assert pair[1] is not None
    assert done.stdout.decode().splitlines()[2] == f"key     {pair[0].decode()}"
    assert pair[1] not in done.stdout + done.stderr
    again = run("keygen", "me", cwd=tmp_path)
    assert again.returncode == 1
    assert b"me.key_secret exists; take another name, or --force" in again.stderr
    assert keys_of(tmp_path, "me") == pair
    # A public file alone is as precious: its owner has the secret one elsewhere.
    secret.unlink()
    again = run("keygen", "me", cwd=tmp_path)
    assert again.returncode == 1
    assert b"me.key exists" in again.stderr
    assert not secret.exists()
    assert run("keygen", "me", "--force", cwd=tmp_path).returncode == 0
    assert keys_of(tmp_path, "me") != pair
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.key", "me.key_secret"]


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq without CURVE")
def test_keys_for_pyzmq(tmp_path: Path, pyzmq: Path) -> None:
    assert run("keygen", "me", cwd=tmp_path).returncode == 0
    code = """
        import sys
        from zmq.auth import load_certificate
        print(*(key.decode() for key in load_certificate(sys.argv[1])))
    """
    (line,) = run_python(code, str(tmp_path / "me.key_secret"), python=pyzmq)
    assert line.split() == [key.decode() for key in keys_of(tmp_path, "me") if key is not None]


def test_keys_without_a_folder(tmp_path: Path) -> None:
    done = run("keygen", "me", "--dir", str(tmp_path / "none"))
    assert done.returncode == 1
    assert b"no such directory" in done.stderr
