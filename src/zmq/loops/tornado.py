"""Tornado: each of its loops runs on an asyncio loop, and shares that one's engines.

So streams, futures and asyncio code may use one socket in one loop, and wait in one queue.
"""

from __future__ import annotations

import weakref

from tornado.ioloop import IOLoop

from zmq.loops.asyncio import AsyncioLoop

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Protocol

    class Closes(Protocol):
        def close(self) -> object: ...


__all__ = ["asyncio_loop_of", "close_if_open", "close_with", "forget", "loop_of"]


def asyncio_loop_of(io_loop: IOLoop) -> asyncio.AbstractEventLoop:
    """Return the asyncio loop that a loop of Tornado runs on."""
    found: asyncio.AbstractEventLoop | None = getattr(io_loop, "asyncio_loop", None)
    if found is None:
        raise TypeError(f"io_loop is an IOLoop of Tornado, not {io_loop!r}")
    return found


def loop_of(io_loop: IOLoop) -> AsyncioLoop:
    """Return what stands for a loop in engines.

    Raises
    ------
    RuntimeError
        The loop is closed.
    """
    loop = asyncio_loop_of(io_loop)
    if loop.is_closed():
        raise RuntimeError("Event loop is closed")
    return AsyncioLoop.of(loop)


class _Open:
    """All that is open in a loop, as one descriptor that `close(all_fds=True)` closes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.things: set[Closes] = set()
        self.sockets: weakref.WeakSet[Closes] = weakref.WeakSet()

    def fileno(self) -> int:
        return self.number

    def close(self) -> None:
        for thing in [*self.things, *self.sockets]:
            thing.close()


# Weak on both sides: the loop's handlers hold the value, and what is open in it holds the loop.
_open: weakref.WeakKeyDictionary[IOLoop, weakref.ref[_Open]] = weakref.WeakKeyDictionary()


def close_with(io_loop: IOLoop, thing: Closes) -> None:
    """Keep something until it is forgotten; `IOLoop.close(all_fds=True)` closes it."""
    _open_in(io_loop).things.add(thing)


def close_if_open(io_loop: IOLoop, socket: Closes) -> None:
    """Have `IOLoop.close(all_fds=True)` close a socket, if it is there still."""
    _open_in(io_loop).sockets.add(socket)


def _open_in(io_loop: IOLoop) -> _Open:
    held = _open.get(io_loop)
    found = held and held()
    if not found:
        found = _Open(loop_of(io_loop).reactor.fileno())
        # Registered, but for no event: the asyncio loop itself watches the descriptor.
        io_loop.add_handler(found, _never, IOLoop.NONE)
        _open[io_loop] = weakref.ref(found)
    return found


def forget(io_loop: IOLoop, thing: Closes) -> None:
    """Undo close_with."""
    held = _open.get(io_loop)
    found = held and held()
    if found:
        found.things.discard(thing)


def _never(fd: object, events: int) -> None:
    """Stand where a handler of events belongs: there are none."""
