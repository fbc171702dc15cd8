"""Output that cannot be written: one line says so, in the same words for every command."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.command import OHMQ
from helpers.sockets import ANY, free_address

MakeSocket = Callable[..., zmq.Socket]
FULL = Path("/dev/full")
WHY = "No space left on device"

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")


def run_full(*arguments: str) -> tuple[int, str]:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [*OHMQ, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=20, text=True
        )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["info"],
        ["info", "--json"],
        ["--help"],
        ["--version"],
        ["device", "queue", "--in", ANY, "--out", ANY],
        ["watch", "tcp://127.0.0.1:9", "--rates", "--interval", "0.05", "-q"],
        ["events", "push", "-c", "tcp://127.0.0.1:9", "-q"],
    ],
)
def test_every_command_says_it_in_the_same_way(arguments: list[str]) -> None:
    assert run_full(*arguments) == (1, f"ohmq: cannot write to standard output: {WHY}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["info"],
        ["info", "--json"],
        [],
        ["--help"],
        ["send", "--help"],
        ["--version"],
        ["recv", "pull", "-b", ANY],
        ["watch", "tcp://127.0.0.1:9"],
        ["events", "push", "-c", "tcp://127.0.0.1:9"],
    ],
)
def test_output_that_is_closed(arguments: list[str]) -> None:
    script = '"$@" >&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *OHMQ, *arguments], capture_output=True, timeout=20, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ohmq: cannot write to standard output: it is closed\n"


def test_messages_that_cannot_be_printed(socket: MakeSocket) -> None:
    source = socket(zmq.PUSH)
    address = free_address()
    source.connect(address)
    source.send(b"x")
    code, complaint = run_full("recv", "pull", "-b", address)
    assert (code, complaint) == (1, f"ohmq: cannot write to standard output: {WHY}\n")


def test_devices_outlast_their_log(socket: MakeSocket, tmp_path: Path) -> None:
    places = [free_address(), free_address()]
    file = tmp_path / "devices.toml"
    file.write_text(
        f"[supervisor]\nstats_s = 0.05\n"
        f'[device.pipe]\nkind = "streamer"\nin = "{places[0]}"\nout = "{places[1]}"\n'
    )
    with (
        FULL.open("wb") as full,
        subprocess.Popen(
            [*OHMQ, "device", "--config", str(file)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            assert process.stderr is not None
            # The log has failed when this line comes; what follows is the work of the device.
            complaint = process.stderr.readline()
            assert complaint == f"ohmq: cannot write the log: {WHY}; the devices run on\n"
            source, sink = socket(zmq.PUSH), socket(zmq.PULL, rcvtimeo=20_000)
            source.connect(places[0])
            sink.connect(places[1])
            source.send(b"through")
            assert sink.recv() == b"through"
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 1
            assert process.stderr.read() == ""
        finally:
            process.kill()
