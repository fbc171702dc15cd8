"""Warnings that PyZMQ gives, and this package with it."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from typing import Any

import pytest

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

needs_tornado = pytest.mark.skipif(
    importlib.util.find_spec("tornado") is None, reason="Tornado is not installed"
)


@needs_tornado
@pytest.mark.parametrize("name", ["zmq.eventloop.ioloop", "zmq.auth.ioloop"])
def test_modules_for_loops_of_old(name: str) -> None:
    held = sys.modules.pop(name, None)
    try:
        with pytest.warns(DeprecationWarning, match=name) as caught:
            importlib.import_module(name)
    finally:
        if held is not None:
            sys.modules[name] = held
    assert len(caught) == 1


@needs_tornado
def test_install() -> None:
    from zmq.eventloop import ioloop

    with pytest.warns(DeprecationWarning, match=r"ioloop is deprecated") as caught:
        ioloop.install()
    assert caught[0].filename == __file__


def test_arguments_for_loops() -> None:
    context = zmq.Context()
    loop = asyncio.new_event_loop()
    with pytest.warns(DeprecationWarning, match="io_loop") as caught:
        zmq.asyncio.Socket(context, zmq.PULL, io_loop=loop).close()
    with pytest.warns(DeprecationWarning, match="loop") as more:
        AsyncioAuthenticator(context, loop)
    assert {w.filename for w in [*caught, *more]} == {__file__}
    loop.close()
    context.term()


@needs_tornado
def test_a_stream_of_a_socket_that_returns_futures() -> None:
    from zmq.eventloop.zmqstream import ZMQStream

    async def main() -> None:
        with zmq.asyncio.Context() as context, context.socket(zmq.PUSH) as socket:
            with pytest.warns(RuntimeWarning, match="blocking socket") as caught:
                stream = ZMQStream(socket)
            assert caught[0].filename == __file__
            kept: Any = stream.socket
            assert type(kept) is zmq.Socket
            assert kept.underlying == socket.underlying
            stream.close()

    asyncio.run(main())
