"""Monitor events: taken apart, and received from real sockets."""

from __future__ import annotations

import asyncio
import inspect
import struct
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from zmq.utils.monitor import parse_monitor_message, recv_monitor_message

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ makes every value an Event"
)


def frames(event: int, value: int, endpoint: bytes = b"tcp://127.0.0.1:1") -> list[bytes]:
    return [struct.pack("=Hi", event, value), endpoint]


@pytest.mark.parametrize(
    "event", [zmq.EVENT_CONNECTED, zmq.EVENT_DISCONNECTED, zmq.EVENT_HANDSHAKE_FAILED_AUTH]
)
def test_parse(event: int) -> None:
    parsed = parse_monitor_message(frames(event, 9))
    assert parsed == {"event": event, "value": 9, "endpoint": b"tcp://127.0.0.1:1"}
    assert isinstance(parsed["event"], zmq.Event)
    assert list(parsed) == ["event", "value", "endpoint"]


def test_a_protocol_error_has_a_name() -> None:
    parsed = parse_monitor_message(
        frames(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC)
    )
    assert parsed["value"] is zmq.Event.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC


@ours_only
def test_other_values_are_plain_numbers() -> None:
    assert type(parse_monitor_message(frames(zmq.EVENT_CONNECTED, 5))["value"]) is int
    failed = frames(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, 7)
    assert type(parse_monitor_message(failed)["value"]) is int
    retried = parse_monitor_message(frames(zmq.EVENT_CONNECT_RETRIED, -5))
    assert retried["value"] == -5


@ours_only
def test_an_event_of_a_newer_libzmq() -> None:
    parsed = parse_monitor_message(frames(0x8000, 1))
    assert parsed["event"] == 0x8000
    assert isinstance(parsed["event"], zmq.Event)


@pytest.mark.parametrize(
    "message",
    [[], [b""], frames(1, 1)[:1], [*frames(1, 1), b""], [b"short", b""], [b"too long", b""]],
)
def test_other_messages(message: list[bytes]) -> None:
    with pytest.raises(RuntimeError, match="event"):
        parse_monitor_message(message)


def test_the_life_of_a_connection(socket: Callable[..., Any]) -> None:
    server, client = socket(zmq.REP), socket(zmq.REQ)
    monitor = server.get_monitor_socket()
    monitor.rcvtimeo = 5000
    with pytest.raises(zmq.Again):
        recv_monitor_message(monitor, zmq.NOBLOCK)
    server.bind("tcp://127.0.0.1:*")
    address = server.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0")
    client.connect(address.decode())
    seen = []
    for _ in range(3):
        event = recv_monitor_message(monitor)
        assert event["endpoint"] == address
        seen.append(event["event"])
    assert seen == [zmq.EVENT_LISTENING, zmq.EVENT_ACCEPTED, zmq.EVENT_HANDSHAKE_SUCCEEDED]
    server.disable_monitor()
    stopped = {"event": zmq.EVENT_MONITOR_STOPPED, "value": 0, "endpoint": b""}
    while (event := recv_monitor_message(monitor)) != stopped:
        assert event["endpoint"] == address
    monitor.close()


def test_a_socket_that_is_no_monitor(pair: Callable[..., tuple[Any, Any]]) -> None:
    a, b = pair()
    a.send(b"hello")
    with pytest.raises(RuntimeError, match="event"):
        recv_monitor_message(b)


def test_a_socket_whose_receive_is_awaited() -> None:
    """As the sockets of event loops do: recv_multipart returns an awaitable."""

    class Awaited:
        def recv_multipart(self, flags: int = 0) -> Any:
            async def receive() -> list[bytes]:
                await asyncio.sleep(0)
                return frames(zmq.EVENT_LISTENING, flags)

            return receive()

    received = recv_monitor_message(Awaited(), 7)  # type: ignore[arg-type]
    assert inspect.iscoroutine(received)
    parsed = asyncio.run(received)
    assert parsed["event"] is zmq.Event.LISTENING
    assert parsed["value"] == 7
