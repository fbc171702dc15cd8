"""Workers and their source on asyncio."""

from __future__ import annotations

import asyncio

import zmq
import zmq.asyncio
from zmq.asyncio import Context, Poller


async def produce(context: zmq.asyncio.Context, endpoint: str, number: int) -> None:
    push = context.socket(zmq.PUSH)
    push.bind(endpoint)
    for each in range(number):
        await push.send_multipart([b"work", str(each).encode()])
    await push.send_json({"end": True})
    push.close()


async def consume(pull: zmq.asyncio.Socket) -> int:
    total = 0
    while True:
        message = await asyncio.wait_for(pull.recv_multipart(), timeout=1)
        if len(message) == 1:
            return total
        total += int(message[1])


async def wait_for_two(one: zmq.asyncio.Socket, two: zmq.asyncio.Socket) -> None:
    poller = Poller()
    poller.register(one, zmq.POLLIN)
    poller.register(two, zmq.POLLIN | zmq.POLLOUT)
    for socket, events in await poller.poll(timeout=100):
        if events & zmq.POLLIN:
            print(socket)
    if await one.poll(timeout=10, flags=zmq.POLLIN):
        text = await one.recv_string()
        print(text.upper())


async def main() -> None:
    context = Context.instance()
    endpoint = "inproc://work"
    pull = context.socket(zmq.PULL)
    pull.connect(endpoint)
    _, total = await asyncio.gather(produce(context, endpoint, 10), consume(pull))
    print(total)
    blocking: zmq.Socket[bytes] = zmq.Socket.shadow(pull.underlying)
    print(blocking.recv(zmq.DONTWAIT))
    pull.close()


if __name__ == "__main__":
    asyncio.run(main())
