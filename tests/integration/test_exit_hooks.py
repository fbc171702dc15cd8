"""Exit hooks of the program, older than `import zmq` or not: sockets are open, messages leave."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from sysconfig import get_config_var

import pytest

import zmq

Run = Callable[..., set[bytes]]

HOOKS = """
import atexit, gc, logging, sys, threading, weakref

sockets = {}

def bye(name):
    sockets[name].send(b"bye-" + name.encode())
    sockets[name].close()

class Handler(logging.Handler):
    def close(self):
        bye("logging")
        super().close()

class Finalized:
    pass

logging.getLogger().addHandler(Handler())
atexit.register(bye, "atexit")
finalized = Finalized()
weakref.finalize(finalized, bye, "finalize")

import zmq

atexit.register(bye, "late")
context = zmq.Context()
for name in ("atexit", "finalize", "logging", "late"):
    sockets[name] = context.socket(zmq.PUSH)
    sockets[name].connect(sys.argv[1])
left_open = context.socket(zmq.PUSH)
left_open.connect(sys.argv[1])
left_open.send(b"up")
"""
ALL = {b"up", b"bye-atexit", b"bye-finalize", b"bye-logging", b"bye-late"}


@pytest.fixture
def run(context: zmq.Context) -> Iterator[Run]:
    """Runs a program with an address to connect to; returns the messages that it sent."""
    with context.socket(zmq.PULL) as receiver:
        port = receiver.bind_to_random_port("tcp://127.0.0.1")

        def start(program: str, *options: str, expected: set[bytes], status: int = 0) -> set[bytes]:
            done = subprocess.run(
                [
                    sys.executable,
                    *options,
                    "-c",
                    textwrap.dedent(program),
                    f"tcp://127.0.0.1:{port}",
                ],
                capture_output=True,
                text=True,
                timeout=25,
            )
            assert done.returncode == status, done.stderr
            if status == 0:
                assert (done.stdout, done.stderr) == ("", "")
            received = set()
            # Later than all that is awaited comes nothing that would be wrong: but look for it.
            while receiver.poll(5000 if received < expected else 100):
                received.add(receiver.recv())
            return received

        yield start


THREADS = {
    "alone": "",
    "in recv": """
        waiting = context.socket(zmq.PULL)
        waiting.bind("inproc://waiting")
        threading.Thread(target=waiting.recv, daemon=True).start()
    """,
    "in poll": """
        waiting = context.socket(zmq.PULL)
        poller = zmq.Poller()
        poller.register(waiting, zmq.POLLIN)
        threading.Thread(target=poller.poll, daemon=True).start()
    """,
    "at work": """
        a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        a.bind("inproc://work"); b.connect("inproc://work")
        def work():
            while True:
                a.send(b"x"); b.recv()
        for _ in range(2):
            threading.Thread(target=work, daemon=True).start()
    """,
    "a device": """
        from zmq.devices import ThreadDevice
        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.context_factory = lambda: context
        device.bind_in("inproc://in"); device.bind_out("inproc://out"); device.start()
    """,
    "devices that finalizers stop": """
        from zmq.auth.thread import ThreadAuthenticator
        from zmq.devices import ThreadDevice
        class Stopped:
            def __init__(self, *kept):
                self.kept = kept
            def __del__(self):
                for each in self.kept:
                    each.stop()
        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.bind_in("inproc://in"); device.bind_out("inproc://out"); device.start()
        authenticator = ThreadAuthenticator(context); authenticator.start()
        stopped = Stopped(device, authenticator)
    """,
    "a proxy": """
        front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        front.bind("inproc://front"); back.bind("inproc://back")
        threading.Thread(target=zmq.proxy, args=(front, back), daemon=True).start()
        class Proxy:
            def __init__(self):
                self.sockets = front, back
            def __del__(self):
                for socket in self.sockets:
                    socket.close(linger=0)
        proxy = Proxy()
    """,
    "a monitor": """
        monitor = left_open.get_monitor_socket()
        threading.Thread(target=monitor.recv_multipart, daemon=True).start()
    """,
    "a loan": """
        left_open.send(memoryview(bytearray(100_000)), copy=False, track=True).wait(10)
    """,
    "no collector": "gc.disable(); gc.freeze()",
    "another context": "unused = zmq.Context(); sys.kept = zmq.Context().socket(zmq.SUB)",
}


@pytest.mark.parametrize("threads", THREADS)
def test_every_hook_has_its_socket(run: Run, threads: str) -> None:
    if threads == "devices that finalizers stop" and get_config_var("Py_GIL_DISABLED"):
        pytest.skip("an interpreter without the GIL that keeps modules until objects have gone")
    program = HOOKS + textwrap.dedent(THREADS[threads])
    expected = ALL | ({bytes(100_000)} if threads == "a loan" else set())
    assert run(program, expected=expected) == expected


@pytest.mark.parametrize(
    "end", ["sys.exit(3)", "1 / 0", "threading.Timer(0.1, bye, ['timer']).start()"]
)
def test_other_ends(run: Run, end: str) -> None:
    after = (
        "sockets['timer'] = context.socket(zmq.PUSH); sockets['timer'].connect(sys.argv[1])\n" + end
    )
    program = HOOKS + after
    expected = ALL | ({b"bye-timer"} if "Timer" in end else set())
    status = 3 if "exit" in end else 1 if "/" in end else 0
    assert run(program, expected=expected, status=status) == expected


def test_objects_that_go_with_their_module(run: Run) -> None:
    program = """
        import sys, zmq
        class Client:
            def __init__(self, address):
                self.socket = zmq.Context.instance().socket(zmq.PUSH)
                self.socket.connect(address)
            def __del__(self):
                self.socket.send(b"bye")
                self.socket.close()
        client = Client(sys.argv[1])
    """
    assert run(program, expected={b"bye"}) == {b"bye"}


def test_contexts_that_exit_hooks_make(run: Run) -> None:
    program = """
        import atexit, sys
        def last():
            socket = zmq.Context.instance().socket(zmq.PUSH)
            socket.connect(sys.argv[1])
            socket.send(b"last")
        atexit.register(last)
        import zmq
    """
    assert run(program, expected={b"last"}) == {b"last"}


@pytest.mark.parametrize("before", ["", "socket.send(bytes(200_000), copy=False)"])
def test_an_exit_hook_waits_for_a_tracker(run: Run, before: str) -> None:
    program = f"""
        import atexit, sys
        def last():
            socket.send(memoryview(bytearray(100_000)), copy=False, track=True).wait(10)
        atexit.register(last)
        import zmq
        socket = zmq.Context().socket(zmq.PUSH)
        socket.connect(sys.argv[1])
        {before}
    """
    expected = {bytes(100_000)} | ({bytes(200_000)} if before else set())
    assert run(program, expected=expected) == expected


def test_sockets_of_asyncio(run: Run) -> None:
    program = """
        import asyncio, atexit, sys
        def last():
            zmq.Socket.shadow(socket).send(b"hook")
        atexit.register(last)
        import zmq, zmq.asyncio
        async def main():
            global socket, context, waiting
            context = zmq.asyncio.Context()
            socket, waiting = context.socket(zmq.PUSH), context.socket(zmq.PULL)
            socket.connect(sys.argv[1])
            await socket.send(b"task")
            asyncio.ensure_future(waiting.recv()); await asyncio.sleep(0)
        asyncio.run(main())
    """
    expected = {b"task", b"hook"}
    assert run(program, expected=expected) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child(run: Run) -> None:
    program = """
        import atexit, os, sys
        def last():
            socket.send(b"hook-of-" + name)
        atexit.register(last)
        import zmq
        def connected():
            socket = zmq.Context.instance().socket(zmq.PUSH)
            socket.connect(sys.argv[1])
            return socket
        name, socket = b"parent", connected()
        child = os.fork()
        if child == 0:
            name, socket = b"child", connected()
            sys.exit()
        os.waitpid(child, 0)
    """
    expected = {b"hook-of-parent", b"hook-of-child"}
    # Of a fork in a process with threads; libzmq's are not known to Python.
    options = ["-W", "ignore::DeprecationWarning"]
    assert run(program, *options, expected=expected) == expected


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_of_multiprocessing(run: Run, method: str, tmp_path: object) -> None:
    """It closes nothing, and where it was forked it ends without an interpreter's end."""
    path = f"{tmp_path}/program.py"
    with open(path, "w") as file:
        file.write(
            textwrap.dedent("""
                import multiprocessing, sys
                import zmq
                def work(address):
                    for transport in (zmq.Context(), zmq.Context.instance()):
                        socket = transport.socket(zmq.PUSH)
                        socket.connect(address)
                        socket.send(bytes(5_000_000))
                def main(method, address):
                    child = multiprocessing.get_context(method).Process(target=work, args=[address])
                    child.start(); child.join()
                    assert child.exitcode == 0
            """)
        )
    starter = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import program
        program.main({method!r}, sys.argv[1])
    """
    assert run(starter, expected={bytes(5_000_000)}) == {bytes(5_000_000)}


def test_the_end_waits_for_nothing_else() -> None:
    """A peer that is not there is waited for a second, and that once."""
    program = """
        import sys, zmq
        kept = []
        for _ in range(20):
            socket = zmq.Context().socket(zmq.PUSH)
            socket.connect("tcp://127.0.0.1:9")
            socket.send(b"x")
            kept.append(socket)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, timeout=12
    )
    assert (done.returncode, done.stderr) == (0, b"")
