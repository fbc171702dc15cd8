"""zerorpc: calls of one client, on gevent."""

from __future__ import annotations

import multiprocessing
import time

import zerorpc

ADDRESS = "tcp://127.0.0.1:45671"
CALLS = 2000


class Service:
    def add(self, a: int, b: int) -> int:
        return a + b


def serve() -> None:
    server = zerorpc.Server(Service())
    server.bind(ADDRESS)
    server.run()


if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=serve, daemon=True)
    process.start()
    client = zerorpc.Client(timeout=60)
    client.connect(ADDRESS)
    for n in range(100):
        client.add(n, 1)
    begin = time.perf_counter()
    for n in range(CALLS):
        if client.add(n, 1) != n + 1:
            raise SystemExit("a wrong answer")
    print(CALLS / (time.perf_counter() - begin), "calls/s one call after the other")
    client.close()
    process.kill()
