"""The names of PyZMQ's garbage collector, kept for programs that import them.

PyZMQ keeps objects that libzmq still reads in a table, and a thread with a context of its own
drops them. This package releases such objects in native code and needs neither; nothing in it
uses this module. What is left is a table: it holds what is stored until it is stopped.
"""

from __future__ import annotations

import itertools
import os
from threading import Event, Lock, Thread
from typing import NamedTuple

import zmq

__all__ = ["GarbageCollector", "GarbageCollectorThread", "gc", "gcref"]


class gcref(NamedTuple):
    """An object that is held, and an event to set when it is let go."""

    obj: object
    event: Event | None


class GarbageCollectorThread(Thread):
    """A thread that has nothing to collect: it says that it is ready, and ends."""

    def __init__(self, gc: GarbageCollector) -> None:
        super().__init__(daemon=True)
        self.gc = gc
        self.pid: int = os.getpid()
        self.ready: Event = Event()

    def run(self) -> None:
        self.ready.set()


class GarbageCollector:
    """A table of held objects. Starts no thread and opens no socket; any thread may use it."""

    url: str = "inproc://pyzmq.gc.01"

    def __init__(self, context: zmq.Context | None = None) -> None:
        self.refs: dict[int, gcref] = {}
        self.pid: int | None = None
        self.thread: GarbageCollectorThread | None = None
        self._context = context
        self._lock = Lock()
        self._keys = itertools.count(1)

    @property
    def context(self) -> zmq.Context:
        """A context: the one given, or one made when it is asked for."""
        if self._context is None:
            self._context = zmq.Context()
        return self._context

    @context.setter
    def context(self, context: zmq.Context) -> None:
        self._context = context

    def is_alive(self) -> bool:
        """Whether the table is in use, in this process."""
        return self.pid == os.getpid()

    def start(self) -> None:
        """Begin to hold objects. `store` does it by itself."""
        self.pid = os.getpid()

    def stop(self) -> None:
        """Let go of everything that is held, and set the events. Never blocks."""
        with self._lock:
            held, self.refs = self.refs, {}
            self.pid = None
        for ref in held.values():
            if ref.event is not None:
                ref.event.set()

    def store(self, obj: object, event: Event | None = None) -> int:
        """Hold an object until `stop`.

        Returns
        -------
        int
            The key of the object in `refs`.
        """
        with self._lock:
            self.pid = os.getpid()
            key = next(self._keys)
            self.refs[key] = gcref(obj, event)
        return key

    def __del__(self) -> None:
        # An object whose constructor failed has no table.
        if hasattr(self, "_keys"):
            self.stop()


gc: GarbageCollector = GarbageCollector()
