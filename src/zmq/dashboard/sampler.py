"""Samples of the messages that a monitor publishes.

A monitor that has a reader costs the device a copy of every message, and the reader the time to
read it. So at a low rate the sampler stays connected and reads every message. At a high rate it
connects for some milliseconds of each tick, reads as many as a page can show, and disconnects;
messages still in transit are dropped. While no page is open it is not connected.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import zmq
from zmq.dashboard.messages import Copy, keep
from zmq.dashboard.readings import TICK_S

# Messages of one tick at most: those that the filters of the pages search.
SAMPLE = 250
# How often messages are read: at a low rate, and within a burst.
READ_S = 0.02
BURST_READ_S = 0.001
# How long a burst waits for its first message through a new connection, and then for the rest.
FIRST_S = 0.1
BURST_S = 0.05
# A burst of this size or less is a low rate: the sampler stays connected again.
LOW_RATE = int(SAMPLE * BURST_S / TICK_S)
# Messages that may be queued between two reads.
RCVHWM = 2 * SAMPLE
RCVBUF = 64 * 1024

Prepare = Callable[[zmq.Socket[Any]], object]


class Sample(NamedTuple):
    """Messages read in one tick."""

    copies: Sequence[Copy] = ()
    #: Whether these are all the messages that the monitor has sent in the tick.
    complete: bool = False


class MessageSampler:
    """Reads samples from a monitor. Belongs to the thread that calls `collect`.

    Parameters
    ----------
    context
        Context of its socket.
    endpoints
        PUB or XPUB sockets to connect to.
    prefixes
        Direction of a message by the first part of its copy.
    prepare
        Called with the socket before it connects, to set its keys, for example.

    Raises
    ------
    ZMQError
        An endpoint cannot be connected to.
    """

    def __init__(
        self,
        context: zmq.Context[Any],
        endpoints: Sequence[str],
        prefixes: dict[bytes, str],
        prepare: Prepare | None = None,
    ) -> None:
        self._context = context
        self._endpoints = endpoints
        self._prefixes = prefixes
        self._prepare = prepare
        self._number = 0
        self._high_rate = False
        self._socket: zmq.Socket[Any] | None = None
        self._connect()  # reports a wrong endpoint to the caller

    def _connect(self) -> zmq.Socket[Any]:
        socket: zmq.Socket[Any] = self._context.socket(zmq.SUB)
        try:
            socket.set(zmq.LINGER, 0)
            socket.set(zmq.RCVHWM, RCVHWM)
            socket.set(zmq.RCVBUF, RCVBUF)
            socket.setsockopt(zmq.SUBSCRIBE, b"")
            if self._prepare is not None:
                self._prepare(socket)
            for endpoint in self._endpoints:
                socket.connect(endpoint)
        except BaseException:
            socket.close()
            raise
        self._socket = socket
        return socket

    def collect(self, until_s: float, stop: threading.Event) -> Sample:
        """Take a sample. Blocks until the end of the tick.

        Parameters
        ----------
        until_s
            End of the tick, by time.monotonic().
        stop
            Ends the wait early.

        Returns
        -------
        Sample
            At most `SAMPLE` messages. Complete when the socket was connected all the time.
        """
        copies: list[Copy] = []
        complete = False
        if self._high_rate:
            self._collect_burst(copies, stop)
        else:
            complete = self._collect_all(copies, until_s, stop)
        stop.wait(max(0.0, until_s - time.monotonic()))
        return Sample(copies, complete)

    def _collect_all(self, copies: list[Copy], until_s: float, stop: threading.Event) -> bool:
        """Read every message until the end of the tick; return whether the sample is complete."""
        complete = self._socket is not None
        socket = self._socket or self._connect()
        while not stop.wait(max(0.0, min(READ_S, until_s - time.monotonic()))):
            self._read(socket, copies)
            if len(copies) >= SAMPLE:
                self._high_rate = True
                self.close()
                return False
            if time.monotonic() >= until_s:
                break
        return complete

    def _collect_burst(self, copies: list[Copy], stop: threading.Event) -> None:
        """Read a burst of messages through a new connection."""
        self.close()
        socket = self._connect()
        if socket.poll(FIRST_S * 1000):
            end_s = time.monotonic() + BURST_S
            self._read(socket, copies)
            while len(copies) < SAMPLE and time.monotonic() < end_s and not stop.is_set():
                time.sleep(BURST_READ_S)
                self._read(socket, copies)
        self._high_rate = len(copies) > LOW_RATE
        if self._high_rate:
            self.close()

    def close(self) -> None:
        """Disconnect until the next sample."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self, socket: zmq.Socket[Any], copies: list[Copy]) -> None:
        while len(copies) < SAMPLE:
            try:
                frames = socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return
            self._number += 1
            copies.append(keep(self._number, time.time(), frames, self._prefixes))
