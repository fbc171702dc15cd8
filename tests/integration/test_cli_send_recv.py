"""`ohmq send` and `ohmq recv`: real processes, real peers, pipes, terminals and signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.command import OHMQ, Terminal, bound, rest, run, start
from helpers.processes import Child, run_python
from helpers.sockets import ANY, free_address

Start = Callable[..., Child]
MakeSocket = Callable[..., zmq.Socket]


def test_one_sends_and_the_other_prints(child: Start) -> None:
    receiver = child(start("recv", "pull", "-b", ANY, "--count", "3"))
    done = run("send", "push", "-c", bound(receiver), "hello", "wörld", "a\tb")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert rest(receiver) == ["hello", "wörld", "a\\tb"]
    assert receiver.wait() == 0


def test_what_is_sent_has_left_when_it_ends(socket: MakeSocket) -> None:
    """A large message, to a peer that begins to read only afterwards."""
    sink = socket(zmq.PULL)
    sink.bind(ANY)
    data = os.urandom(3_000_000)
    done = run("send", "push", "-c", sink.last_endpoint.decode(), "--format", "raw", stdin=data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sink.recv() == data


def test_lines_of_a_pipe_and_of_files(socket: MakeSocket, tmp_path: Path) -> None:
    sink = socket(zmq.PULL)
    sink.bind(ANY)
    to = ["push", "-c", sink.last_endpoint.decode()]
    (tmp_path / "one").write_text("1\n2\n")
    (tmp_path / "two").write_text("3")
    files = ["--file", str(tmp_path / "one"), "--file", "-", "--file", str(tmp_path / "two")]
    assert run("send", *to, *files, stdin=b"x\r\n\n").returncode == 0
    assert [sink.recv() for _ in range(5)] == [b"1", b"2", b"x", b"", b"3"]
    assert run("send", *to, stdin=b"").returncode == 0
    assert run("send", *to, "--count", "2", stdin=b"a\nb\nc\n").returncode == 0
    assert [sink.recv(), sink.recv()] == [b"a", b"b"]
    assert not sink.poll(50)


def test_each_line_leaves_as_it_comes(child: Start, socket: MakeSocket) -> None:
    sink = socket(zmq.PULL)
    sink.bind(ANY)
    sender = child(start("send", "push", "-c", sink.last_endpoint.decode(), "-f", "json"))
    sender.write('["a", {"hex": "00ff"}]')
    assert sink.recv_multipart() == [b"a", b"\x00\xff"]
    sender.write('"b"')
    assert sink.recv_multipart() == [b"b"]
    sender.write("nonsense")
    assert sender.wait() == 1
    assert sender.complaint().startswith("ohmq: standard input, line 3: not JSON")


def test_half_a_character_is_not_sent(socket: MakeSocket) -> None:
    sink = socket(zmq.PULL)
    sink.bind(ANY)
    to = ["push", "-c", sink.last_endpoint.decode(), "-f", "json"]
    done = run("send", *to, stdin=b'["good"]\n["a", "\\ud800"]\n')
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "ohmq: standard input, line 2: part 2: \\ud800 is half a character, which UTF-8 does not "
        'have; {"hex": "..."} sends any bytes\n'
    )
    assert sink.recv_multipart() == [b"good"]
    assert not sink.poll(50)


def test_multipart_and_repeated(socket: MakeSocket) -> None:
    sink = socket(zmq.PULL)
    sink.bind(ANY)
    to = ["push", "-c", sink.last_endpoint.decode()]
    assert run("send", *to, "-m", "-f", "hex", "6162", "-", "ff", "-n", "2").returncode == 0
    assert [sink.recv_multipart() for _ in range(2)] == [[b"ab", b"", b"\xff"]] * 2
    assert run("send", *to, "-d", ":", "a:b", "c", "--count", "3").returncode == 0
    assert [sink.recv_multipart() for _ in range(3)] == [[b"a", b"b"], [b"c"], [b"a", b"b"]]


@pytest.mark.parametrize(
    ("form", "output"),
    [
        ("text", b"a\t\\x00\\xff\t\n"),
        ("hex", b"61 00ff -\n"),
        ("json", b'["a", {"hex": "00ff"}, ""]\n'),
        ("raw", b"a\x00\xff"),
    ],
)
def test_formats(socket: MakeSocket, form: str, output: bytes) -> None:
    source, address = socket(zmq.PUSH), free_address()
    source.connect(address)
    source.send_multipart([b"a", b"\x00\xff", b""])
    done = run("recv", "pull", "-b", address, "-n", "1", "--format", form)
    assert (done.returncode, done.stdout, done.stderr) == (0, output, b"")


def test_json_goes_round(child: Start, socket: MakeSocket) -> None:
    source, sink, address = socket(zmq.PUSH), socket(zmq.PULL), free_address()
    source.connect(address)
    sink.bind(ANY)
    messages = [[b"a", b""], [b"\xff\n"], ["ø\u202e".encode()]]
    for message in messages:
        source.send_multipart(message)
    ohmq = " ".join(OHMQ)
    script = (
        f"{ohmq} recv pull -b {address} -n 3 -f json | "
        f"{ohmq} send push -c {sink.last_endpoint.decode()} -f json"
    )
    subprocess.run(["bash", "-o", "pipefail", "-c", script], check=True, timeout=20)
    assert [sink.recv_multipart() for _ in messages] == messages


def test_requests_and_replies(child: Start) -> None:
    server = child(start("recv", "rep", "-b", ANY, "--echo", "-n", "2", "-f", "json"))
    asked = run("send", "req", "-c", bound(server), "one", "two")
    assert (asked.returncode, asked.stdout) == (0, b"one\ntwo\n")
    assert rest(server) == ['["one"]', '["two"]']
    server = child(start("recv", "rep", "-b", ANY, "--reply", "fine", "-n", "1"))
    asked = run("send", "req", "-c", bound(server), "-m", "how", "are you")
    assert (asked.returncode, asked.stdout) == (0, b"fine\n")
    assert rest(server) == ["how\tare you"]


def test_a_publisher_waits_for_its_subscriber(child: Start, socket: MakeSocket) -> None:
    address = free_address()
    publisher = child(start("send", "pub", "-b", address, "--peers", "2", "-m", "a", "b"))
    sinks = [socket(zmq.SUB, subscribe=b"a") for _ in range(2)]
    for each in sinks:
        each.connect(address)
    assert [each.recv_multipart() for each in sinks] == [[b"a", b"b"]] * 2
    assert publisher.wait() == 0


def test_subscriptions(child: Start, socket: MakeSocket) -> None:
    source = socket(zmq.XPUB)
    source.bind(ANY)
    where = ["-c", source.last_endpoint.decode(), "-n", "2"]
    for kind in ("sub", "xsub"):
        sink = child(start("recv", kind, *where, "-s", "a", "-s", "b"))
        assert sorted([source.recv(), source.recv()]) == [b"\x01a", b"\x01b"]
        for text in (b"c", b"a1", b"b2"):
            source.send(text)
        assert rest(sink) == ["a1", "b2"]
        assert sorted([source.recv(), source.recv()]) == [b"\x00a", b"\x00b"]


def test_a_router_finds_its_peer(child: Start, socket: MakeSocket) -> None:
    address = free_address()
    router = child(start("send", "router", "-b", address, "-m", "me", "hello"))
    dealer = socket(zmq.DEALER, routing_id=b"me")
    dealer.connect(address)
    assert dealer.recv() == b"hello"
    assert router.wait() == 0
    nobody = run("send", "router", "-b", ANY, "-m", "nobody", "x", "-t", "0.1", "-q")
    assert nobody.returncode == 124
    alone = run("send", "router", "-b", ANY, "alone", "-q")
    assert alone.returncode == 1
    assert b"needs the routing id of the peer as first part" in alone.stderr


def test_time_outs_have_their_own_code() -> None:
    nobody = free_address()
    for arguments, complaint in [
        (["recv", "pull", "-b", ANY, "-q"], "no message within 0.2 s"),
        (["send", "push", "-b", ANY, "x", "-q"], "0 messages sent; no peer took the next one"),
        (["send", "push", "-c", nobody, "x"], "of 1 message sent, some have not left within 0.2 s"),
        (["send", "pub", "-b", ANY, "x", "-q"], "0 of 1 peers came within 0.2 s; nothing was sent"),
        (["send", "req", "-c", nobody, "x"], "no reply to message 1 within 0.2 s"),
    ]:
        done = run(*arguments, "--timeout", "0.2")
        assert done.returncode == 124, arguments
        assert done.stderr.decode().startswith(f"ohmq: {complaint}")
        assert done.stderr.count(b"\n") == 1


def test_a_duration_is_no_time_out() -> None:
    done = run("recv", "pull", "-b", ANY, "--duration", "0.2", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_count_stops_exactly(socket: MakeSocket) -> None:
    """Messages after the last one that is wanted stay with the sender, as far as possible."""
    source = socket(zmq.PUSH, sndhwm=1)
    source.bind(ANY)
    sent = 0
    with subprocess.Popen(
        [*OHMQ, "recv", "pull", "-c", source.last_endpoint.decode(), "-n", "5"],
        stdout=subprocess.PIPE,
    ) as receiver:
        while receiver.poll() is None:
            with contextlib.suppress(zmq.Again):  # it may end between the two
                if source.poll(10, zmq.POLLOUT):
                    source.send(str(sent).encode(), zmq.NOBLOCK)
                    sent += 1
        assert receiver.stdout is not None
        assert receiver.stdout.read() == b"0\n1\n2\n3\n4\n"
    assert receiver.returncode == 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_was_received_is_printed_before_a_signal_ends_it(child: Start, name: str) -> None:
    receiver = child(start("recv", "pull", "-b", ANY))
    context = zmq.Context()
    source = context.socket(zmq.PUSH)
    source.connect(bound(receiver))
    source.send(b"first")
    assert receiver.line() == "first"
    for number in range(1000):
        source.send(str(number).encode())
    source.close()
    context.term()
    assert receiver.line() == "0"
    receiver.process.send_signal(getattr(signal, name))
    lines = rest(receiver)
    assert lines == [str(number) for number in range(1, len(lines) + 1)]
    assert receiver.wait() == 128 + getattr(signal, name)
    assert receiver.complaint().count("\n") == 1  # the address that was bound


def half_sent(child: Start, sink: zmq.Socket) -> tuple[Child, str, list[bytes]]:
    """A command that has queued a message for an address without a peer; the messages of others."""
    address = free_address()
    sink.bind(ANY)
    sender = child(start("send", "push", "-c", address, "-c", sink.last_endpoint.decode()))
    for number in range(4):
        sender.write(str(number))
    # Every second one goes to each: when the third is taken, one of them is queued.
    return sender, address, [sink.recv(), sink.recv()]


def test_a_signal_lets_what_was_sent_leave(child: Start, socket: MakeSocket) -> None:
    sender, address, got = half_sent(child, socket(zmq.PULL))
    sender.process.send_signal(signal.SIGTERM)
    sink = socket(zmq.PULL)
    sink.bind(address)
    got.append(sink.recv())
    assert sender.wait() == 143
    assert sender.complaint() == ""
    assert b"0" in got
    assert len(set(got)) == 3


def test_a_signal_says_what_is_lost(child: Start, socket: MakeSocket) -> None:
    sender, _, _ = half_sent(child, socket(zmq.PULL))
    sender.process.send_signal(signal.SIGINT)
    assert sender.wait() == 130
    complaint = sender.complaint()
    assert complaint.startswith("ohmq: of ")
    assert complaint.endswith(" messages sent, some have not left\n")


def test_a_reader_that_goes_away(socket: MakeSocket) -> None:
    source = socket(zmq.PUSH)
    source.bind(ANY)
    for number in range(500):
        source.send(str(number).encode(), zmq.NOBLOCK) if source.poll(0, zmq.POLLOUT) else None
    ohmq = " ".join(OHMQ)
    address = source.last_endpoint.decode()
    script = f"{ohmq} recv pull -c {address} -t 10 | head -n 2; echo ${{PIPESTATUS[0]}}"
    with subprocess.Popen(
        ["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as pipe:
        while pipe.poll() is None:
            # It may go away between the two.
            if source.poll(20, zmq.POLLOUT):
                with contextlib.suppress(zmq.Again):
                    source.send(b"x" * 1000, zmq.DONTWAIT)
        assert pipe.stdout is not None
        assert pipe.stderr is not None
        assert pipe.stdout.read().splitlines()[-1] == b"0"
        assert pipe.stderr.read() == b""


def test_a_reader_that_does_not_read_does_not_keep_it(child: Start, socket: MakeSocket) -> None:
    source = socket(zmq.PUSH)
    source.bind(ANY)
    receiver = child(start("recv", "pull", "-c", source.last_endpoint.decode()))
    sent = 0
    assert source.poll(10_000, zmq.POLLOUT)
    while source.poll(500, zmq.POLLOUT):
        source.send(b"x" * 10_000)
        sent += 1
    receiver.process.send_signal(signal.SIGINT)
    assert receiver.wait(10) == 130
    assert receiver.complaint() == ""
    assert sent > 6  # more than the pipe takes


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams(closed: str, socket: MakeSocket) -> None:
    sink = socket(zmq.PULL)
    sink.bind(ANY)
    ohmq = " ".join(OHMQ)
    script = f"{ohmq} send push -c {sink.last_endpoint.decode()} x {closed}"
    assert subprocess.run(["bash", "-c", script], timeout=20).returncode == 0
    assert sink.recv() == b"x"


def test_curve(child: Start, tmp_path: Path) -> None:
    if not zmq.has("curve"):
        pytest.skip("libzmq without CURVE")
    for name in ("server", "anna", "eve"):
        assert run("keygen", name, cwd=tmp_path).returncode == 0
    clients = tmp_path / "clients"
    clients.mkdir()
    (clients / "anna.key").write_bytes((tmp_path / "anna.key").read_bytes())
    key = str(tmp_path / "server.key_secret")
    receiver = child(
        [
            *start("recv", "pull", "-b", ANY, "-n", "1", "--curve-server", "--curve-key", key),
            *("--curve-allow", str(clients)),
        ]
    )
    where = ["push", "-c", bound(receiver), "--curve-server-key", "server.key"]
    refused = run("send", *where, "--curve-key", "eve.key_secret", "x", cwd=tmp_path)
    assert refused.returncode == 1
    assert b"refused by the server's authentication; status 400" in refused.stderr
    plain = run("send", *where[:3], "x", "-t", "1", cwd=tmp_path)
    assert plain.returncode in (1, 124)
    accepted = run("send", *where, "--curve-key", "anna.key_secret", "secret", cwd=tmp_path)
    assert (accepted.returncode, accepted.stderr) == (0, b"")
    assert rest(receiver) == ["secret"]


def test_pyzmq_on_the_other_side(child: Start, pyzmq: Path) -> None:
    receiver = child(start("recv", "pull", "-b", ANY, "-n", "2", "-f", "json"))
    code = """
        import sys, zmq
        with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
            socket.connect(sys.argv[1])
            socket.send_multipart([b"a", b"\\xff"])
            socket.send_json({"b": 1})
    """
    run_python(code, bound(receiver), python=pyzmq)
    assert rest(receiver) == ['["a", {"hex": "ff"}]', json.dumps(['{"b": 1}'])]
    code = """
        import zmq
        with zmq.Context() as context, context.socket(zmq.REP) as socket:
            print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
            parts = socket.recv_multipart()
            socket.send_multipart(parts[::-1])
    """
    server = child(["-c", "if 1:" + code], python=pyzmq)
    done = run("send", "req", "-c", f"tcp://127.0.0.1:{server.line()}", "-m", "x", "y")
    assert (done.returncode, done.stdout) == (0, b"y\tx\n")
    assert server.wait() == 0


def test_progress_on_a_terminal_and_none_in_a_pipe() -> None:
    with Terminal(["send", "push", "-b", free_address(), "hello"]) as terminal:
        terminal.read_until("waiting for a peer; Ctrl-C ends it")
        terminal.type("\x03")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.wait() == 130
    assert "Traceback" not in terminal.text
    # The line is gone and the cursor is back.
    assert terminal.text.count("\x1b[?25l") == terminal.text.count("\x1b[?25h") == 1


def test_counting_on_a_terminal_while_the_output_goes_elsewhere(socket: MakeSocket) -> None:
    source = socket(zmq.PUSH)
    source.bind(ANY)
    for _ in range(3):
        source.send(b"x", zmq.NOBLOCK) if source.poll(0, zmq.POLLOUT) else None
    arguments = ["recv", "pull", "-c", source.last_endpoint.decode()]
    with Terminal(arguments, stdout=False) as terminal:
        for _ in range(3):
            source.send(b"x")
        terminal.read_until("3 received, 3 B | ")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.wait() == 143
        assert terminal.process.stdout is not None
        assert terminal.process.stdout.read() == b"x\n" * 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["send", "push", "x"], "no endpoint"),
        (["send", "tree", "-c", ANY], "no socket type is called 'tree'"),
        (["send", "pull", "-c", "tcp://127.0.0.1:1"], "PULL: not a type for this command"),
        (["send", "push", "-c", ANY, "x"], "connecting needs a host and a port"),
        (["send", "push", "-b", ANY, "x", "--file", "y"], "take one of them"),
        (["send", "push", "-b", ANY, "-m"], "--multipart"),
        (["send", "push", "-b", ANY, "zz", "-f", "hex"], "message 1: not hex digits"),
        (["send", "push", "-b", ANY, "x", "-f", "xml"], "--format 'xml'"),
        (["send", "push", "-b", ANY, "x", "-o", "x=1"], "no socket option is called 'x'"),
        (["send", "push", "-b", ANY, "x", "-o", "linger"], "write NAME=VALUE"),
        (["send", "push", "-b", ANY, "x", "-t", "nan"], "--timeout"),
        (["send", "push", "-b", ANY, "x", "--curve-server"], "--curve-server needs --curve-key"),
        (["recv", "pull", "-b", ANY, "-s", "x"], "PULL has no topics"),
        (["recv", "pull", "-b", ANY, "--reply", "x"], "are for REP"),
        (["recv", "req", "-b", ANY], "REQ: not a type for this command"),
        (["recv", "pull", "-b", ANY, "-n", "0"], "--count"),
    ],
)
def test_bad_arguments(arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    text = done.stderr.decode()
    assert text.startswith("ohmq: ")
    assert complaint in text
    assert text.count("\n") == 1


def test_failures(tmp_path: Path, socket: MakeSocket) -> None:
    taken = socket(zmq.PULL)
    taken.bind(ANY)
    address = taken.last_endpoint.decode()
    for arguments, complaint in [
        (["recv", "pull", "-b", address], f"--bind {address}: address in use"),
        (["send", "push", "-b", ANY, "--file", "/no/such/file"], "--file /no/such/file: No such"),
        (["send", "push", "-b", ANY, "--file", str(tmp_path)], "s a directory"),
        (["send", "push", "-b", ANY, "x", "-o", "sndhwm=-5"], "--option sndhwm: Invalid argument"),
    ]:
        done = run(*arguments)
        assert done.returncode == 1, done
        assert complaint in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()
