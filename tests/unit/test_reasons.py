"""The notes of a failing call, and the words that are made of it."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import threading
import weakref
from collections.abc import Callable

import pytest

import zmq
import zmq.asyncio
from helpers.libzmq import needs_shown
from helpers.processes import run_python
from helpers.waiting import until
from zmq._reasons import address_reason

Make = Callable[..., zmq.Socket]


def failure(call: Callable[[], object]) -> zmq.ZMQError:
    with pytest.raises(zmq.ZMQError) as caught:
        call()
    error = caught.value
    error.__traceback__ = None
    return error


def test_words_are_made_when_they_are_read() -> None:
    lines = run_python(
        """
        import sys, zmq
        pull = zmq.Context.instance().socket(zmq.PULL)
        try:
            pull.recv(zmq.DONTWAIT)
        except zmq.Again as error:
            assert error.errno == zmq.EAGAIN
            print("zmq._reasons" in sys.modules)
            print(str(error) != error.strerror)
            print("zmq._reasons" in sys.modules)
        zmq.Context.instance().destroy()
        """
    )
    assert lines == ["False", "True", "True"]


@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_a_copy_has_the_same_words(
    socket: Make, again: Callable[[zmq.ZMQError], zmq.ZMQError]
) -> None:
    router = socket(zmq.ROUTER, router_mandatory=1)
    router.bind("inproc://router")
    for error in (
        failure(lambda: router.send_multipart([b"x", b""])),
        failure(lambda: router.recv(zmq.DONTWAIT)),
        failure(lambda: router.bind("nonsense")),
    ):
        twin = again(error)
        assert (str(twin), vars(twin), twin.args) == (str(error), vars(error), error.args)
        assert str(error) != error.strerror


def test_failures_are_equal_by_what_they_hold(socket: Make) -> None:
    one, other = socket(zmq.PULL), socket(zmq.PULL)
    reasons = [failure(lambda s=s: s.recv(zmq.DONTWAIT))._reason for s in (one, other, one)]
    assert reasons[0] == reasons[1] == reasons[2]
    other.bind("inproc://x")
    assert failure(lambda: other.recv(zmq.DONTWAIT))._reason != reasons[0]


def test_an_error_does_not_keep_its_socket(context: zmq.Context) -> None:
    def fail() -> tuple[zmq.ZMQError, weakref.ref[zmq.Socket]]:
        with context.socket(zmq.PULL) as pull:
            return failure(lambda: pull.recv(zmq.DONTWAIT)), weakref.ref(pull)

    error, gone = fail()
    gc.collect()
    assert gone() is None
    assert "PULL socket" in str(error)


def test_what_is_noted_is_of_the_moment_of_the_call(socket: Make) -> None:
    pull = socket(zmq.PULL)
    pull.bind("inproc://before")
    error = failure(lambda: pull.recv(zmq.DONTWAIT))
    pull.connect("inproc://after")
    pull.unbind("inproc://before")
    assert "bound to inproc://before" in str(error)
    assert "after" not in str(error)
    later = str(failure(lambda: pull.recv(zmq.DONTWAIT)))
    assert "connected to inproc://after" in later
    assert "before" not in later


def test_only_some_endpoints_are_named(socket: Make) -> None:
    pull = socket(zmq.PULL)
    for n in range(6):
        pull.connect(f"inproc://place-{n}")
    text = str(failure(lambda: pull.recv(zmq.DONTWAIT)))
    assert "inproc://place-2 and 3 more" in text


def test_subscriptions_are_counted(socket: Make) -> None:
    sub = socket(zmq.SUB)
    sub.connect("inproc://news")
    sub.subscribe("a")
    sub.setsockopt(zmq.SUBSCRIBE, b"b")
    assert "2 subscriptions" in str(failure(lambda: sub.recv(zmq.DONTWAIT)))
    sub.unsubscribe("a")
    sub.unsubscribe("b")
    assert "no subscription" in str(failure(lambda: sub.recv(zmq.DONTWAIT)))


@needs_shown
def test_nothing_is_said_of_what_another_library_has_done(socket: Make) -> None:
    """A shadow of a foreign socket: its endpoints and subscriptions are not known."""
    lines = run_python(
        """
        import ctypes, zmq
        from zmq import _native
        libzmq = ctypes.CDLL(_native.__file__)
        libzmq.zmq_ctx_new.restype = libzmq.zmq_socket.restype = ctypes.c_void_p
        context = libzmq.zmq_ctx_new()
        foreign = libzmq.zmq_socket(ctypes.c_void_p(context), int(zmq.SUB))
        sub = zmq.Socket.shadow(foreign)
        try:
            sub.recv(zmq.DONTWAIT)
        except zmq.Again as error:
            print(error)
        libzmq.zmq_close(ctypes.c_void_p(foreign))
        """
    )
    assert "SUB socket" in lines[0]
    assert "endpoint" not in lines[0]
    assert "subscription" not in lines[0]


def test_a_monitor_tells_of_types_that_do_not_fit(socket: Make) -> None:
    pub, req = socket(zmq.PUB), socket(zmq.REQ, rcvtimeo=20)
    pub.bind("tcp://127.0.0.1:*")
    events = req.get_monitor_socket()
    req.connect(pub.last_endpoint.decode())
    req.send(b"")
    try:
        text = until(lambda: _with_handshake(req))
    finally:
        events.close()
    assert "REP or ROUTER" in text
    assert text.endswith("(more: ohmq explain handshake-failed)")


def _with_handshake(req: zmq.Socket) -> str | None:
    text = str(failure(req.recv))
    told = text.partition("ms;")[2].partition(";")[0]
    return text if "failed" in told or "ended before" in told else None


def test_a_monitor_tells_of_a_silent_peer(socket: Make) -> None:
    pull, push = socket(zmq.PULL, rcvtimeo=10), socket(zmq.PUSH)
    pull.bind("tcp://127.0.0.1:*")
    events = pull.get_monitor_socket()
    try:
        text = str(failure(pull.recv))
        assert "no connection" in text
        assert text.endswith("(more: ohmq explain nothing-received)")
        push.connect(pull.last_endpoint.decode())
        until(lambda: "counts 1 connection now" in str(failure(pull.recv)))
        push.close()
        until(lambda: "1 connection ended, and none stands now" in str(failure(pull.recv)))
    finally:
        events.close()


@pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")
def test_a_monitor_tells_of_keys_that_do_not_fit(socket: Make) -> None:
    public, secret = zmq.curve_keypair()
    other, _ = zmq.curve_keypair()
    keys = {"curve_publickey": public, "curve_secretkey": secret}
    server = socket(zmq.DEALER, curve_server=1, **keys)
    server.bind("tcp://127.0.0.1:*")
    client = socket(zmq.DEALER, curve_serverkey=other, rcvtimeo=20, **keys)
    events = client.get_monitor_socket()
    client.connect(server.last_endpoint.decode())
    try:
        text = until(lambda: _with_handshake(client))
    finally:
        events.close()
    assert "CURVE" in text
    assert "CURVE_SERVERKEY" in text
    assert text.endswith("(more: ohmq explain handshake-failed)")


def test_secrets_are_not_told(socket: Make) -> None:
    req = socket(zmq.REQ)
    text = str(failure(lambda: req.setsockopt(zmq.CURVE_SECRETKEY, b"my secret")))
    assert "9 bytes as CURVE_SECRETKEY" in text
    assert "my secret" not in text


def test_a_cut_port_is_told_where_nothing_comes(socket: Make) -> None:
    pull = socket(zmq.PULL)
    with pytest.warns(RuntimeWarning, match="above 65535"):
        pull.connect("tcp://127.0.0.1:99999")
    text = str(failure(lambda: pull.recv(zmq.DONTWAIT)))
    assert "port 99999 is above 65535, and libzmq has taken it for 34463" in text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_the_child_of_a_fork() -> None:
    lines = run_python(
        """
        import os, zmq
        context = zmq.Context()
        push = context.socket(zmq.PUSH)
        push.bind("inproc://parent")
        if os.fork() == 0:
            try:
                push.send(b"")
            except zmq.ZMQError as error:
                print(error.errno == zmq.ENOTSOCK, error.strerror == zmq.strerror(zmq.ENOTSOCK))
                print(error, flush=True)
            os._exit(0)
        os.wait()
        context.destroy()
        """
    )
    assert lines[0] == "True True"
    assert "PUSH socket bound to inproc://parent belongs to the parent process" in lines[1]
    assert "open a new context and socket in the child" in lines[1]
    assert lines[1].endswith("(more: ohmq explain after-fork)")


def test_a_socket_in_use_by_a_device(socket: Make) -> None:
    one, other, control = socket(zmq.PULL), socket(zmq.PUSH), socket(zmq.PAIR)
    one.bind("inproc://one")
    other.bind("inproc://other")
    control.bind("inproc://control")
    steering = socket(zmq.PAIR)
    steering.connect("inproc://control")
    device = threading.Thread(target=zmq.proxy_steerable, args=(one, other, None, control))
    device.start()
    try:
        text = until(lambda: _busy(one))
    finally:
        steering.send(b"TERMINATE")
        device.join()
    assert "PULL socket bound to inproc://one is in use by a device: stop the device" in text
    assert text.endswith("(more: ohmq explain used-by-device)")


def _busy(socket: zmq.Socket) -> str | None:
    try:
        socket.get(zmq.LINGER)
    except zmq.ZMQError as error:
        return str(error)
    return None


@pytest.mark.parametrize("message", [b"", None])
def test_a_future_that_is_not_awaited(message: bytes | None) -> None:
    async def use() -> None:
        with zmq.asyncio.Context() as context, context.socket(zmq.PAIR) as one:
            one.bind("inproc://later")
            with context.socket(zmq.PAIR) as other:
                other.connect("inproc://later")
                if message is not None:
                    await other.send(message)
                with pytest.raises(
                    AttributeError, match=r"await it first.*ohmq explain not-awaited"
                ):
                    one.recv().decode()
                with pytest.raises(AttributeError, match=r"'split'.*explain not-awaited"):
                    one.recv().split()
                with pytest.raises(TypeError, match=r"not subscriptable.*explain not-awaited"):
                    one.recv_multipart()[0]
                with pytest.raises(TypeError, match=r"cannot be added.*explain not-awaited"):
                    one.recv() + b""
                with pytest.raises(TypeError, match=r"no bytes.*explain not-awaited"):
                    bytes(one.recv())
                assert not hasattr(one.recv(), "decode")
                with pytest.raises(AttributeError, match=r"no attribute 'other'$"):
                    one.recv().other  # noqa: B018

    asyncio.run(use())


def test_words_of_addresses_are_those_of_the_command() -> None:
    assert address_reason(zmq.EADDRINUSE, "tcp")[0] == "address in use"
    assert address_reason(0, "tcp") == ("", "")


def test_monitors_and_groups_name_their_problem(socket: Make) -> None:
    pull = socket(zmq.PULL)
    text = str(failure(lambda: pull.monitor("tcp://127.0.0.1:*")))
    assert "PULL socket cannot have a monitor at 'tcp://127.0.0.1:*'" in text
    assert "inproc" in text
    assert text.endswith("(more: ohmq explain bad-address)")


def test_contexts_of_the_parent_process_and_closed_ones_point_to_pages() -> None:
    lines = run_python(
        """
        import os, zmq
        context, other = zmq.Context(), zmq.Context()
        other.term()
        for make in (lambda: other.socket(zmq.PUSH), lambda: zmq.Socket(other, zmq.PUSH)):
            try:
                make()
            except zmq.ZMQError as error:
                print(error, flush=True)
        if hasattr(os, "fork") and os.fork() == 0:
            try:
                context.socket(zmq.PUSH)
            except zmq.ZMQError as error:
                print(error, flush=True)
            os._exit(0)
        if hasattr(os, "fork"):
            os.wait()
        context.destroy()
        """
    )
    for line in lines[:2]:
        assert "the context is closed: make a new one" in line
        assert line.endswith("(more: ohmq explain context-ending)")
    for line in lines[2:]:
        assert "Context belongs to the parent process: open a new one in the child" in line
        assert line.endswith("(more: ohmq explain after-fork)")


def test_the_pointer_is_in_the_text_alone(socket: Make) -> None:
    error = failure(lambda: socket(zmq.PULL).recv(zmq.DONTWAIT))
    assert "ohmq explain" not in str(zmq.ZMQError(zmq.EAGAIN))
    assert "ohmq explain" not in error.strerror
    assert "ohmq explain" not in repr(error.args)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no list of descriptors here")
def test_a_loop_for_which_no_descriptor_is_left() -> None:
    lines = run_python(
        """
        import errno, os, resource, zmq
        from zmq._native import Reactor
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = max(map(int, os.listdir("/proc/self/fd")))
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        kept = []
        try:
            while True:
                kept.append(Reactor())
        except zmq.ZMQError as error:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            print(error.errno == errno.EMFILE, error)
        """
    )
    assert lines[0].startswith("True ")
    assert "no file descriptor is left for an event loop's sockets" in lines[0]
    assert lines[0].endswith("(more: ohmq explain too-many-sockets)")
