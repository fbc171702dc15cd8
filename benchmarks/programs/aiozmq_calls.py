"""aiozmq: remote calls, one after the other and a hundred at once."""

from __future__ import annotations

import asyncio
import multiprocessing
import time

import aiozmq.rpc

ADDRESS = "tcp://127.0.0.1:45672"
CALLS = 2000


class Service(aiozmq.rpc.AttrHandler):
    @aiozmq.rpc.method
    def add(self, a: int, b: int) -> int:
        return a + b


async def serve() -> None:
    server = await aiozmq.rpc.serve_rpc(Service(), bind=ADDRESS)
    await server.wait_closed()


def in_process() -> None:
    asyncio.run(serve())


async def ask() -> None:
    client = await aiozmq.rpc.connect_rpc(connect=ADDRESS)
    for n in range(100):
        await client.call.add(n, 1)
    begin = time.perf_counter()
    for n in range(CALLS):
        if await client.call.add(n, 1) != n + 1:
            raise SystemExit("a wrong answer")
    print(CALLS / (time.perf_counter() - begin), "calls/s one call after the other")
    begin = time.perf_counter()
    for _ in range(CALLS // 100):
        await asyncio.gather(*(client.call.add(n, 1) for n in range(100)))
    print(CALLS / (time.perf_counter() - begin), "calls/s a hundred calls at once")
    client.close()
    await client.wait_closed()


if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=in_process, daemon=True)
    process.start()
    asyncio.run(ask())
    process.kill()
