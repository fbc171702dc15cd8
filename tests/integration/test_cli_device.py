"""`ohmq device` from the outside: a real process, its output, its exit code."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.command import Terminal, rest
from helpers.processes import Child
from helpers.sockets import ANY, deliver
from helpers.waiting import until

Start = Callable[..., Child]
MakeSocket = Callable[..., zmq.Socket]
SIDES = ["--in", ANY, "--out", ANY]
DEVICE = ["-m", "zmq", "device"]


def endpoints(child: Child, count: int) -> dict[str, str]:
    """The first lines of a device: name of the side, address."""
    rows = [child.line().split() for _ in range(count)]
    assert all(len(row) == 4 for row in rows), rows
    return {row[0]: row[3] for row in rows}


def answer(worker: zmq.Socket) -> None:
    worker.send(b"re: " + worker.recv())


def test_a_monitored_queue(child: Start, socket: MakeSocket) -> None:
    device = child([*DEVICE, "queue", *SIDES, "--monitor", ANY, "--interval", "0.1"])
    where = endpoints(device, 3)
    assert list(where) == ["in", "out", "monitor"]
    client, worker, monitor = socket(zmq.REQ), socket(zmq.REP), socket(zmq.SUB)
    monitor.subscribe(b"")
    client.connect(where["in"])
    worker.connect(where["out"])
    monitor.connect(where["monitor"])
    asked = 0
    while not monitor.poll(20):  # until the subscription has arrived
        client.send(b"probe")
        answer(worker)
        assert client.recv() == b"re: probe"
        asked += 1
    while monitor.poll(200):
        monitor.recv_multipart()
    for number in range(10):
        text = f"#{number}".encode()
        client.send(text)
        answer(worker)
        assert client.recv() == b"re: " + text
        request, reply = monitor.recv_multipart(), monitor.recv_multipart()
        assert (request[0], request[-2:]) == (b"in", [b"", text])
        assert (reply[0], reply[-2:]) == (b"out", [b"", b"re: " + text])
        asked += 1
    device.process.send_signal(signal.SIGTERM)
    lines = rest(device)
    assert device.wait() == 0, device.complaint()
    assert f"total in>out  {asked} messages" in "\n".join(lines)
    assert f"total out>in  {asked} messages" in "\n".join(lines)
    assert "total monitor dropped  0 messages" in lines
    assert re.fullmatch(r"ran \d+\.\d s", lines[-1])
    assert device.complaint() == ""


def test_copies_that_a_slow_subscriber_misses_are_counted(child: Start, socket: MakeSocket) -> None:
    device = child([*DEVICE, "streamer", *SIDES, "--monitor", ANY, "--monitor-hwm", "1"])
    where = endpoints(device, 3)
    source, sink, monitor = socket(zmq.PUSH), socket(zmq.PULL), socket(zmq.SUB)
    monitor.rcvhwm = 1
    monitor.subscribe(b"")
    for each, side in ((source, "in"), (sink, "out"), (monitor, "monitor")):
        each.connect(where[side])
    while not monitor.poll(20):  # until the subscription has arrived
        source.send(b"probe")
        assert sink.recv() == b"probe"
    for _ in range(200):
        source.send(bytes(100_000))
        sink.recv()
    source.close()  # a device that stops while a peer sends so much says that more may be lost
    device.process.send_signal(signal.SIGTERM)
    (line,) = (each for each in rest(device) if each.startswith("total monitor dropped"))
    assert int(line.split()[3].replace(",", "")) > 0
    assert device.wait() == 0, device.complaint()


def test_a_forwarder(child: Start, socket: MakeSocket) -> None:
    device = child([*DEVICE, "forwarder", *SIDES])
    where = endpoints(device, 2)
    publisher, subscriber = socket(zmq.XPUB), socket(zmq.SUB)
    publisher.connect(where["in"])
    subscriber.connect(where["out"])
    subscriber.subscribe(b"a")
    assert publisher.recv() == b"\x01a"
    publisher.send(b"b: not wanted")
    publisher.send(b"a: wanted")
    assert subscriber.recv() == b"a: wanted"


def test_a_streamer_with_several_endpoints(child: Start, socket: MakeSocket) -> None:
    device = child([*DEVICE, "streamer", *SIDES, "--in", ANY])
    rows = [device.line().split() for _ in range(3)]
    assert [row[:3] for row in rows] == [
        ["in", "PULL", "bind"],
        ["in", "PULL", "bind"],
        ["out", "PUSH", "bind"],
    ]
    sink = socket(zmq.PULL)
    sink.connect(rows[2][3])
    for row in rows[:2]:
        source = socket(zmq.PUSH)
        source.connect(row[3])
        source.send(row[3].encode())
        assert sink.recv() == row[3].encode()


def test_connecting_own_types_and_prefixes(child: Start, socket: MakeSocket) -> None:
    source, sink, monitor = socket(zmq.PUSH), socket(zmq.PULL), socket(zmq.PULL)
    ports = [each.bind_to_random_port("tcp://127.0.0.1") for each in (source, sink, monitor)]
    to = [f">tcp://127.0.0.1:{port}" for port in ports]
    types = ["--in-type", "pull", "--out-type", "push", "--monitor-type", "push"]
    sides = ["--in", to[0], "--out", to[1], "--monitor", to[2], "--in-prefix", "hin"]
    device = child([*DEVICE, *types, *sides])
    assert device.line().split() == ["in", "PULL", "connect", to[0][1:]]
    # A PUSH monitor drops what comes before its peer is there, so send until it is.
    source.send(b"first")
    assert sink.recv() == b"first"
    count = 0
    while not monitor.poll(20):
        source.send(b"again")
        assert sink.recv() == b"again"
        count += 1
        assert count < 100
    assert monitor.recv_multipart()[0] == b"hin"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_end_it_with_totals(child: Start, name: str) -> None:
    device = child([*DEVICE, "queue", *SIDES, "--interval", "0.1"])
    endpoints(device, 2)
    device.line()
    device.process.send_signal(getattr(signal, name))
    assert rest(device)[-3].startswith("total in>out  0 messages")
    assert device.wait() == 0
    assert device.complaint() == ""


def test_ignored_signals_stay_ignored(child: Start) -> None:
    code = """if True:
        import os, signal, sys
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
    """
    device = child(["-c", code, *DEVICE, "queue", *SIDES, "--interval", "0.1"])
    endpoints(device, 2)
    device.process.send_signal(signal.SIGHUP)
    for _ in range(3):
        assert "msg/s" in device.line()
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 0


def test_it_ends_by_itself(child: Start) -> None:
    device = child([*DEVICE, "queue", *SIDES, "--duration", "0.3"])
    assert [line.split()[0] for line in rest(device)] == ["in", "out", "total", "total", "ran"]
    assert device.wait() == 0


def test_quiet(child: Start) -> None:
    device = child([*DEVICE, "queue", *SIDES, "--duration", "0.3", "--quiet"])
    assert rest(device) == []
    assert device.wait() == 0
    assert device.complaint() == ""


def one_complaint(device: Child) -> str:
    text = device.complaint()
    assert text.startswith("ohmq: ")
    assert text.count("\n") == 1, text
    return text


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_address_in_use(
    child: Start, socket: MakeSocket, endpoint: Callable[[str], str], transport: str
) -> None:
    taken = socket(zmq.PULL)
    taken.bind(endpoint(transport))
    address = taken.getsockopt_string(zmq.LAST_ENDPOINT)
    device = child([*DEVICE, "queue", "--in", ANY, "--out", address])
    assert device.wait() == 1
    assert f"--out {address}: address in use; take another" in one_complaint(device)
    assert rest(device) == []


def test_an_ipc_path_left_behind_is_used_again(
    child: Start, endpoint: Callable[[str], str]
) -> None:
    address = endpoint("ipc")
    first = child([*DEVICE, "queue", "--in", address, "--out", ANY])
    endpoints(first, 2)
    first.process.kill()
    first.wait()
    assert Path(address.removeprefix("ipc://")).is_socket()
    second = child([*DEVICE, "queue", "--in", address, "--out", ANY, "--duration", "0"])
    assert endpoints(second, 2)["in"] == address
    assert second.wait() == 0, second.complaint()


def test_a_file_in_the_place_of_an_ipc_socket_is_not_touched(
    child: Start, endpoint: Callable[[str], str]
) -> None:
    address = endpoint("ipc")
    path = Path(address.removeprefix("ipc://"))
    path.write_text("precious")
    device = child([*DEVICE, "queue", "--in", address, "--out", ANY])
    assert device.wait() == 1
    assert "exists and is not a socket" in one_complaint(device)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("address", "code", "complaint"),
    [
        ("tcp://no-such-interface:5555", 1, "no network interface"),
        ("ipc:///no/such/folder/socket", 1, "no such directory"),
        ("nonsense://1", 2, "does not offer nonsense://"),
        ("udp://127.0.0.1:5555", 2, "a ROUTER socket cannot use udp://"),
    ],
)
def test_addresses_that_cannot_be(child: Start, address: str, code: int, complaint: str) -> None:
    device = child([*DEVICE, "queue", "--in", address, "--out", ANY])
    assert device.wait() == code
    assert complaint in one_complaint(device)


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    script = (
        f"{sys.executable} -m zmq device queue --in '{ANY}' --out '{ANY}' --interval 0.05 "
        f"2>{tmp_path}/err | head -n 3; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20)
    *lines, code = done.stdout.splitlines()
    assert len(lines) == 3
    assert code == "0"
    assert (tmp_path / "err").read_text() == ""


def test_a_dashboard_at_an_unknown_host(child: Start) -> None:
    device = child([*DEVICE, "queue", "--in", ANY, "--out", ANY, "--dashboard", "no.invalid:80"])
    assert device.wait() == 1
    assert "ohmq: --dashboard no.invalid:80: " in one_complaint(device)


def test_closed_standard_output() -> None:
    script = f"{sys.executable} -m zmq device queue --in '{ANY}' --out '{ANY}' --duration 0.1 >&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("columns", [120, 40])
def test_one_refreshed_line_on_a_terminal(columns: int) -> None:
    arguments = ["device", "queue", *SIDES, "--interval", "0.1"]
    with Terminal(arguments, columns=columns) as terminal:
        until(lambda: terminal.read(0.1) and terminal.text.count("in>out") >= 4, 20)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.wait() == 0
    before, _, after = terminal.text.partition("\x1b[?25l")
    refreshed, _, totals = after.partition("\x1b[?25h")
    assert [line.split()[0] for line in before.splitlines()] == ["in", "out"]
    # Between two readings the line is erased, and never does it go on to the next one.
    shown = refreshed.strip().split("\r\x1b[2K")
    assert len(shown) >= 4
    assert all("\n" not in line for line in shown)
    assert all(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) <= columns for line in shown)
    left = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", totals).split("\r\n")
    assert [line.split()[0] for line in left if line.strip()] == ["total", "total", "ran"]


def test_ctrl_c_from_the_keyboard() -> None:
    pid, master = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        environment = os.environ | {"TERM": "xterm"}
        os.execve(sys.executable, [sys.executable, *DEVICE, "queue", *SIDES], environment)
    text = b""
    deadline = time.monotonic() + 20
    pressed = False
    while time.monotonic() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            try:
                data = os.read(master, 1 << 16)
            except OSError:
                break
            if not data:
                break
            text += data
        if b"Ctrl-C ends it" in text and not pressed:
            pressed = True
            os.write(master, b"\x03")
    else:
        os.kill(pid, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, text
    os.close(master)
    assert b"total in>out  0 messages" in text
    assert b"Traceback" not in text


def fill(address: str, count: int) -> list[bytes]:
    """Send messages that the device cannot hand on yet, and let it take them in."""
    messages = [b"%06d" % number for number in range(count)]
    deliver(address, messages)
    return messages


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_end_drains(child: Start, socket: MakeSocket, name: str) -> None:
    """Messages that the device has received wait for a sink that comes after the signal."""
    device = child([*DEVICE, "streamer", *SIDES])
    where = endpoints(device, 2)
    messages = fill(where["in"], 500)
    device.process.send_signal(getattr(signal, name))
    sink = socket(zmq.PULL)
    sink.connect(where["out"])
    assert [sink.recv() for _ in messages] == messages
    assert "total in>out  500 messages  3.0 kB" in rest(device)
    assert device.wait() == 0
    assert device.complaint() == ""


@pytest.mark.parametrize("answered", [True, False])
def test_a_queue_waits_for_answers(child: Start, socket: MakeSocket, answered: bool) -> None:
    device = child([*DEVICE, "queue", *SIDES, "--drain", "5" if answered else "0.3"])
    where = endpoints(device, 2)
    client, worker = socket(zmq.DEALER), socket(zmq.DEALER)
    client.connect(where["in"])
    worker.connect(where["out"])
    for number in range(3):
        client.send(b"%d" % number)
    requests = [worker.recv_multipart() for _ in range(3)]
    device.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)  # time to hear of it; the test is right without it
    if answered:
        for each in requests:
            worker.send_multipart(each)
        assert [client.recv() for _ in range(3)] == [b"0", b"1", b"2"]
        assert device.wait() == 0
    else:
        assert device.wait() == 1
        words = "ohmq: 3 requests handed out got no answer (0.3 s, --drain)\n"
        assert one_complaint(device) == words


def test_what_could_not_be_handed_on_is_no_success(child: Start) -> None:
    device = child([*DEVICE, "streamer", *SIDES, "--drain", "0.2"])
    fill(endpoints(device, 2)["in"], 5)
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 1
    assert one_complaint(device) == (
        "ohmq: there was no time to hand on all that was taken in (0.2 s, --drain)\n"
    )
    assert rest(device)[-3] == "total in>out  0 messages  0 B"


def test_what_has_not_left_the_out_socket_is_lost_as_well(
    child: Start, endpoint: Callable[[str], str]
) -> None:
    sides = ["--in", ANY, "--out", f">{endpoint('ipc')}"]
    device = child([*DEVICE, "streamer", *sides, "--drain", "0.2"])
    fill(endpoints(device, 2)["in"], 5)
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 1
    assert "no time for peers to take" in one_complaint(device)
    assert rest(device)[-3].startswith("total in>out  5 messages")


def test_without_a_drain_nothing_is_waited_for(child: Start) -> None:
    device = child([*DEVICE, "streamer", *SIDES, "--drain", "0"])
    fill(endpoints(device, 2)["in"], 5)
    device.process.send_signal(signal.SIGTERM)
    assert device.wait() == 0
    assert device.complaint() == ""


def test_a_second_signal_ends_it_at_once(child: Start) -> None:
    device = child([*DEVICE, "streamer", *SIDES, "--drain", "600"])
    fill(endpoints(device, 2)["in"], 5)

    def signalled() -> bool:
        device.process.send_signal(signal.SIGTERM)
        time.sleep(0.01)
        return device.process.poll() is not None

    until(signalled, 20)
    assert device.wait() == -signal.SIGTERM


def test_a_cache(child: Start, socket: MakeSocket) -> None:
    options = ["--cache-entries", "2", "--interval", "0.1", "--monitor", ANY]
    device = child([*DEVICE, "cache", *SIDES, *options])
    where = endpoints(device, 3)
    publisher, first, monitor = socket(zmq.XPUB), socket(zmq.SUB), socket(zmq.SUB)
    publisher.connect(where["in"])
    assert publisher.recv() == b"\1"
    monitor.subscribe(b"")
    monitor.connect(where["monitor"])
    first.subscribe(b"")
    first.connect(where["out"])
    publisher.send_multipart([b"a", b"1"])  # kept, whether they are connected yet or not
    assert first.recv_multipart() == [b"a", b"1"]
    for topic in (b"b", b"c"):
        publisher.send_multipart([topic, b"1"])
        assert first.recv_multipart() == [topic, b"1"]
    late = socket(zmq.SUB)
    late.subscribe(b"")
    late.connect(where["out"])
    assert [late.recv_multipart() for _ in range(2)] == [[b"b", b"1"], [b"c", b"1"]]
    device.process.send_signal(signal.SIGTERM)
    lines = "\n".join(rest(device))
    assert device.wait() == 0, device.complaint()
    assert "cache  2 messages  4 B, evicted 1, replayed " in lines
