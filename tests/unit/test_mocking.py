"""Tests of programs replace our classes, methods and attributes by unittest.mock."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import types
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

import zmq
import zmq.anyio
import zmq.asyncio
import zmq.green
from zmq.devices import Relay

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # eventlet announces its own end
    import zmq.eventlet

SOCKETS = {
    "threads": zmq.Socket,
    "asyncio": zmq.asyncio.Socket,
    "anyio": zmq.anyio.Socket,
    "gevent": zmq.green.Socket,
    "eventlet": zmq.eventlet.Socket,
}
POLLERS = {
    "threads": zmq.Poller,
    "asyncio": zmq.asyncio.Poller,
    "anyio": zmq.anyio.Poller,
    "gevent": zmq.green.Poller,
    "eventlet": zmq.eventlet.Poller,
}
CONTEXTS = {
    "threads": zmq.Context,
    "asyncio": zmq.asyncio.Context,
    "anyio": zmq.anyio.Context,
    "gevent": zmq.green.Context,
    "eventlet": zmq.eventlet.Context,
}
SOCKET_METHODS: dict[str, tuple[Any, ...]] = {
    "send": (b"x",),
    "send_multipart": ([b"x"],),
    "send_many": ([b"x"],),
    "send_string": ("x",),
    "recv": (),
    "recv_multipart": (),
    "recv_many": (),
    "recv_into": (bytearray(1),),
    "recv_json": (),
    "poll": (1,),
    "bind": ("inproc://mock",),
    "connect": ("inproc://mock",),
    "unbind": ("inproc://mock",),
    "disconnect": ("inproc://mock",),
    "get": (17,),
    "set": (17, 0),
    "getsockopt": (17,),
    "setsockopt": (17, 0),
    "monitor": ("inproc://mock",),
    "close": (),
    "stats": (),
}


def ended(got: Any) -> Any:
    """The result of a call: the mock of a coroutine function has to be awaited."""
    if not inspect.iscoroutine(got):
        return got
    with pytest.raises(StopIteration) as stopped:
        got.send(None)
    return stopped.value.value


@pytest.fixture(params=SOCKETS)
def socket(request: pytest.FixtureRequest, context: zmq.Context) -> Any:
    with context.socket(zmq.PUSH) as plain:
        yield SOCKETS[request.param](shadow=plain)


@pytest.mark.parametrize("name", SOCKET_METHODS)
def test_a_method_of_the_class_is_replaced_with_its_signature(socket: Any, name: str) -> None:
    arguments = SOCKET_METHODS[name]
    cls = type(socket)
    with mock.patch.object(cls, name, autospec=True) as replaced:
        ended(getattr(socket, name)(*arguments))
        replaced.assert_called_once_with(socket, *arguments)
        with pytest.raises(TypeError):
            ended(getattr(socket, name)(*arguments, *"too many arguments for all"))
    assert not isinstance(getattr(cls, name), mock.Mock)
    assert "mock" not in repr(getattr(socket, name))


@pytest.mark.parametrize("name", SOCKET_METHODS)
def test_a_method_of_one_socket_is_replaced(socket: Any, name: str) -> None:
    with mock.patch.object(socket, name, return_value="replaced") as replaced:
        assert ended(getattr(socket, name)()) == "replaced"
        replaced.assert_called_once_with()
    assert name not in socket.__dict__


@pytest.mark.parametrize("name", SOCKET_METHODS)
def test_methods_are_named_as_what_they_are(socket: Any, name: str) -> None:
    alias = {"getsockopt": "get", "setsockopt": "set"}.get(name, name)
    method = getattr(socket, name)
    assert method.__qualname__ == f"Socket.{alias}"
    assert method.__name__ == alias
    assert getattr(type(socket), name).__qualname__ == f"Socket.{alias}"
    assert isinstance(getattr(type(socket), name), types.FunctionType)
    assert inspect.isfunction(getattr(type(socket), name))
    assert inspect.ismethod(method)
    assert next(iter(inspect.signature(getattr(type(socket), name)).parameters)) == "self"
    assert "self" not in inspect.signature(method).parameters


@pytest.mark.parametrize("front", SOCKETS)
def test_a_mock_of_the_class_has_its_methods_and_their_signatures(front: str) -> None:
    made = mock.create_autospec(SOCKETS[front])
    instance = made.return_value
    instance.recv.return_value = b"mocked"
    assert isinstance(instance, SOCKETS[front])
    assert ended(instance.recv(flags=zmq.NOBLOCK, copy=True)) == b"mocked"
    ended(instance.send(b"x", zmq.SNDMORE))
    instance.send.assert_called_once_with(b"x", flags=zmq.SNDMORE)
    for name, arguments in (("recv", (1, 2, 3, 4)), ("send", ()), ("get", ())):
        with pytest.raises(TypeError):
            ended(getattr(instance, name)(*arguments))
    with pytest.raises(AttributeError):
        instance.no_such_method  # noqa: B018


@pytest.mark.filterwarnings("ignore:Socket.socket_type:DeprecationWarning")
def test_a_mock_of_an_object(socket: Any) -> None:
    for made in (mock.create_autospec(socket, instance=True), mock.Mock(spec=socket)):
        ended(made.send(b"x"))
        made.linger = 3
        assert isinstance(made, type(socket))
    with pytest.raises(TypeError):
        ended(mock.create_autospec(socket, instance=True).send(*"more than there are"))


@pytest.mark.parametrize("front", POLLERS)
def test_pollers_are_replaced_like_objects_of_any_class(front: str) -> None:
    cls = POLLERS[front]
    poller = cls()
    for name, arguments in (("poll", (5,)), ("register", (0, 1)), ("unregister", (0,))):
        with mock.patch.object(poller, name, return_value="mocked") as replaced:
            assert ended(getattr(poller, name)(*arguments)) == "mocked"
        replaced.assert_called_once_with(*arguments)
        with mock.patch.object(cls, name, autospec=True) as replaced:
            ended(getattr(poller, name)(*arguments))
        replaced.assert_called_once_with(poller, *arguments)
        assert getattr(cls, name).__qualname__ == f"Poller.{name}"
    poller.anything = 1
    assert vars(poller) == {"anything": 1}
    made = mock.create_autospec(cls)
    made().register(0, zmq.POLLIN)
    with pytest.raises(TypeError):
        made().register()


@pytest.mark.parametrize("front", CONTEXTS)
def test_contexts_are_replaced(front: str) -> None:
    cls = CONTEXTS[front]
    with zmq.Context() as plain:
        context = cls(shadow=plain)
        for name, arguments in (
            ("socket", (zmq.REQ,)),
            ("term", ()),
            ("get", (1,)),
            ("set", (1, 1)),
        ):
            with mock.patch.object(context, name, return_value="mocked"):
                assert getattr(context, name)(*arguments) == "mocked"
            with mock.patch.object(cls, name, autospec=True) as replaced:
                getattr(context, name)(*arguments)
            replaced.assert_called_once_with(context, *arguments)
            assert getattr(cls, name).__qualname__ == f"Context.{name}"
    made = mock.create_autospec(cls)
    made.instance.return_value.socket.return_value.recv.return_value = b"x"
    assert made.instance().socket(zmq.REQ).recv() == b"x"


def test_frames_are_replaced() -> None:
    frame = zmq.Frame(b"whole")
    with mock.patch.object(zmq.Frame, "get", autospec=True, return_value=1) as replaced:
        assert frame.get("group") == 1
    replaced.assert_called_once_with(frame, "group")
    with mock.patch.object(frame, "get", return_value=2):
        assert frame.get("group") == 2
    with mock.patch.object(zmq.Frame, "bytes", new_callable=mock.PropertyMock, return_value=b"q"):
        assert frame.bytes == b"q"
    with mock.patch.object(zmq.Frame, "__init__", return_value=None):
        assert len(zmq.Frame(b"not taken", track=True)) == 0
    assert frame.bytes == b"whole"
    assert len(zmq.Frame(b"taken again", track=True)) == 11
    with pytest.raises(AttributeError, match="no such option"):
        frame.anything = 1
    made = mock.create_autospec(zmq.Frame)
    assert isinstance(made(b"x"), zmq.Frame)


def test_frames_that_are_received_have_the_class_that_programs_know(context: zmq.Context) -> None:
    class Mine(zmq.Frame):
        def __del__(self) -> None:
            gone.append(self.bytes)

    gone: list[bytes] = []
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.bind("inproc://frames")
        b.connect("inproc://frames")
        for parts in ([b"one"], [b"one", b"two"]):
            a.send_multipart(parts)
            assert {type(frame) for frame in b.recv_multipart(copy=False)} == {zmq.Frame}
        a.send(Mine(b"sent"))
        frame = b.recv(copy=False)
        assert type(frame) is type(copy.copy(frame)) is zmq.Frame
        frame.tracker_event = frame.tracker = None
    Mine(b"own")
    assert gone == [b"sent", b"own"]


def test_a_relay_is_replaced(context: zmq.Context) -> None:
    with context.socket(zmq.PULL) as a, context.socket(zmq.PUSH) as b:
        relay = Relay(a, b)
        with mock.patch.object(Relay, "run", autospec=True) as replaced:
            relay.run()
        replaced.assert_called_once_with(relay)
        with mock.patch.object(relay, "stop") as replaced:
            relay.stop(1.0)
        replaced.assert_called_once_with(1.0)


def test_methods_are_described_copied_and_pickled() -> None:
    for method in (zmq.Socket.send, zmq.Poller.poll, zmq.Frame.get, zmq.asyncio.Socket.recv):
        assert copy.deepcopy(method) is method
        assert pickle.loads(pickle.dumps(method)) is method
        assert repr(method).startswith(f"<function {method.__qualname__} at ")
        assert inspect.getdoc(method)
    assert zmq.Socket.send.__defaults__ == (0, True, False, None, None)
    assert zmq.Socket.getsockopt is zmq.Socket.get


def test_what_is_awaited_is_mocked_as_such() -> None:
    async def use() -> bytes:
        received = await made.recv()
        assert isinstance(received, bytes)
        return received

    made = mock.MagicMock(spec=zmq.asyncio.Socket)
    made.recv = mock.AsyncMock(return_value=b"z")
    assert asyncio.run(use()) == b"z"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (zmq.Socket.recv, ()),
        (zmq.Socket.send, (b"",)),
        (zmq.Socket.get, (zmq.TYPE,)),
        (zmq.Socket.set, (zmq.LINGER, 0)),
        (zmq.Socket.close, ()),
        (zmq.Context.set, (zmq.IO_THREADS, 1)),
        (zmq.Frame.get, ("Socket-Type",)),
        (zmq.Poller.register, (0,)),
        (zmq.Poller.poll, (0,)),
    ],
    ids=lambda argument: getattr(argument, "__qualname__", None),
)
@pytest.mark.parametrize("stranger", [1, None, zmq.MessageTracker()], ids=["int", "None", "other"])
def test_a_method_refuses_an_object_of_another_class(
    method: Callable[..., object], arguments: tuple[object, ...], stranger: object
) -> None:
    """Taken from its class, it is called with anything: a stand-in, or nothing of the kind."""
    with pytest.raises((TypeError, AttributeError)):
        method(stranger, *arguments)
