"""asyncio: forks of a program with a loop, and contexts that are left in a hurry."""

from __future__ import annotations

import os

import pytest

from helpers.processes import run_python


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork: this system has none")
def test_a_child_on_its_parents_loop() -> None:
    """And the parent goes on, which would otherwise meet pointers of the child."""
    lines = run_python(
        """
        import asyncio, os
        import zmq, zmq.asyncio

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        context = zmq.asyncio.Context()
        a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        a.bind("inproc://a")
        b.connect("inproc://a")

        async def talk():
            waiting = b.recv()
            await a.send(b"whole")
            return await waiting

        loop.run_until_complete(talk())
        child = os.fork()
        if not child:
            asyncio.set_event_loop(loop)  # since Python 3.12 a child begins without one
            own = zmq.asyncio.Context().socket(zmq.PULL)
            own.bind("inproc://own")
            print(own.recv().done(), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        for _ in range(3):
            print(loop.run_until_complete(talk()))
        context.destroy(0)
        loop.close()
        """
    )
    assert lines[0] == "False"
    assert lines[1:] == ["b'whole'"] * 3


def test_a_time_out_leaves_a_context_whose_peer_is_not_there() -> None:
    """Unsent messages leave in the background: no call waits for them."""
    lines = run_python(
        """
        import asyncio, os
        import zmq, zmq.asyncio

        async def main():
            try:
                async with asyncio.timeout(0.2), zmq.asyncio.Context() as context:
                    socket = context.socket(zmq.PUSH)
                    socket.connect("ipc:///nobody-listens-here")
                    await socket.send(b"unsent")
                    await asyncio.Event().wait()
            except TimeoutError:
                print("left", flush=True)

        asyncio.run(main())
        """
    )
    assert lines == ["left"]
