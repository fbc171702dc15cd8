"""Other means of Python programs on one machine: a stream from a source to a sink.

``library`` says which. Each sink binds a free port of 127.0.0.1, and counts as `stream.sink` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from itertools import repeat
from typing import TYPE_CHECKING, Any, NoReturn

from workers.common import Arguments, Meter, measure_rate, measure_rate_async, result

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

HOST = "127.0.0.1"


def other_sink(args: Arguments) -> None:
    """Count what arrives; the result is messages per second."""
    _SINKS[args.text("library")](args)


def other_source(args: Arguments) -> NoReturn:
    """Send until the harness ends this process."""
    _SOURCES[args.text("library")](args)
    raise SystemExit("the source has come to an end")


def _ready(*endpoints: object) -> None:
    print("ready", *endpoints, flush=True)


def _count(receive: Callable[[], Any], args: Arguments) -> None:
    chunk = args.number("chunk", 500)

    def step() -> int:
        for _ in repeat(None, chunk):
            receive()
        return chunk

    result(measure_rate(step, args))


def _repeat(send: Callable[[bytes], Any], args: Arguments) -> None:
    body = bytes(args.number("size", 32))
    _ready()
    for _ in repeat(None):
        send(body)


# ---- ØMQ without libzmq: pyomq -----------------------------------------------------------------


def _pyomq_sink(args: Arguments) -> None:
    import pyomq

    socket = pyomq.Context().socket(pyomq.PULL)
    socket.bind(f"tcp://{HOST}:*")
    _ready(socket.last_endpoint.rstrip(b"\0").decode())
    _count(socket.recv, args)


def _pyomq_source(args: Arguments) -> None:
    import pyomq

    socket = pyomq.Context().socket(pyomq.PUSH)
    socket.connect(args.text("at"))
    _repeat(socket.send, args)


# ---- nanomsg: pynng ----------------------------------------------------------------------------


def _pynng_sink(args: Arguments) -> None:
    import pynng

    with pynng.Pull0(recv_max_size=0) as socket:
        listener = socket.listen(f"tcp://{HOST}:0")
        _ready(f"tcp://{listener.local_address}")
        _count(socket.recv, args)


def _pynng_source(args: Arguments) -> None:
    import pynng

    with pynng.Push0() as socket:
        socket.dial(args.text("at"), block=True)
        _repeat(socket.send, args)


# ---- multiprocessing.Connection ----------------------------------------------------------------


def _connection_sink(args: Arguments) -> None:
    from multiprocessing.connection import Listener

    with Listener((HOST, 0)) as listener:
        address: Any = listener.address
        _ready(address[1])
        with listener.accept() as connection:
            _count(connection.recv_bytes, args)


def _connection_source(args: Arguments) -> None:
    from multiprocessing.connection import Client

    with Client((HOST, int(args.text("at")))) as connection:
        _repeat(connection.send_bytes, args)


# ---- asyncio's streams, with the length before each message ------------------------------------


def _streams_sink(args: Arguments) -> None:
    done: asyncio.Future[None]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        chunk = args.number("chunk", 500)

        async def step() -> int:
            for _ in repeat(None, chunk):
                (length,) = struct.unpack("!Q", await reader.readexactly(8))
                await reader.readexactly(length)
            return chunk

        result(await measure_rate_async(step, args))
        writer.close()
        done.set_result(None)

    async def main() -> None:
        nonlocal done
        done = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(serve, HOST, 0, limit=1 << 20)
        _ready(server.sockets[0].getsockname()[1])
        await done

    asyncio.run(main())


def _streams_source(args: Arguments) -> None:
    async def main() -> None:
        _, writer = await asyncio.open_connection(HOST, int(args.text("at")))
        body = bytes(args.number("size", 32))
        message = struct.pack("!Q", len(body)) + body
        _ready()
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(message)
                await writer.drain()

    asyncio.run(main())


# ---- gRPC, one stream from client to server ----------------------------------------------------

_METHOD = ("ohmq.Benchmark", "Count")
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def _grpc_sink(args: Arguments) -> None:
    import grpc

    async def main() -> None:
        done = asyncio.get_running_loop().create_future()

        async def count(messages: AsyncIterator[bytes], _context: object) -> bytes:
            meter, chunk, arrived = Meter(args), args.number("chunk", 500), 0
            async for _ in messages:
                arrived += 1
                if arrived % chunk == 0 and (rate := meter.add(chunk)) is not None:
                    result(rate)
                    done.set_result(None)
                    break
            return b""

        server = grpc.aio.server(options=_UNLIMITED)
        handler = grpc.stream_unary_rpc_method_handler(count)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(_METHOD[0], {_METHOD[1]: handler}),)
        )
        port = server.add_insecure_port(f"{HOST}:0")
        await server.start()
        _ready(port)
        await done

    asyncio.run(main())


def _grpc_source(args: Arguments) -> None:
    import grpc

    async def main() -> None:
        body = bytes(args.number("size", 32))
        target = f"{HOST}:{args.text('at')}"
        async with grpc.aio.insecure_channel(target, options=_UNLIMITED) as channel:
            call = channel.stream_unary("/" + "/".join(_METHOD))()
            await call.wait_for_connection()
            _ready()
            with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                while True:
                    await call.write(body)

    asyncio.run(main())


_SINKS = {
    "pyomq": _pyomq_sink,
    "pynng": _pynng_sink,
    "multiprocessing": _connection_sink,
    "asyncio streams": _streams_sink,
    "grpc.aio": _grpc_sink,
}
_SOURCES = {
    "pyomq": _pyomq_source,
    "pynng": _pynng_source,
    "multiprocessing": _connection_source,
    "asyncio streams": _streams_source,
    "grpc.aio": _grpc_source,
}
