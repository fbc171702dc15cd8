"""Streams and remote calls of aiozmq, on its own event loop."""

from __future__ import annotations

import asyncio

import aiozmq
import aiozmq.rpc

import zmq


class Handler(aiozmq.rpc.AttrHandler):
    @aiozmq.rpc.method
    def add(self, a, b):
        return a + b


async def streams():
    server = await aiozmq.create_zmq_stream(zmq.ROUTER, bind="tcp://127.0.0.1:*")
    address = next(iter(server.transport.bindings()))
    client = await aiozmq.create_zmq_stream(zmq.DEALER, connect=address)
    for number in range(100):
        client.write([b"question", b"%d" % number])
    total = 0
    for _ in range(100):
        name, *question = await server.read()
        server.write([name, b"answer", question[1]])
        total += int((await client.read())[1])
    for each in (client, server):
        each.close()
    return total


async def calls():
    server = await aiozmq.rpc.serve_rpc(Handler(), bind="tcp://127.0.0.1:*")
    address = next(iter(server.transport.bindings()))
    client = await aiozmq.rpc.connect_rpc(connect=address)
    total = await asyncio.gather(*(client.call.add(number, 1) for number in range(50)))
    for each in (client, server):
        each.close()
        await each.wait_closed()
    return sum(total)


async def main():
    print(await streams(), await calls())


asyncio.run(main())
asyncio.set_event_loop_policy(aiozmq.ZmqEventLoopPolicy())
asyncio.run(main())
