"""kill -9 of everything around a device, and of the device itself."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.devices import TWO_KINDS, count_until_quiet, make, queue, running, stats_when, to
from helpers.processes import Child, alive, snippet
from helpers.sockets import connections, deliver
from helpers.waiting import until
from zmq.devices import ProcessDevice, ThreadDevice

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
ChildMaker = Callable[..., Child]
PROCESSES = ["spawn", "forkserver", "fork"]

WORKER = """
import os, sys, zmq
context = zmq.Context()
worker = context.socket(zmq.REP)
worker.connect(sys.argv[1])
print("ready")
while True:
    request = worker.recv()
    if request == b"die":
        print("dying")
        import time
        time.sleep(60)
    worker.send(request + b" by " + sys.argv[2].encode())
"""


@pytest.mark.parametrize("method", PROCESSES)
def test_a_device_that_the_program_does_not_keep(socket: Make, method: str) -> None:
    def set_up() -> tuple[int, int, Any]:
        device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.start_method = method
        ports = [bind("tcp://127.0.0.1") for bind in both_sides(device)]
        device.start()
        return *ports, device.launcher

    taken, given, process = set_up()
    gc.collect()
    push, pull = socket(zmq.PUSH), socket(zmq.PULL)
    push.connect(f"tcp://127.0.0.1:{taken}")
    pull.connect(f"tcp://127.0.0.1:{given}")
    # A process whose parent seems to be gone ends within moments, and would not take many.
    for number in range(20):
        push.send(b"%d" % number)
        assert pull.recv() == b"%d" % number
        time.sleep(0.01)  # nothing shows that it does not end
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)


def both_sides(device: ProcessDevice) -> tuple[Any, Any]:
    return device.bind_in_to_random_port, device.bind_out_to_random_port


CLIENT = """
import sys, zmq
context = zmq.Context()
client = context.socket(zmq.DEALER)
client.connect(sys.argv[1])
print("ready")
for n in range(int(sys.argv[2])):
    client.send_multipart([b"", b"%d" % n])
print("sent")
import time
time.sleep(60)
"""

# A program with a process device; it says where, then does what the last argument names.
OWNER = """
import os, sys, time, zmq
from zmq.devices import ProcessDevice

if __name__ == "__main__":
    device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.start_method = sys.argv[1]
    device.bind_in("tcp://127.0.0.1:*")
    device.bind_out("tcp://127.0.0.1:*")
    device.start()
    if len(sys.argv) > 3:
        # Another child of this program, which outlives it and has all of its descriptors.
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        other = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        other.start_method = sys.argv[1]
        other.start()
    print(device.launcher.pid, *device.endpoints["in"], *device.endpoints["out"])
    if sys.argv[2] == "wait":
        time.sleep(60)
    elif sys.argv[2] == "raise":
        raise ZeroDivisionError
    elif sys.argv[2] == "_exit":
        os._exit(0)
"""


class TestPeers:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_workers(self, kind: str, socket: Make, child: ChildMaker) -> None:
        """Requests of the one that died are lost, as ØMQ says; all others are answered."""
        with running(queue(kind)) as device:
            out = to(device, "out")
            first = child(["-c", snippet(WORKER), out, "first"])
            assert first.line() == "ready"
            stats_when(device, lambda s: s.peers_out == 1)
            lost, client = socket(zmq.REQ), socket(zmq.REQ)
            for each in (lost, client):
                each.connect(to(device, "in"))
            lost.send(b"die")
            assert first.line() == "dying"
            os.kill(first.pid, signal.SIGKILL)
            stats_when(device, lambda s: s.peers_out == 0)
            # Sent while there is no worker at all: the next one gets it.
            client.send(b"1")
            second = child(["-c", snippet(WORKER), out, "second"])
            assert client.recv() == b"1 by second"
            assert second.line() == "ready"
            for n in range(100):
                client.send(b"%d" % n)
                assert client.recv() == b"%d by second" % n
            assert not lost.poll(100)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_clients(self, kind: str, socket: Make, child: ChildMaker) -> None:
        """Replies for a client that died go nowhere, and stop no other client."""
        with running(queue(kind)) as device:
            worker = socket(zmq.REP)
            worker.connect(to(device, "out"))
            doomed = child(["-c", snippet(CLIENT), to(device, "in"), "500"])
            assert doomed.line() == "ready"
            assert doomed.line() == "sent"
            worker.recv()
            os.kill(doomed.pid, signal.SIGKILL)
            worker.send(b"for nobody")
            client = socket(zmq.REQ)
            client.connect(to(device, "in"))
            client.send(b"question")
            while (request := worker.recv()) != b"question":
                worker.send(request)
            worker.send(b"answer")
            assert client.recv() == b"answer"
            stats_when(device, lambda s: s.peers_in == 1)
            assert device.state == "running"


class TestTheDevice:
    @pytest.mark.parametrize("kind", PROCESSES)
    def test_tells_of_its_end(self, kind: str) -> None:
        device = queue(kind)
        device.start()
        os.kill(device.launcher.pid, signal.SIGKILL)
        device.join(10)
        assert (device.state, device.done) == ("failed", True)
        assert "SIGKILL" in str(device.error)
        assert device.stats().messages_in == 0
        with pytest.raises(RuntimeError, match="has ended"):
            device.pause()
        assert device.stop(1) is False

    def test_started_again_it_has_the_ports_that_the_system_chose(self) -> None:
        with running(queue("spawn")) as device:
            before = device.endpoints
            os.kill(device.launcher.pid, signal.SIGKILL)
            device.join(10)
            device.start()
            assert device.endpoints == before

    def test_a_hanging_device_does_not_keep_its_callers(self) -> None:
        """Its last known statistics are returned at once, except by the first call."""
        with running(queue("spawn")) as device:
            os.kill(device.launcher.pid, signal.SIGSTOP)
            os.waitpid(device.launcher.pid, os.WUNTRACED)
            first = device.stats()
            for _ in range(200):  # it would be minutes if each of them waited
                assert device.stats() == first
                assert device.state == "running"
            os.kill(device.launcher.pid, signal.SIGCONT)
            until(lambda: device.stats() != first)
            device.pause()
            assert device.state == "paused"

    def test_seen_without_join(self) -> None:
        device = queue("spawn")
        device.start()
        os.kill(device.launcher.pid, signal.SIGKILL)
        until(lambda: device.state == "failed")
        until(lambda: device.done)

    def test_counts_until_then_are_kept(self, socket: Make) -> None:
        with running(queue("spawn", zmq.PULL, zmq.PUSH)) as device:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            push.send(b"x")
            assert pull.recv() == b"x"
            assert device.stats().messages_in == 1
            os.kill(device.launcher.pid, signal.SIGKILL)
            device.join(10)
            assert device.stats().messages_in == 1
            assert device.stats().peers_in == 0

    def test_started_again_it_serves_the_same_peers(self, socket: Make) -> None:
        """As a supervisor does it: peers connect again and send what they hold."""
        device = make(ThreadDevice, "spawn", zmq.QUEUE, zmq.PULL, zmq.PUSH)
        taken = device.bind_in_to_random_port("tcp://127.0.0.1")
        device.bind_out_to_random_port("tcp://127.0.0.1")
        device.start()
        push, pull = (socket(each, reconnect_ivl=20) for each in (zmq.PUSH, zmq.PULL))
        push.connect(to(device, "in"))
        pull.connect(to(device, "out"))
        for _ in range(3):
            stats_when(device, lambda s: s.peers_in == s.peers_out == 1)
            push.send(b"before")
            assert pull.recv() == b"before"
            os.kill(device.launcher.pid, signal.SIGKILL)
            device.join(10)
            assert device.state == "failed"
            until(lambda: not connections(f"tcp://127.0.0.1:{taken}"))
            for _ in range(10):
                push.send(b"while nobody is there")
            device.start()
            for _ in range(10):
                assert pull.recv() == b"while nobody is there"
        assert device.stop(5) is True

    def test_during_the_start(self) -> None:
        device = make(ThreadDevice, "spawn", zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.context_factory = die
        with pytest.raises(RuntimeError, match="SIGKILL"):
            device.start()
        assert device.state == "failed"


def die() -> zmq.Context:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


class TestTheParent:
    @pytest.mark.parametrize("kind", PROCESSES)
    @pytest.mark.parametrize("crowded", [False, True])
    def test_is_killed(self, kind: str, crowded: bool, child: ChildMaker) -> None:
        owner = child(["-c", OWNER_FILE, kind, "wait", *(["crowded"] if crowded else [])])
        pid = int(owner.line().split()[0])
        assert alive(pid)
        os.kill(owner.pid, signal.SIGKILL)
        until(lambda: not alive(pid))

    @pytest.mark.parametrize("ending", ["raise", "_exit", "return"])
    def test_ends_otherwise(self, ending: str, child: ChildMaker) -> None:
        owner = child(["-c", OWNER_FILE, "spawn", ending])
        pid = int(owner.line().split()[0])
        until(lambda: not alive(pid))
        assert owner.wait() == (1 if ending == "raise" else 0)

    def test_what_was_taken_in_is_handed_on(self, socket: Make, child: ChildMaker) -> None:
        owner = child(["-c", OWNER_FILE, "spawn", "wait"])
        _, into, out = owner.line().split()
        deliver(into, [b"x"] * 100)
        os.kill(owner.pid, signal.SIGKILL)
        pull = socket(zmq.PULL)
        pull.connect(out)
        assert count_until_quiet(pull, 100) == 100


# spawn imports the program again: it has to be a file.
OWNER_FILE = snippet(
    f"""
import os, subprocess, sys, tempfile
path = os.path.join(tempfile.mkdtemp(prefix="ohmq"), "owner.py")
with open(path, "w") as file:
    file.write({OWNER!r})
os.execv(sys.executable, [sys.executable, path, *sys.argv[1:]])
"""
)
