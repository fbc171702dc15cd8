"""Draft socket types, on every front. Most are thread-safe in libzmq, and have no ZMQ_FD."""

from __future__ import annotations

import contextlib
import socket as sockets
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

TRANSPORTS = pytest.mark.parametrize("transport", ["inproc", "tcp"])


@TRANSPORTS
async def test_a_server_answers_its_clients(front: Front, transport: str) -> None:
    server, client = front.pair(zmq.SERVER, zmq.CLIENT, transport)
    other = front.socket(zmq.CLIENT)
    other.connect(server.last_endpoint.decode())

    async def serve() -> None:
        for _ in range(40):
            frame = await front(server.recv(copy=False))
            await front(server.send(frame.bytes * 2, routing_id=frame.routing_id))

    serving = front.spawn(serve)
    for n in range(20):
        for each in (client, other):
            await front(each.send(b"%d" % n))
            assert await front(each.recv()) == b"%d" % n * 2
    await front.join(serving)


@TRANSPORTS
async def test_scatter_and_gather(front: Front, transport: str) -> None:
    scatter, gather = front.pair(zmq.SCATTER, zmq.GATHER, transport, hwm=10)

    async def produce() -> None:
        for n in range(500):
            await front(scatter.send(b"%d" % n))

    producer = front.spawn(produce)
    assert [await front(gather.recv()) for _ in range(500)] == [b"%d" % n for n in range(500)]
    await front.join(producer)


@TRANSPORTS
async def test_a_channel_carries_both_ways(front: Front, transport: str) -> None:
    a, b = front.pair(zmq.CHANNEL, zmq.CHANNEL, transport)

    async def echo() -> None:
        for _ in range(50):
            await front(b.send(await front(b.recv())))

    echoing = front.spawn(echo)
    for n in range(50):
        await front(a.send(b"%d" % n))
        assert await front(a.recv()) == b"%d" % n
    await front.join(echoing)


@TRANSPORTS
async def test_a_dish_receives_its_groups(front: Front, transport: str) -> None:
    dish, radio = front.pair(zmq.DISH, zmq.RADIO, transport)
    dish.join("wanted")
    receiver = front.start(dish.recv, copy=False)
    # What is sent before the radio knows of the group is dropped.
    while not receiver.ended:
        await front(radio.send(b"no", group="other"))
        await front(radio.send(b"yes", group="wanted"))
        await front.sleep(0.005)
    frame = await front.join(receiver)
    assert (frame.bytes, frame.group) == (b"yes", "wanted")


@TRANSPORTS
async def test_peers_know_each_other_by_number(front: Front, transport: str) -> None:
    a = front.socket(zmq.PEER)
    b = front.socket(zmq.PEER)
    b.bind("tcp://127.0.0.1:*" if transport == "tcp" else f"inproc://{id(b):x}")
    number = a.connect_peer(b.last_endpoint.decode())
    receiver = front.start(b.recv, copy=False)
    await front(a.send(b"question", routing_id=number))
    frame = await front.join(receiver)
    await front(b.send(b"answer", routing_id=frame.routing_id))
    assert await front(a.recv()) == b"answer"


async def test_datagrams(front: Front) -> None:
    a, b = front.socket(zmq.DGRAM), front.socket(zmq.DGRAM)
    ports = free_udp_ports(2)
    a.bind(f"udp://127.0.0.1:{ports[0]}")
    b.bind(f"udp://127.0.0.1:{ports[1]}")
    receiver = front.start(b.recv_multipart)
    # A datagram that comes before the I/O thread has bound is lost.
    while not receiver.ended:
        await front(a.send_multipart([b"127.0.0.1:%d" % ports[1], b"there"]))
        await front.sleep(0.005)
    address, body = await front.join(receiver)
    # libzmq ends the address with a NUL.
    assert (address.rstrip(b"\0"), body) == (b"127.0.0.1:%d" % ports[0], b"there")


def free_udp_ports(count: int) -> list[int]:
    """Ports that nothing has: libzmq does not tell which one a wildcard took."""
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM))
            for _ in range(count)
        ]
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]


async def test_a_poller_wakes_up(front: Front) -> None:
    scatter, gather = front.pair(zmq.SCATTER, zmq.GATHER)
    poller = front.zmq.Poller()
    poller.register(gather, zmq.POLLIN)
    for _ in range(3):
        waiter = front.start(poller.poll)
        await front.settle()
        assert not waiter.ended
        await front(scatter.send(b"seed"))
        assert await front.join(waiter) == [(gather, zmq.POLLIN)]
        assert await front(gather.recv()) == b"seed"
    assert await front(poller.poll(0)) == []


async def test_a_time_out_ends_a_receive(front: Front) -> None:
    _, gather = front.pair(zmq.SCATTER, zmq.GATHER, rcvtimeo=10)
    with pytest.raises(zmq.Again):
        await front(gather.recv())


@needs("cancel")
async def test_a_cancelled_receive_loses_nothing(front: Front) -> None:
    scatter, gather = front.pair(zmq.SCATTER, zmq.GATHER)
    for turns in range(4):
        receiver = front.start(gather.recv)
        await front.turns(2)
        front.raw(scatter).send(b"1")
        await front.turns(turns)
        if await front.cancel(receiver):
            assert await front(gather.recv()) == b"1"


async def test_several_tasks_receive_from_one_socket(front: Front) -> None:
    scatter, gather = front.pair(zmq.SCATTER, zmq.GATHER)
    received: list[bytes] = []

    async def receive() -> None:
        for _ in range(50):
            received.append(await front(gather.recv()))

    receivers = [front.spawn(receive) for _ in range(4)]
    for n in range(200):
        await front(scatter.send(b"%d" % n))
    await front.gather(*receivers)
    assert sorted(received, key=int) == [b"%d" % n for n in range(200)]


def test_a_device_stands_between_them(context: zmq.Context[Any]) -> None:
    from zmq.devices import ThreadDevice

    device = ThreadDevice(zmq.STREAMER, zmq.GATHER, zmq.SCATTER)
    device.bind_in("tcp://127.0.0.1:*")
    device.bind_out("tcp://127.0.0.1:*")
    device.start()
    try:
        addresses = device.endpoints
        with context.socket(zmq.SCATTER) as scatter, context.socket(zmq.GATHER) as gather:
            scatter.connect(addresses["in"][0])
            gather.connect(addresses["out"][0])
            gather.rcvtimeo = 20_000
            for n in range(500):
                scatter.send(b"%d" % n)
                assert gather.recv() == b"%d" % n
    finally:
        device.stop(5)
