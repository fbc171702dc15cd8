"""`ohmq device --config`: devices that fail, are killed, reloaded and drained."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket as os_socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tree_sitter_toml", reason="needs the extra ohmq[cli]")

import zmq
from helpers.command import Terminal, run, start
from helpers.processes import Child, alive
from helpers.sockets import ANY, deliver, free_address, free_port
from helpers.waiting import until
from zmq.auth import load_certificate

Start = Callable[..., Child]
MakeSocket = Callable[..., zmq.Socket]

QUEUE = """
[device.orders]
kind = "queue"
in = "tcp://127.0.0.1:*"
out = "tcp://127.0.0.1:*"
"""
PIPE = """
[device.pipe]
kind = "streamer"
in = "tcp://127.0.0.1:*"
out = "tcp://127.0.0.1:*"
"""
FAST = "[supervisor]\nrestart_s = 0.05\nrestart_max_s = 0.2\ndrain_s = 5\n"


class Supervisor:
    """A running supervisor, and what it has logged."""

    def __init__(self, child: Start, folder: Path, text: str, *options: str) -> None:
        self.file = folder / "devices.toml"
        self.file.write_text(text)
        self._child = child(start("device", "--config", str(self.file), "--log", "json", *options))
        self.log: list[dict[str, Any]] = []

    def until(self, event: str, device: str | None = None) -> dict[str, Any]:
        """The next event of a kind, of any or of one device."""
        while True:
            entry = json.loads(self._child.line())
            self.log.append(entry)
            if entry["event"] == event and device in (None, entry.get("device")):
                return entry

    def send(self, number: int) -> None:
        self._child.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.send(number)
        with contextlib.suppress(AssertionError):
            while True:
                self.log.append(json.loads(self._child.line()))
        times = [entry["time"] for entry in self.log]
        assert times == sorted(times)
        return self._child.wait()

    def complaint(self) -> str:
        return self._child.complaint()


def test_two_devices_work(child: Start, socket: MakeSocket, tmp_path: Path) -> None:
    supervisor = Supervisor(child, tmp_path, QUEUE + PIPE)
    places = {}
    for _ in range(2):
        entry = supervisor.until("started")
        places[entry["device"]] = entry
    source, sink = socket(zmq.PUSH), socket(zmq.PULL)
    source.connect(places["pipe"]["in"][0])
    sink.connect(places["pipe"]["out"][0])
    client, worker = socket(zmq.REQ), socket(zmq.REP)
    client.connect(places["orders"]["in"][0])
    worker.connect(places["orders"]["out"][0])
    source.send(b"through")
    client.send(b"question")
    assert sink.recv() == b"through"
    worker.send(worker.recv()[::-1])
    assert client.recv() == b"noitseuq"
    assert supervisor.end() == 0
    assert supervisor.complaint() == ""
    ended = {e["device"]: e for e in supervisor.log if e["event"] == "stopped"}
    assert ended["pipe"]["messages_in"] == 1
    assert (ended["orders"]["messages_in"], ended["orders"]["messages_out"]) == (1, 1)
    assert all(not alive(entry["pid"]) for entry in places.values())
    assert all(re.fullmatch(r"\d{4}-.*T.*\.\d{3}Z", entry["time"]) for entry in supervisor.log)


def test_a_killed_process_is_replaced_at_the_same_address(
    child: Start, socket: MakeSocket, tmp_path: Path
) -> None:
    supervisor = Supervisor(child, tmp_path, FAST + QUEUE)
    first = supervisor.until("started")
    client, worker = socket(zmq.REQ, req_relaxed=1, req_correlate=1), socket(zmq.REP)
    client.connect(first["in"][0])
    worker.connect(first["out"][0])
    client.send(b"before")
    worker.send(worker.recv())
    assert client.recv() == b"before"
    os.kill(first["pid"], signal.SIGKILL)
    ended = supervisor.until("ended")
    assert ended["level"] == "error"
    assert "was killed by SIGKILL" in ended["error"]
    waiting = supervisor.until("restarting")
    assert (waiting["after_s"], waiting["failures"]) == (0.05, 1)
    second = supervisor.until("started")
    assert second["pid"] != first["pid"]
    assert (second["in"], second["out"]) == (first["in"], first["out"])
    client.send(b"after")
    worker.send(worker.recv())
    assert client.recv() == b"after"
    # SIGTERM of another program ends the process in good order; it was not wanted all the same.
    os.kill(second["pid"], signal.SIGTERM)
    assert supervisor.until("started")["in"] == first["in"]
    assert supervisor.end() == 0
    (stopped,) = (entry for entry in supervisor.log if entry["event"] == "stopped")
    # A killed process takes along what it has counted since the supervisor last looked.
    assert stopped["messages_in"] in (1, 2)
    assert supervisor.complaint() == ""


def test_back_off_while_an_address_is_taken(
    child: Start, socket: MakeSocket, tmp_path: Path
) -> None:
    address = free_address()
    taken = socket(zmq.PULL)
    taken.bind(address)
    text = PIPE.replace('in = "tcp://127.0.0.1:*"', f'in = "{address}"')
    supervisor = Supervisor(child, tmp_path, FAST + text)
    delays = []
    for _ in range(4):
        failed = supervisor.until("start failed")
        assert address in failed["error"]
        assert "in use" in failed["error"]
        delays.append(supervisor.until("restarting")["after_s"])
    assert delays == [0.05, 0.1, 0.2, 0.2]
    taken.close()
    assert supervisor.until("started")["in"] == [address]
    assert supervisor.end() == 0
    assert supervisor.complaint() == ""


def test_an_end_drains(child: Start, socket: MakeSocket, tmp_path: Path) -> None:
    """Messages that the device has received wait for a sink that comes late."""
    out = free_address()
    text = PIPE.replace('out = "tcp://127.0.0.1:*"', f'out = ">{out}"')
    supervisor = Supervisor(child, tmp_path, FAST + text)
    deliver(supervisor.until("started")["in"][0], [b"%d" % number for number in range(100)])
    supervisor.send(signal.SIGTERM)
    supervisor.until("stopping")
    sink = socket(zmq.PULL)
    sink.bind(out)
    assert [sink.recv() for _ in range(100)] == [str(number).encode() for number in range(100)]
    assert supervisor.end(0) == 0
    assert supervisor.log[-1]["messages_in"] == 100


def test_an_end_takes_no_longer_than_it_may(
    child: Start, socket: MakeSocket, tmp_path: Path
) -> None:
    text = PIPE.replace('out = "tcp://127.0.0.1:*"', f'out = ">{free_address()}"')
    supervisor = Supervisor(child, tmp_path, FAST.replace("drain_s = 5", "drain_s = 0.3") + text)
    pid = supervisor.until("started")["pid"]
    deliver(supervisor.log[-1]["in"][0], [b"lost"])
    assert supervisor.end(signal.SIGINT) == 1
    last = supervisor.log[-1]
    assert last["level"] == "warning"
    assert last["error"] == "there was no time for peers to take all that was handed on"
    assert supervisor.complaint() == ("ohmq: ended before all messages were handed on: pipe\n")
    assert not alive(pid)


def test_reloading(child: Start, tmp_path: Path) -> None:
    same = '\n[device.same]\nkind = "forwarder"\nin = "tcp://127.0.0.1:*"\nout = "ipc://*"\n'
    supervisor = Supervisor(child, tmp_path, FAST + QUEUE + PIPE + same)
    before = {}
    for _ in range(3):
        entry = supervisor.until("started")
        before[entry["device"]] = entry
    new = PIPE.replace("pipe", "extra")
    changed = QUEUE + "hwm = 5\n"
    supervisor.file.write_text(FAST + changed + same + new)
    supervisor.send(signal.SIGHUP)
    known = len(supervisor.log)
    counts = supervisor.until("reloaded")
    assert [counts[key] for key in ("started", "stopped", "restarted", "kept")] == [1, 1, 1, 1]
    done = supervisor.log[known:-1]  # what the reload did stands before it
    assert {e["device"] for e in done if e["event"] == "stopped"} == {"orders", "pipe"}
    after = {entry["device"]: entry for entry in done if entry["event"] == "started"}
    assert set(after) == {"orders", "extra"}
    assert after["orders"]["in"] == before["orders"]["in"]
    assert after["orders"]["pid"] != before["orders"]["pid"]
    until(lambda: not alive(before["pipe"]["pid"]))
    assert alive(before["same"]["pid"])
    supervisor.file.write_text(FAST + changed + "x = 1\n")
    supervisor.send(signal.SIGHUP)
    refused = supervisor.until("reload refused")
    line = (FAST + changed).count("\n") + 1
    assert refused["error"].startswith(f"{supervisor.file}:{line}: device.orders.x: unknown key")
    supervisor.file.unlink()
    supervisor.send(signal.SIGHUP)
    refused = supervisor.until("reload refused")
    assert refused["error"] == f"{supervisor.file}: No such file or directory"
    assert alive(after["orders"]["pid"])
    assert supervisor.end() == 0


@contextlib.contextmanager
def under_way(supervisor: Supervisor, socket: MakeSocket, seconds: float) -> Iterator[zmq.Socket]:
    """A client with three requests that a worker needs some time for."""
    place = supervisor.until("started")

    def work() -> None:
        requests = [worker.recv_multipart() for _ in range(3)]
        taken.set()
        if not ended.wait(seconds):
            for each in requests:
                worker.send_multipart(each)

    ended, taken = threading.Event(), threading.Event()
    client, worker = socket(zmq.DEALER), socket(zmq.DEALER)
    client.connect(place["in"][0])
    worker.connect(place["out"][0])
    for number in range(3):
        client.send_multipart([b"", b"%d" % number])
    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert taken.wait(10)
        yield client
    finally:
        ended.set()
        thread.join(20)


@pytest.mark.parametrize("how", ["SIGTERM", "reload"])
def test_requests_under_way_are_answered(
    child: Start, socket: MakeSocket, tmp_path: Path, how: str
) -> None:
    supervisor = Supervisor(child, tmp_path, FAST + QUEUE)
    with under_way(supervisor, socket, 0.7) as client:
        if how == "reload":
            supervisor.file.write_text(FAST + QUEUE + "hwm = 5\n")
            supervisor.send(signal.SIGHUP)
            supervisor.until("reloaded")
        else:
            assert supervisor.end(signal.SIGTERM) == 0
        assert sorted(client.recv_multipart()[1] for _ in range(3)) == [b"0", b"1", b"2"]
    if how == "reload":
        assert supervisor.end() == 0
    assert not [entry for entry in supervisor.log if entry["level"] == "warning"]
    assert supervisor.complaint() == ""


@pytest.mark.parametrize("how", ["SIGTERM", "reload"])
def test_requests_without_an_answer_are_counted(
    child: Start, socket: MakeSocket, tmp_path: Path, how: str
) -> None:
    supervisor = Supervisor(child, tmp_path, FAST.replace("drain_s = 5", "drain_s = 0.3") + QUEUE)
    with under_way(supervisor, socket, 60):
        if how == "reload":
            supervisor.file.write_text(FAST + QUEUE + "hwm = 5\n")
            supervisor.send(signal.SIGHUP)
            supervisor.until("reloaded")
        assert supervisor.end(signal.SIGTERM) == 1
    warnings = [entry for entry in supervisor.log if entry["level"] == "warning"]
    assert warnings[0]["error"] == "3 requests handed out got no answer"
    assert supervisor.complaint() == "ohmq: ended before all messages were handed on: orders\n"


def test_devices_do_not_outlive_a_killed_supervisor(child: Start, tmp_path: Path) -> None:
    supervisor = Supervisor(child, tmp_path, QUEUE)
    pid = supervisor.until("started")["pid"]
    supervisor.send(signal.SIGKILL)
    until(lambda: not alive(pid), 20)


def test_statistics_are_logged(child: Start, socket: MakeSocket, tmp_path: Path) -> None:
    supervisor = Supervisor(child, tmp_path, FAST + "stats_s = 0.1\n" + PIPE)
    place = supervisor.until("started")
    source, sink = socket(zmq.PUSH), socket(zmq.PULL)
    source.connect(place["in"][0])
    sink.connect(place["out"][0])
    source.send(b"12345")
    assert sink.recv() == b"12345"
    while True:
        stats = supervisor.until("stats")
        if stats["messages_in"] and stats["peers_in"] and stats["peers_out"]:
            break  # peers may be counted a little later than their messages
    assert (stats["device"], stats["state"], stats["bytes_in"]) == ("pipe", "running", 5)
    assert (stats["messages_in"], stats["peers_in"], stats["peers_out"]) == (1, 1, 1)
    assert supervisor.end() == 0


def test_options_and_curve_reach_the_sockets(
    child: Start, socket: MakeSocket, tmp_path: Path
) -> None:
    if not zmq.has("curve"):
        pytest.skip("libzmq without CURVE")
    for name in ("server", "anna", "eve"):
        assert run("keygen", name, cwd=tmp_path).returncode == 0
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "anna.key").write_bytes((tmp_path / "anna.key").read_bytes())
    text = PIPE + (
        'curve.in = { server = true, key = "server.key_secret", allow = "clients" }\n'
        "options.in.maxmsgsize = 500\n"
    )
    supervisor = Supervisor(child, tmp_path, FAST + text)
    place = supervisor.until("started")
    sink = socket(zmq.PULL)
    sink.connect(place["out"][0])
    server = load_certificate(tmp_path / "server.key")[0]
    for name, message in (("eve", b"eve"), ("anna", bytes(600)), ("anna", b"anna")):
        public, secret = load_certificate(tmp_path / f"{name}.key_secret")
        source = socket(zmq.PUSH, curve_publickey=public, curve_secretkey=secret)
        source.curve_serverkey = server
        source.connect(place["in"][0])
        source.send(message)
    assert sink.recv() == b"anna"
    assert not sink.poll(100)
    assert supervisor.end() == 0


def test_check_validates_only(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(QUEUE + PIPE)
    done = run("device", "--config", str(file), "--check")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"{file}: good, 2 devices\n"
    file.write_text(QUEUE.replace('"queue"', '"tree"') + "hvm = 1\n")
    done = run("device", "--config", str(file), "--check")
    assert (done.returncode, done.stdout) == (2, b"")
    first, second = done.stderr.decode().splitlines()
    assert first.startswith(f"ohmq: {file}:3: device.orders.kind: 'tree' is unknown")
    assert second == f"ohmq: {file}:6: device.orders.hvm: unknown key; do you mean 'hwm'?"


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--config", "/no/such/file"], 2, "--config /no/such/file: No such file"),
        (["--config", "x", "queue"], 2, "are in the file"),
        (["--config", "x", "--in", ANY], 2, "are in the file"),
        (["--config", "x", "--dashboard", "127.0.0.1:1"], 2, "are in the file"),
        (["--config", "x", "--log", "xml"], 2, "--log 'xml'"),
        (["queue", "--check"], 2, "--config FILE"),
        (
            ["queue", "--in", ANY, "--out", ANY, "--dashboard", "x"],
            2,
            "--dashboard 'x' is not HOST",
        ),
    ],
)
def test_bad_arguments(arguments: list[str], code: int, complaint: str) -> None:
    done = run("device", *arguments)
    assert (done.returncode, done.stdout) == (code, b"")
    assert complaint in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_log_lines_and_a_duration(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(QUEUE)
    done = run("device", "--config", str(file), "--duration", "0.7")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert [line.split()[1:4] for line in lines] == [
        ["info", "orders", "started"],
        ["info", "orders", "stopping"],
        ["info", "orders", "stopped"],
    ]
    assert re.search(r" in=tcp://127\.0\.0\.1:\d+ out=tcp://127\.0\.0\.1:\d+$", lines[0])


def test_a_reader_of_the_log_that_goes_away(child: Start, tmp_path: Path) -> None:
    supervisor = Supervisor(child, tmp_path, FAST + "stats_s = 0.1\n" + QUEUE)
    pid = supervisor.until("started")["pid"]
    assert supervisor._child.process.stdout is not None
    supervisor._child.process.stdout.close()
    supervisor._child.process.stdout = None
    assert supervisor._child.wait() == 0
    assert supervisor.complaint() == ""
    assert not alive(pid)


def test_on_a_terminal_a_line_is_refreshed(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(QUEUE)
    with Terminal(["device", "--config", str(file)]) as terminal:
        terminal.read_until("1 running | 0 msg/s 0 B/s; Ctrl-C ends it")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.wait() == 0
    assert "Traceback" not in terminal.text


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_a_dashboard_follows_its_device(child: Start, tmp_path: Path) -> None:
    pytest.importorskip("bokeh", reason="needs the extra ohmq[dashboard]")
    port = free_port()
    text = QUEUE + f'monitor = "tcp://127.0.0.1:*"\ndashboard = "127.0.0.1:{port}"\n'
    # That of the second device is not to wait for the page of the first, which takes its time.
    supervisor = Supervisor(child, tmp_path, FAST + text + PIPE)
    pid = supervisor.until("started", "orders")["pid"]
    url = supervisor.until("dashboard")["url"]
    assert url == f"http://127.0.0.1:{port}/"  # no token in a log
    assert "ohmq" in page(url)
    os.kill(pid, signal.SIGKILL)
    supervisor.until("ended", "orders")
    supervisor.until("started", "orders")
    assert "ohmq" in page(url + "metrics")
    supervisor.file.write_text(FAST + text.replace(f'dashboard = "127.0.0.1:{port}"', ""))
    supervisor.send(signal.SIGHUP)
    supervisor.until("reloaded")
    with os_socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert supervisor.end() == 0
    assert supervisor.complaint() == ""


def test_a_dashboard_of_a_single_device(child: Start, socket: MakeSocket) -> None:
    pytest.importorskip("bokeh", reason="needs the extra ohmq[dashboard]")
    sides = ["--in", ANY, "--out", ANY, "--monitor", ANY, "--dashboard", "127.0.0.1:*"]
    device = child(start("device", "streamer", *sides))
    places = {}
    for _ in range(4):
        words = device.line().split()
        places[words[0]] = words[-1]
    source, sink = socket(zmq.PUSH), socket(zmq.PULL)
    source.connect(places["in"])
    sink.connect(places["out"])
    source.send(b"x")
    assert sink.recv() == b"x"
    metrics = until(
        lambda: (text := page(places["page"] + "metrics")) and "} 1.0" in text and text, 20
    )
    assert "ohmq" in metrics
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 0
    assert device.complaint() == ""


def test_a_reload_that_a_signal_overtakes(child: Start, socket: MakeSocket, tmp_path: Path) -> None:
    """A device that leaves because of it is still drained, and lost messages are reported."""
    text = PIPE.replace('out = "tcp://127.0.0.1:*"', f'out = ">{free_address()}"')
    supervisor = Supervisor(child, tmp_path, FAST.replace("drain_s = 5", "drain_s = 1") + text)
    deliver(supervisor.until("started")["in"][0], [b"keeps it from ending at once"])
    supervisor.file.write_text(supervisor.file.read_text() + "hwm = 5\n")
    supervisor.send(signal.SIGHUP)
    supervisor.until("stopping")
    assert supervisor.end() == 1
    assert supervisor.complaint() == "ohmq: ended before all messages were handed on: pipe\n"
    events = [entry["event"] for entry in supervisor.log]
    assert events == ["started", "stopping", "reloaded", "ending", "stopped"]
