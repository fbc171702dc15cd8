"""Background devices from start to end: what is set up, and what is left."""

from __future__ import annotations

import pickle
import re
import socket as socketlib
import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.devices import KINDS, TWO_KINDS, bind, make, queue, running, stats_when, to
from helpers.interpreters import ROOT
from helpers.processes import run_python
from helpers.waiting import until
from zmq.devices import (
    Device,
    ProcessDevice,
    Proxy,
    ThreadDevice,
    ThreadMonitoredQueue,
    ThreadProxy,
    ThreadProxySteerable,
)

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def ask(socket: Make, device, text: bytes = b"question", times: int = 1) -> bytes:
    """Requests through a ROUTER/DEALER or REP/REQ device; the last answer."""
    client, worker = socket(zmq.REQ), socket(zmq.REP)
    client.connect(to(device, "in"))
    worker.connect(to(device, "out"))
    for _ in range(times):
        client.send(text)
        worker.send(worker.recv() + b", answered")
        answer = client.recv()
    # Left open, the worker would come back to the next device at this address, and get requests.
    client.close(0)
    worker.close(0)
    return answer


def narrow_range(count: int) -> int:
    """The first of so many free ports in a row."""
    for low in range(20000, 30000, count):
        probes = [socketlib.socket() for _ in range(count)]
        try:
            for n, probe in enumerate(probes):
                probe.bind(("127.0.0.1", low + n))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return low
    raise AssertionError("no free ports")


def sent(router: zmq.Socket, message: list[bytes]) -> bool:
    """Whether a ROUTER that says so knows the peer by now."""
    try:
        router.send_multipart(message)
    except zmq.ZMQError as error:
        if error.errno != zmq.EHOSTUNREACH:
            raise
        return False
    return True


class TestStarting:
    @pytest.mark.parametrize("kind", KINDS)
    def test_relays_when_start_returns(self, kind: str, socket: Make) -> None:
        device = queue(kind)
        assert (device.state, device.done, device.launcher) == ("new", False, None)
        assert device.endpoints == {"in": [], "out": []}
        with running(device):
            assert (device.state, device.done) == ("running", False)
            assert device.launcher.is_alive()
            assert device.launcher.daemon is True
            assert ask(socket, device) == b"question, answered"
            assert re.fullmatch(r"tcp://127\.0\.0\.1:\d+", to(device, "in"))
            assert device.stop(5) is True
        assert (device.state, device.done, device.error) == ("stopped", True, None)
        assert not device.launcher.is_alive()

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_can_be_started_again_at_the_same_addresses(self, kind: str, socket: Make) -> None:
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
        device.bind_in_to_random_port("tcp://127.0.0.1")
        device.bind_out_to_random_port("tcp://127.0.0.1")
        for n in range(3):
            with running(device):
                assert ask(socket, device, b"%d" % n) == b"%d, answered" % n
                assert device.stats().messages_in == 1
                with pytest.raises(RuntimeError, match="running already"):
                    device.start()
                device.stop(5)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_also_where_the_system_chose_them(self, kind: str, socket: Make) -> None:
        device = queue(kind)
        for n in range(2):
            with running(device):
                assert ask(socket, device, b"%d" % n) == b"%d, answered" % n
                if n == 0:
                    before = device.endpoints
                device.stop(5)
        assert device.endpoints == before

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_addresses_as_bytes(self, kind: str, socket: Make) -> None:
        device = bind(make(ThreadDevice, kind, zmq.QUEUE, zmq.ROUTER, zmq.DEALER), "out")
        device.bind_in(b"tcp://127.0.0.1:*")
        with running(device):
            assert ask(socket, device, b"x") == b"x, answered"
        for address in (None, 5):
            with pytest.raises(TypeError, match="in socket: an address is str or bytes"):
                device.connect_in(address)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_with_starts_nothing_and_stops_at_the_end(self, kind: str) -> None:
        with queue(kind) as device:
            assert device.state == "new"
            device.start()
            launcher = device.launcher
        assert device.state == "stopped"
        assert not launcher.is_alive()
        with queue(kind) as never:
            pass
        assert never.state == "new"

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_stops_when_the_block_raises(self, kind: str) -> None:
        device = queue(kind)

        def fail() -> None:
            with device:
                device.start()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert device.state == "stopped"

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_ports_chosen_beforehand(self, kind: str, socket: Make) -> None:
        device = make(ThreadProxySteerable, kind, zmq.ROUTER, zmq.DEALER)
        ports = {
            side: getattr(device, f"bind_{side}_to_random_port")("tcp://127.0.0.1")
            for side in ("in", "out", "mon", "ctrl")
        }
        assert device.bind_in_to_random_port(
            "tcp://127.0.0.1", min_port=40000, max_port=45000
        ) in range(40000, 45000)
        with running(device):
            for side, port in ports.items():
                assert device.endpoints[side][0] == f"tcp://127.0.0.1:{port}"
            assert len(device.endpoints["in"]) == 2

    def test_a_chosen_port_is_not_given_to_others(self) -> None:
        devices = [ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH) for _ in range(40)]
        ports = [device.bind_in_to_random_port("tcp://127.0.0.1") for device in devices]
        assert len(set(ports)) == len(ports)
        with pytest.raises(zmq.ZMQError):
            devices[0].bind_in_to_random_port("tcp://nowhere")
        for device in devices:
            device._drop_guards()

    @pytest.mark.parametrize("cls", [ThreadDevice, ThreadMonitoredQueue, ThreadProxySteerable])
    def test_chosen_ports_differ_in_a_narrow_range(self, cls: type[ThreadDevice]) -> None:
        """No socket listens at them yet: the choice itself has to remember them."""
        args = (zmq.QUEUE, zmq.PULL, zmq.PUSH)[cls is not ThreadDevice :]
        devices = [cls(*args) for _ in range(2)]
        sides = list(devices[0].endpoints)
        count = len(sides) * len(devices)
        low = narrow_range(count)
        ports = [
            getattr(device, f"bind_{side}_to_random_port")(
                "tcp://127.0.0.1", min_port=low, max_port=low + count, max_tries=500
            )
            for device in devices
            for side in sides
        ]
        assert sorted(ports) == list(range(low, low + count))
        with pytest.raises(zmq.ZMQBindError):
            devices[0].bind_in_to_random_port("tcp://127.0.0.1", low, low + count, 20)
        with running(devices[0]), running(devices[1]):
            found = [to(device, side) for device in devices for side in sides]
        assert found == [f"tcp://127.0.0.1:{port}" for port in ports]

    @pytest.mark.parametrize("kind", TWO_KINDS)
    @pytest.mark.parametrize("identity", ["text-ø", b"bytes"])
    def test_identities_as_text_or_bytes(self, kind: str, identity, socket: Make) -> None:
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.DEALER, zmq.ROUTER)
        device.setsockopt_in(zmq.IDENTITY, identity)
        router = socket(zmq.ROUTER)
        router.bind("tcp://127.0.0.1:*")
        device.connect_in(router.last_endpoint.decode())
        bind(device, "out")
        with running(device):
            dealer = socket(zmq.DEALER)
            dealer.identity = b"peer"
            dealer.connect(to(device, "out"))
            dealer.send(b"hello")
            encoded = identity if isinstance(identity, bytes) else identity.encode()
            assert router.recv_multipart() == [encoded, b"peer", b"hello"]
            router.send_multipart([encoded, b"peer", b"back"])
            assert dealer.recv() == b"back"

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_one_socket_for_both_sides(self, kind: str, socket: Make) -> None:
        device = bind(make(ThreadDevice, kind, zmq.QUEUE, zmq.ROUTER, -1), "in")
        with running(device):
            dealer = socket(zmq.DEALER)
            dealer.connect(to(device, "in"))
            dealer.send_multipart([b"a", b"b"])
            assert dealer.recv_multipart() == [b"a", b"b"]
            stats = device.stats()
            assert (stats.messages_in, stats.messages_out) == (1, 0)
            stats_when(device, lambda s: s.peers_in == s.peers_out == 1)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    @pytest.mark.parametrize("cls", [ThreadDevice, ThreadProxy, ThreadProxySteerable])
    def test_one_socket_told_by_its_out_methods(self, cls, kind: str, socket: Make) -> None:
        """As in PyZMQ: both sides are the in socket, whatever was said of which."""
        args = (zmq.QUEUE, zmq.DEALER, -1)[cls is not ThreadDevice :]
        device = make(cls, kind, *args)
        device.setsockopt_out(zmq.IDENTITY, b"echo")
        device.bind_in("tcp://127.0.0.1:*")
        device.bind_out("tcp://127.0.0.1:*")
        router = socket(zmq.ROUTER)
        device.connect_out(f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}")
        with running(device):
            router.setsockopt(zmq.ROUTER_MANDATORY, 1)
            until(lambda: device.stats().peers_in == 1)
            until(lambda: sent(router, [b"echo", b"there"]))
            assert router.recv_multipart() == [b"echo", b"there"]
            before = device.endpoints
            assert [len(before[side]) for side in ("in", "out")] == [1, 1]
            assert before["in"] != before["out"]
            device.stop(0)
            device.start()
            assert device.endpoints == before

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_rep_and_req(self, kind: str, socket: Make) -> None:
        with running(queue(kind, zmq.REP, zmq.REQ)) as device:
            assert ask(socket, device, times=10) == b"question, answered"
            assert device.stats().messages_out == 10

    def test_inproc_in_a_thread(self, socket: Make) -> None:
        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.bind_in("inproc://device-in")
        device.bind_out("inproc://device-out")
        shared = zmq.Context.instance()
        with running(device), shared.socket(zmq.PUSH) as push, shared.socket(zmq.PULL) as pull:
            assert device.endpoints == {
                "in": ["inproc://device-in"],
                "out": ["inproc://device-out"],
            }
            push.connect("inproc://device-in")
            pull.connect("inproc://device-out")
            push.send(b"x")
            assert pull.recv() == b"x"
            assert device.stats().peers_in is None

    def test_context_factory(self, context: zmq.Context) -> None:
        made = []

        def factory() -> zmq.Context:
            made.append(threading.current_thread())
            return context

        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.context_factory = factory
        device.bind_in("inproc://mine")
        with running(device), context.socket(zmq.PUSH) as push:
            push.connect("inproc://mine")
            assert made == [device.launcher]
        assert not context.closed

    def test_a_context_of_its_own_is_terminated(self) -> None:
        contexts = []

        class Mine(zmq.Context):
            def __init__(self, *args, **kwargs) -> None:
                super().__init__(*args, **kwargs)
                contexts.append(self)

        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.context_factory = Mine
        with running(device):
            assert len(contexts) == 1
        assert contexts[0].closed

    @pytest.mark.parametrize("how", ["term", "destroy"])
    def test_the_end_of_its_context_ends_it(self, how: str) -> None:
        context = zmq.Context()
        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.context_factory = lambda: context
        device.start()
        getattr(context, how)()
        device.join(5)
        assert (device.done, device.state, device.error) == (True, "stopped", None)

    def test_daemon(self) -> None:
        device = bind(ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH))
        device.daemon = False
        with running(device):
            assert device.launcher.daemon is False

    def test_goes_through_pickle(self) -> None:
        device = ThreadMonitoredQueue(zmq.PULL, zmq.PUSH)
        bind(device)
        with running(device):
            copy = pickle.loads(pickle.dumps(device))
            assert (copy.state, copy.launcher, copy.mon_type) == ("new", None, zmq.PUB)
            with running(copy):
                assert to(copy, "in") != to(device, "in")

    def test_joined_before_it_was_started(self) -> None:
        for cls in (ThreadDevice, ProcessDevice):
            with pytest.raises(AttributeError, match="not started"):
                cls(zmq.QUEUE, zmq.PULL, zmq.PUSH).join()
            with pytest.raises(RuntimeError, match="not started"):
                cls(zmq.QUEUE, zmq.PULL, zmq.PUSH).pause()

    def test_types_are_asked_for(self) -> None:
        with pytest.raises(TypeError, match="in_type"):
            Device()
        with pytest.raises(TypeError, match="out_type"):
            Device(zmq.QUEUE, zmq.PULL)
        with pytest.raises(TypeError, match=r"out_type is one of .*'PUSH'"):
            ThreadDevice(zmq.QUEUE, zmq.PULL, "PUSH").start()
        with pytest.raises(TypeError, match="prefix"):
            ThreadMonitoredQueue(zmq.PULL, zmq.PUSH, zmq.PUB, 1).start()


class TestForeground:
    def test_start_blocks_until_stop(self, socket: Make) -> None:
        device = bind(Proxy(zmq.PULL, zmq.PUSH))
        thread = threading.Thread(target=device.start)
        thread.start()
        until(lambda: device.state == "running")
        push, pull = socket(zmq.PUSH), socket(zmq.PULL)
        push.connect(to(device, "in"))
        pull.connect(to(device, "out"))
        push.send(b"x")
        assert pull.recv() == b"x"
        device.join(0.05)
        assert not device.done
        assert device.stop(5) is True
        thread.join(5)
        assert (device.done, device.state) == (True, "stopped")

    def test_errors_are_raised_by_start(self) -> None:
        device = Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.bind_in("tcp://127.0.0.1:*")
        device.bind_out("nonsense://1")
        with pytest.raises(zmq.ZMQError, match="nonsense://1"):
            device.start()
        assert device.state == "failed"

    def test_a_signal_handler_stops_it(self) -> None:
        (line,) = run_python(
            """
            import signal, threading, os, zmq
            from zmq.devices import Device

            device = Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
            device.bind_in("tcp://127.0.0.1:*")
            answers = []
            signal.signal(signal.SIGUSR1, lambda *_: answers.append(device.stop()))
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            device.start()
            print(answers, device.state)
            """
        )
        assert line == "[False] stopped"


# The words of PyZMQ's documentation, of 2.2 and before it.
SEEDS = {
    "2.2": """
from zmq.devices import ProcessDevice

pd = ProcessDevice(zmq.QUEUE, zmq.REP, zmq.REQ)
pd.bind_in('tcp://*:12345')
pd.connect_out('tcp://127.0.0.1:12543')
pd.setsockopt_in(zmq.IDENTITY, 'REP')
pd.setsockopt_out(zmq.IDENTITY, 'REQ')
pd.start()
# it will now be running in a background process
""",
    "later": """
from zmq.devices import ProcessDevice

pd = ProcessDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
pd.bind_in('tcp://*:12345')
pd.connect_out('tcp://127.0.0.1:12543')
pd.setsockopt_in(zmq.IDENTITY, 'ROUTER')
pd.setsockopt_out(zmq.IDENTITY, 'DEALER')
pd.start()
# it will now be running in a background process
""",
    "queue": """
from zmq.devices import monitored_queue
ins = ctx.socket(zmq.ROUTER)
outs = ctx.socket(zmq.DEALER)
mons = ctx.socket(zmq.PUB)
configure_sockets(ins,outs,mons)
monitored_queue(ins, outs, mons, in_prefix='in', out_prefix='out')
""",
}


class TestSeeds:
    @pytest.mark.parametrize("version", ["2.2", "later"])
    def test_process_device_as_it_is_written(self, version: str) -> None:
        (line,) = run_python(
            "import zmq\n"
            + SEEDS[version]
            + """
with zmq.Context() as ctx, ctx.socket(zmq.REP) as worker, ctx.socket(zmq.REQ) as client:
    worker.bind('tcp://127.0.0.1:12543')
    client.connect('tcp://127.0.0.1:12345')
    client.rcvtimeo = worker.rcvtimeo = 10000
    client.send(b'question')
    worker.send(worker.recv() + b', answered')
    print(client.recv().decode(), pd.stop(5), pd.state)
"""
        )
        assert line == "question, answered True stopped"

    def test_monitored_queue_as_it_is_written(self) -> None:
        (line,) = run_python(
            """
            import sys, threading, zmq
            ctx = zmq.Context()
            there = threading.Event()

            def configure_sockets(*sockets):
                for name, each in zip(('ins', 'outs', 'mons'), sockets):
                    each.bind(f'inproc://{name}')
                there.set()

            def words():
                try:
                    exec(SEED, globals())
                except zmq.ContextTerminated:
                    pass

            SEED = sys.argv[1]
            thread = threading.Thread(target=words)
            thread.start()
            there.wait()
            client, worker, monitor = (ctx.socket(t) for t in (zmq.REQ, zmq.REP, zmq.SUB))
            monitor.subscribe('')
            for each, name in ((client, 'ins'), (worker, 'outs'), (monitor, 'mons')):
                each.connect(f'inproc://{name}')
            client.send(b'question')
            worker.send(worker.recv() + b', answered')
            print(client.recv().decode(), monitor.recv_multipart()[0], monitor.recv_multipart()[0])
            ctx.destroy(0)
            thread.join()
            """,
            SEEDS["queue"],
        )
        assert line == "question, answered b'in' b'out'"

    def test_the_examples_are_the_ones_of_the_guide(self) -> None:
        guide = (ROOT / "docs" / "guides" / "devices.md").read_text()
        for line in SEEDS["later"].strip().splitlines()[2:4]:
            assert line.split("(")[0] in guide
