"""Load balancing, the broker: gives each request to the worker that has been idle the longest.

    python examples/patterns/load_balancing/broker.py \\
        --bind tcp://127.0.0.1:5555 --bind-workers tcp://127.0.0.1:5556
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Coroutine

import zmq
from zmq.asyncio import Context, Socket


async def give_out(clients: Socket, workers: Socket, idle: asyncio.Queue[bytes]) -> None:
    """Give requests to idle workers. While there are none, requests wait in the socket."""
    while True:
        worker = await idle.get()
        request = await clients.recv_multipart()
        while not await delivered(workers, [worker, *request]):
            worker = await idle.get()


async def delivered(workers: Socket, message: list[bytes]) -> bool:
    """Send to a worker, or say that it has gone."""
    try:
        await workers.send_multipart(message)
    except zmq.ZMQError as error:
        if error.errno != zmq.EHOSTUNREACH:
            raise
        print("a worker has gone", flush=True)
        return False
    return True


async def bring_back(clients: Socket, workers: Socket, idle: asyncio.Queue[bytes]) -> None:
    """Bring answers to clients. A worker that sends anything is idle again."""
    async for worker, *answer in workers:
        if answer == [b""]:
            print("new worker", flush=True)
        else:
            await clients.send_multipart(answer)
        idle.put_nowait(worker)


async def serve(clients: Socket, workers: Socket) -> None:
    """Serve without end; cancelling or an exception ends it, so does closing a socket.

    Parameters
    ----------
    clients, workers
        ROUTERs that are bound. That of the workers has `router_mandatory`, which makes it an error
        to send to a peer that has gone.
    """
    idle: asyncio.Queue[bytes] = asyncio.Queue()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(give_out(clients, workers, idle))
        tasks.create_task(bring_back(clients, workers, idle))


async def run(client_address: str, worker_address: str) -> None:
    with (
        Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.ROUTER) as workers,
    ):
        clients.linger = workers.linger = 0
        workers.router_mandatory = True
        clients.bind(client_address)
        workers.bind(worker_address)
        for socket in (clients, workers):
            print("listening at", socket.get_string(zmq.LAST_ENDPOINT), flush=True)
        await serve(clients, workers)


async def until_terminated(work: Coroutine[None, None, None]) -> None:
    """Await, and cancel it at SIGTERM, as asyncio does at Ctrl-C."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(task.cancel))
    await task


def main() -> None:
    parser = argparse.ArgumentParser(description="Give requests to idle workers.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--bind-workers", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(until_terminated(run(options.bind, options.bind_workers)))


if __name__ == "__main__":
    main()
