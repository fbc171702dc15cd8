"""`ohmq bench`: between processes, by itself and from two sides."""

from __future__ import annotations

import json
import os
import signal
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.command import Terminal, bound, run, start
from helpers.processes import Child, alive
from helpers.sockets import ANY, free_address
from helpers.waiting import until

Start = Callable[..., Child]
MakeSocket = Callable[..., zmq.Socket]
SHORT = ["--seconds", "0.05"]


def server_of(pid: int) -> int:
    """The process that a client of `ohmq bench` has started as its other side, or 0."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and b"--once" in words:
            return int(path.name)
    return 0


def test_on_one_machine() -> None:
    done = run("bench", *SHORT, "--transport", "tcp", "--transport", "ipc", "-s", "32", "-s", "1k")
    assert (done.returncode, done.stderr) == (0, b"")
    about, head, *rows = done.stdout.decode().splitlines()
    assert zmq.ohmq_version in about
    assert head.startswith("transport")
    assert [row.split()[:3] for row in rows] == [
        ["tcp", "32", "B"],
        ["tcp", "1", "KiB"],
        ["ipc", "32", "B"],
        ["ipc", "1", "KiB"],
    ]


def test_json_from_two_sides(child: Start) -> None:
    server = child(start("bench", "--serve", ANY))
    for only in ("throughput", "latency"):
        done = run("bench", "-c", bound(server), *SHORT, "-s", "100", "--json", "--only", only)
        assert (done.returncode, done.stderr) == (0, b"")
        (result,) = json.loads(done.stdout)["results"]
        assert (result["transport"], result["size"]) == ("tcp", 100)
        if only == "throughput":
            assert result["bytes_per_s"] == pytest.approx(result["messages_per_s"] * 100)
            assert "median_us" not in result
        else:
            times = [result[f"{key}_us"] for key in ("least", "median", "p99", "longest")]
            assert times[0] > 0
            assert times == sorted(times)
            assert result["round_trips"] >= 9
    server.process.send_signal(signal.SIGTERM)
    assert server.wait() == 143


def test_a_client_that_is_killed_leaves_the_server_usable(child: Start) -> None:
    server = child(start("bench", "--serve", ANY))
    for only in ("throughput", "latency"):
        client = child(start("bench", "-c", bound(server), "--seconds", "60", "--only", only, "-q"))
        until(lambda client=client: busy(client.pid))
        client.process.kill()
        client.wait()
    done = run("bench", "-c", bound(server), *SHORT, "-s", "32")
    assert done.returncode == 0, done


def busy(pid: int) -> bool:
    """Whether a process has used more than a start takes."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) > 0.6 * os.sysconf("SC_CLK_TCK")


def test_no_server_and_another_program(child: Start, socket: MakeSocket) -> None:
    done = run("bench", "-c", free_address(), "-t", "0.2")
    assert done.returncode == 124
    assert b"no answer within 0.2 s" in done.stderr
    other = socket(zmq.PAIR)
    other.bind(ANY)
    client = child(start("bench", "-c", other.last_endpoint.decode()))
    other.recv_multipart()
    other.send(b"hello")
    assert client.wait() == 1
    assert "is not 'ohmq bench --serve'" in client.complaint()


def test_the_other_side_ends_with_it(child: Start) -> None:
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        client = child(start("bench", "--seconds", "60"))
        server = until(lambda client=client: server_of(client.pid))
        client.process.send_signal(number)
        assert client.wait() == code
        until(lambda server=server: not alive(server))
        assert client.complaint() == ""


def size_of_png(data: bytes) -> tuple[int, int]:
    """Width and height; fails where the file is not whole."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, names = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(body)
        names.append(body[:4])
        at += length + 12
    assert names[-1] == b"IEND"
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def test_a_chart(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra ohmq[plot]")
    file = tmp_path / "out.png"
    done = run("bench", *SHORT, "-s", "32", "-s", "1k", "--plot", str(file))
    assert done.returncode == 0, done
    assert done.stderr.decode() == f"ohmq: the chart is in {file}\n"
    width, height = size_of_png(file.read_bytes())
    assert width > 1000 < 3 * height


def test_a_chart_without_the_extra(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError(name='matplotlib')")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from zmq.cli.__main__ import main"
    with Child(
        ["-c", f"{code}; sys.exit(main(sys.argv[1:]))", str(tmp_path), "bench", "--plot", "x.png"]
    ) as child:
        assert child.wait() == 1
        assert child.complaint() == "ohmq: --plot needs matplotlib: pip install 'ohmq[plot]'\n"


def test_a_progress_bar_on_a_terminal() -> None:
    arguments = ["bench", "--seconds", "0.5", "-s", "32"]
    with Terminal(arguments, stdout=False) as terminal:
        terminal.read_until("tcp 32 B throughput")
        terminal.read_until("tcp 32 B latency")
        assert terminal.wait() == 0
        assert terminal.process.stdout is not None
        assert terminal.process.stdout.read().decode().splitlines()[1].startswith("transport")
    assert "%" in terminal.text
    assert terminal.text.count("\x1b[?25l") == terminal.text.count("\x1b[?25h") == 1


def test_a_table_on_a_terminal() -> None:
    with Terminal(["bench", "--seconds", "0.05", "-s", "32"]) as terminal:
        assert terminal.wait() == 0
    assert "median µs" in terminal.text


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--size", "0"], 2, "--size '0'"),
        (["--transport", "udp"], 2, "--transport 'udp'"),
        (["--only", "x"], 2, "--only 'x'"),
        (["--once"], 2, "--once"),
        (["--serve", ANY, "--json"], 2, "--serve"),
        (["--serve", "x"], 2, "no transport"),
        (["--curve-key", "x"], 2, "--curve-key"),
        (["--plot", "/no/such/folder/x.png"], 1, "no directory"),
        (["--plot", "x.tree"], 1, ".png"),
    ],
)
def test_bad_arguments(arguments: list[str], code: int, complaint: str) -> None:
    if "--plot" in arguments:
        pytest.importorskip("matplotlib", reason="needs the extra ohmq[plot]")
    done = run("bench", *arguments)
    assert (done.returncode, done.stdout) == (code, b"")
    assert complaint in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
