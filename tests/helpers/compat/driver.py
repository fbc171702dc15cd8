"""Executes statements on whichever `zmq` its interpreter has, and says what came of each.

Reads JSON lines: a list of statements, or null for a fresh start. Answers one JSON line a
statement: the value it has, or the exception that it raised, in a form that two
implementations can be compared by (no addresses, no port numbers, no error texts).
"""

from __future__ import annotations

import array
import ast
import asyncio
import contextlib
import copy
import functools
import gc
import inspect
import itertools
import json
import os
import pickle
import re
import shutil
import sys
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Iterator
from typing import Any

import zmq

TIMEOUT_MS = 5
LINK_MS = 3000
_counter = itertools.count()


def text(value: str) -> str:
    """Without what differs from one run to the next."""
    value = re.sub(r"0x[0-9a-f]{6,}", "0xADDRESS", value)
    value = re.sub(r"(127\.0\.0\.1):\d{4,5}", r"\1:PORT", value)
    return re.sub(r"/[\w/]*drv-\w+/", "/DIR/", value)


class Bench:
    """The objects of one run: what the statements may name."""

    def __init__(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="drv-", dir="/tmp")
        self.context = zmq.Context()
        self.pipes: list[int] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.complaints: list[str] = []
        self.names: dict[str, Any] = {
            "zmq": zmq,
            "ctx": self.context,
            "S": self.socket,
            "in_loop": self.in_loop,
            "pair": self.pair,
            "wait": self.wait,
            "pipe": self.pipe,
            "named": self.named,
            "start": self.start,
            "ended": self.ended,
            "address": self.address,
            "array": array.array,
            "copy": copy,
            "os": os,
            "partial": functools.partial,
            "pickle": pickle,
            "threading": threading,
            "time": time,
        }

    def in_loop(self) -> None:
        """From now on statements run in an event loop, and may await."""
        import zmq.asyncio

        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _, what: self.complaints.append(what["message"]))
        # The sockets and pairs are those of asyncio then.
        self.context = self.names["ctx"] = zmq.asyncio.Context()
        self.names |= {
            "asyncio": asyncio,
            "aio": zmq.asyncio,
            "turns": self.turns,
            "ends": self.ends,
            "noise": self.noise,
            "pair": self.linked,
        }

    async def turns(self, count: int = 5) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    async def ends(self, *awaitables: Any) -> Any:
        """The futures, after a time in which what can end does."""
        futures = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
        await asyncio.wait(futures, timeout=0.15)
        await self.turns()
        return futures

    async def noise(self) -> int:
        """How many complaints the event loop has heard."""
        for _ in range(3):
            await self.turns()
            gc.collect()
        return len(self.complaints)

    async def linked(
        self, first: int = zmq.PAIR, second: int = zmq.PAIR, transport: str = "inproc", **opts: Any
    ) -> tuple[Any, Any]:
        """Two connected sockets of asyncio."""
        a, b = self.context.socket(first), self.context.socket(second)
        for socket in (a, b):
            socket.linger = 0
            for name, value in opts.items():
                setattr(socket, name, value)
        a.bind(self.address(transport))
        b.connect(a.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
        if transport != "inproc":
            await asyncio.sleep(0.05)
        return a, b

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):
            self.end_loop()
        with contextlib.suppress(zmq.ZMQError):
            self.context.destroy(linger=0)
        for fd in self.pipes:
            with contextlib.suppress(OSError):
                os.close(fd)
        shutil.rmtree(self.directory, ignore_errors=True)

    def end_loop(self) -> None:
        if self.loop is None:
            return

        async def end() -> None:
            with contextlib.suppress(zmq.ZMQError):
                self.context.destroy(linger=0)
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.wait({*tasks, asyncio.ensure_future(self.turns())}, timeout=1)

        self.loop.run_until_complete(end())
        self.loop.close()
        asyncio.set_event_loop(None)

    def address(self, transport: str) -> str:
        if transport == "tcp":
            return "tcp://127.0.0.1:*"
        place = f"{self.directory}/" if transport == "ipc" else ""
        return f"{transport}://{place}n{next(_counter)}"

    def socket(self, socket_type: int, **options: Any) -> Any:
        """A socket that ends every wait soon."""
        socket = self.context.socket(socket_type)
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = TIMEOUT_MS
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def pair(
        self, first: int = zmq.PAIR, second: int = zmq.PAIR, transport: str = "inproc", **opts: Any
    ) -> tuple[Any, Any]:
        """Two sockets that have exchanged a message, so that they are connected."""
        a, b = self.socket(first, **opts), self.socket(second, **opts)
        if second == zmq.SUB:
            b.setsockopt(zmq.SUBSCRIBE, b"")
        a.bind(self.address(transport))
        b.connect(a.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
        one_way = {zmq.PUB, zmq.PUSH, zmq.PAIR, zmq.DEALER}
        if first in one_way:
            self.pass_one(a, b)
        elif second in one_way or second == zmq.REQ:
            self.pass_one(b, a)
        if second == zmq.REQ:
            self.pass_one(a, b)
        return a, b

    def pass_one(self, sender: Any, receiver: Any) -> None:
        deadline = time.monotonic() + LINK_MS / 1000
        while time.monotonic() < deadline:
            with contextlib.suppress(zmq.Again):
                sender.send(b"")
                if receiver.poll(200 if sender.type != zmq.PUB else 5):
                    while receiver.poll(0):
                        receiver.recv_multipart()
                    return
        raise RuntimeError("the sockets do not connect")

    def wait(self, socket: Any, events: int = zmq.POLLIN, timeout_ms: int = LINK_MS) -> bool:
        """Whether the socket became ready."""
        return bool(socket.poll(timeout_ms, events))

    def pipe(self) -> tuple[int, int]:
        pair = os.pipe()
        self.pipes += pair
        return pair

    def named(self, events: list[tuple[Any, int]]) -> list[tuple[str, int]]:
        """Poll results with the names of the objects in place of them."""
        return [
            (next((n for n, v in self.names.items() if v is o or v == o), "?"), int(e))
            for o, e in events
        ]

    def start(self, call: Any, *args: Any) -> Any:
        """Call in another thread."""
        box: list[Any] = []
        thread = threading.Thread(
            target=lambda: box.append(attempt(self, lambda: call(*args))), daemon=True
        )
        thread.start()
        return thread, box

    def ended(self, started: Any, seconds: float = 5.0) -> Any:
        """Whether a started call came to its end, and what came of it."""
        thread, box = started
        thread.join(seconds)
        return not thread.is_alive(), [json.dumps(outcome) for outcome in box]


def describe(bench: Bench, value: Any) -> Any:
    """A JSON value that is the same for equal results."""
    kind = type(value).__name__.lstrip("_")
    known: Any
    if value is None or type(value) in (int, bool, float):
        known = repr(value)
    elif isinstance(value, (int, float)):
        known = int(value)
    elif isinstance(value, str):
        known = text(value)
    elif isinstance(value, (bytes, bytearray)):
        known = text(value.decode("latin-1"))
    elif isinstance(value, memoryview):
        known = [value.readonly, value.tobytes().decode("latin-1")]
    elif isinstance(value, zmq.Frame):
        known = [bool(value.more), value.bytes.decode("latin-1")]
    elif isinstance(value, (list, tuple)):
        known = [describe(bench, item) for item in value]
    elif isinstance(value, (set, frozenset)):
        known = sorted(json.dumps(describe(bench, item)) for item in value)
    elif isinstance(value, dict):
        known = [[describe(bench, k), describe(bench, v)] for k, v in value.items()]
    elif isinstance(value, type):
        known = value.__name__
    elif isinstance(value, asyncio.Future):
        kind, known = "Future", state_of(bench, value)
    elif isinstance(value, zmq.Socket):
        known = next((n for n, v in bench.names.items() if v is value), "unnamed")
        kind = "Socket"
    else:
        known = None
    return [kind, known]


def state_of(bench: Bench, future: asyncio.Future[Any]) -> Any:
    if future.cancelled():
        return "cancelled"
    if not future.done():
        return "pending"
    error = future.exception()
    return describe(bench, future.result()) if error is None else describe_error(error)


def describe_error(error: BaseException) -> Any:
    ours = [
        c.__name__ for c in type(error).__mro__ if c.__module__.split(".")[0] in ("zmq", "builtins")
    ]
    number = getattr(error, "errno", None)
    return ["error", ours, None if number is None else int(number)]


def attempt(bench: Bench, call: Any) -> Any:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            result = describe(bench, call())
        except Exception as error:
            result = describe_error(error)
            # A traceback would keep the objects of the failed call alive.
            error.__traceback__ = None
    # When an object is collected differs, and so does when it complains.
    kinds = sorted({w.category.__name__ for w in seen if w.category is not ResourceWarning})
    return [*result, kinds] if kinds else result


def statement(bench: Bench, source: str) -> Any:
    """The outcome of a statement; of several, that of the last."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if bench.loop else 0
    *before, last = ast.parse(source, "<statement>").body
    codes: list[types.CodeType] = []
    if before or not isinstance(last, ast.Expr):
        done = before if isinstance(last, ast.Expr) else [*before, last]
        codes.append(compile(ast.Module(done, []), "<statement>", "exec", flags))
    if isinstance(last, ast.Expr):
        codes.append(compile(ast.Expression(last.value), "<statement>", "eval", flags))

    async def step() -> Any:
        value = None
        for code in codes:
            value = eval(code, bench.names)
            if code.co_flags & inspect.CO_COROUTINE:
                value = await value
        return value

    def run() -> Any:
        if bench.loop is not None:
            return bench.loop.run_until_complete(asyncio.wait_for(step(), LINK_MS / 1000))
        return [eval(code, bench.names) for code in codes][-1]

    return attempt(bench, run)


def requests() -> Iterator[Any]:
    for line in sys.stdin:
        yield json.loads(line)


def main() -> None:
    # Answers have a stream of their own, which no print of a statement reaches.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore", ResourceWarning)
    bench = Bench()
    for request in requests():
        if request is None:
            bench.close()
            bench = Bench()
            print("null", file=answers, flush=True)
            continue
        for source in request:
            print(json.dumps(statement(bench, source)), file=answers, flush=True)
    bench.close()


if __name__ == "__main__":
    main()
