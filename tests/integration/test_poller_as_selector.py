"""A Poller as the selector of an asyncio loop: the loop outlives sockets that are closed in it."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Mapping
from typing import Any

import zmq


class PollerSelector(selectors.BaseSelector):
    """Watches sockets themselves, beside descriptors, as selectors of some programs do."""

    def __init__(self) -> None:
        self.poller = zmq.Poller()
        self.keys: dict[Any, selectors.SelectorKey] = {}

    def thing(self, fileobj: Any) -> Any:
        return fileobj if isinstance(fileobj, (int, zmq.Socket)) else fileobj.fileno()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        thing = self.thing(fileobj)
        self.poller.register(thing, events)  # EVENT_READ and EVENT_WRITE are POLLIN and POLLOUT
        self.keys[thing] = selectors.SelectorKey(fileobj, thing, events, data)
        return self.keys[thing]

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        thing = self.thing(fileobj)
        self.poller.unregister(thing)
        return self.keys.pop(thing)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.register(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self.keys

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self.keys[self.thing(fileobj)]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        limit = None if timeout is None else max(0, math.ceil(timeout * 1000))
        ready = []
        for thing, events in self.poller.poll(limit):
            key = self.keys[thing]
            seen = key.events if events & zmq.POLLERR else events
            ready.append((key, seen & key.events))
        return ready


def test_a_closed_socket_does_not_end_the_loop() -> None:
    context = zmq.Context()
    a, b, mistake = (context.socket(zmq.PAIR) for _ in range(3))
    a.bind("inproc://selector")
    b.connect("inproc://selector")
    loop = asyncio.SelectorEventLoop(PollerSelector())
    told: list[object] = []
    got: list[bytes] = []

    async def main() -> None:
        loop._add_reader(b, lambda: got.append(b.recv()))  # type: ignore[attr-defined]

        def closed() -> None:
            told.append(mistake.closed)
            loop._remove_reader(mistake)  # type: ignore[attr-defined]

        loop._add_reader(mistake, closed)  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)
        mistake.close()
        for n in range(3):
            a.send(b"%d" % n)
            await asyncio.sleep(0.01)
        while len(got) < 3:
            await asyncio.sleep(0.001)
        loop._remove_reader(b)  # type: ignore[attr-defined]

    try:
        loop.run_until_complete(asyncio.wait_for(main(), 10))
    finally:
        loop.close()
        context.destroy(linger=0)
    assert told == [True]
    assert got == [b"0", b"1", b"2"]
