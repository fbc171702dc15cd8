"""The sockets of a server for language models, as vLLM has them: a front end on asyncio, and an
engine in a process of its own whose threads receive requests and send batches of answers.

Large buffers travel as parts of their own, without copies, and are kept until they were sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import queue
import sys
import threading
import uuid
from collections import deque
from multiprocessing import get_context

import zmq
import zmq.asyncio

REQUESTS, TOKENS, SIZE = 40, 25, 200_000


def engine(inputs, outputs):
    """Receive in one thread, send in another, work between them."""
    todo, done = queue.Queue(), queue.Queue()
    context = zmq.Context()

    def receive():
        with context.socket(zmq.DEALER) as socket:
            socket.setsockopt(zmq.IDENTITY, b"engine-0")
            socket.connect(inputs)
            socket.send(b"ready")
            poller = zmq.Poller()
            poller.register(socket, zmq.POLLIN)
            while True:
                for ready, _ in poller.poll():
                    kind, *frames = ready.recv_multipart(copy=False)
                    if bytes(kind.buffer) == b"end":
                        return todo.put(None)
                    head, *buffers = (frame.buffer for frame in frames)
                    todo.put(pickle.loads(head, buffers=buffers))

    def send():
        with context.socket(zmq.PUSH) as socket:
            socket.linger = 4000
            socket.connect(outputs)
            pending = deque()
            while (batch := done.get()) is not None:
                while pending and pending[-1][0].done:
                    pending.pop()
                buffers = []
                head = pickle.dumps(batch, protocol=5, buffer_callback=buffers.append)
                parts = [head, *(each.raw() for each in buffers)]
                tracker = socket.send_multipart(parts, copy=False, track=True)
                if not tracker.done:
                    pending.appendleft((tracker, batch, parts))

    threads = [threading.Thread(target=each) for each in (receive, send)]
    for thread in threads:
        thread.start()
    running = {}
    while True:
        while not running or not todo.empty():
            request = todo.get()
            if request is None:
                done.put(None)
                for thread in threads:
                    thread.join()
                return context.term()
            running[request["id"]] = [request["tokens"], pickle.PickleBuffer(request["data"])]
        batch = []
        for name, state in list(running.items()):
            state[0] -= 1
            last = state[0] == 0
            batch.append((name, state[0], state[1] if last else None))
            if last:
                del running[name]
        done.put(batch)


class Client:
    def __init__(self, folder):
        self.sync_context = zmq.Context(io_threads=2)
        self.context = zmq.asyncio.Context(self.sync_context)
        self.inputs, self.outputs = (f"ipc://{folder}-{uuid.uuid4().hex[:8]}" for _ in range(2))
        self.input = self.context.socket(zmq.ROUTER)
        self.output = self.context.socket(zmq.PULL)
        for socket, address in ((self.input, self.inputs), (self.output, self.outputs)):
            socket.setsockopt(zmq.SNDHWM, 0)
            socket.setsockopt(zmq.RCVHWM, 0)
            socket.bind(address)
        self.queues = {}

    async def start(self):
        self.identity, ready = await asyncio.wait_for(self.input.recv_multipart(), 60)
        self.task = asyncio.create_task(self.distribute())
        return ready

    async def distribute(self):
        while True:
            frames = await self.output.recv_multipart(copy=False)
            head, *buffers = (frame.buffer for frame in frames)
            for name, left, data in pickle.loads(head, buffers=buffers):
                self.queues[name].put_nowait((left, data))

    async def generate(self, number):
        name = f"request-{number}"
        self.queues[name] = asyncio.Queue()
        data = bytes([number]) * SIZE
        request = {"id": name, "tokens": TOKENS, "data": pickle.PickleBuffer(data)}
        buffers = []
        head = pickle.dumps(request, protocol=5, buffer_callback=buffers.append)
        parts = [self.identity, b"add", head, *(each.raw() for each in buffers)]
        await self.input.send_multipart(parts, copy=False)
        steps = 0
        while True:
            left, returned = await asyncio.wait_for(self.queues[name].get(), 60)
            steps += 1
            if left == 0:
                return steps, bytes(returned) == data

    async def stop(self):
        await self.input.send_multipart([self.identity, b"end"])
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def main():
    client = Client("engine")
    process = get_context("spawn").Process(target=engine, args=(client.inputs, client.outputs))
    process.start()
    print((await client.start()).decode())
    results = await asyncio.gather(*(client.generate(number) for number in range(REQUESTS)))
    print(len(results), {steps for steps, _ in results}, all(same for _, same in results))
    await client.stop()
    await asyncio.to_thread(process.join, 30)
    print(process.exitcode)
    client.input.close(linger=0)
    client.output.close(linger=0)
    client.sync_context.term()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
