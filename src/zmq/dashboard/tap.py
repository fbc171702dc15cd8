"""Samples of the messages that a monitor publishes.

A monitor that is subscribed to costs its device a copy of every message, and the program that reads
it the time to read. So the tap unsubscribes as soon as it has what a page can show, and stays
so until the next tick; when nobody looks it does not subscribe at all. What the monitor still
sends after that is thrown away by libzmq, which filters again where messages arrive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import zmq
from zmq.dashboard.messages import Copy, keep

# Messages of one tick: as many as the filters of the pages get to choose from.
SAMPLE = 250
# How often a tap looks for messages; sooner where the last sample was full.
LOOK_S = 0.02
SHORT_LOOK_S = 0.003
# Enough for what comes between two looks: what a tap makes the monitor drop, the device counts.
RCVHWM = 20_000

Prepare = Callable[[zmq.Socket[Any]], object]


class Sample(NamedTuple):
    """What was read in one tick."""

    copies: Sequence[Copy] = ()
    #: Whether these are all the messages that the monitor has sent meanwhile.
    complete: bool = False


class Tap:
    """Reads a monitor for as long as is needed. Belongs to one thread, once it is made.

    Parameters
    ----------
    context
        Where its socket is made.
    endpoints
        PUB or XPUB sockets to connect to.
    prefixes
        What the first part of a copy says of its way.
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
        self._prefixes = prefixes
        self._number = 0
        self._subscribed = False
        self._look_s = LOOK_S
        self._socket = context.socket(zmq.SUB)
        try:
            self._socket.set(zmq.LINGER, 0)
            self._socket.set(zmq.RCVHWM, RCVHWM)
            if prepare is not None:
                prepare(self._socket)
            for endpoint in endpoints:
                self._socket.connect(endpoint)
        except BaseException:
            self._socket.close()
            raise

    def collect(self, until_s: float, stop: threading.Event) -> Sample:
        """Take a sample; blocks until a time.

        Parameters
        ----------
        until_s
            When the tick ends, by time.monotonic().
        stop
            Ends the wait early.

        Returns
        -------
        Sample
            At most `SAMPLE` messages. It is complete when the tap was subscribed all the time.
        """
        complete = self._subscribed
        if not self._subscribed:
            self._drain()
            self._socket.setsockopt(zmq.SUBSCRIBE, b"")
            self._subscribed = True
        copies: list[Copy] = []
        while not stop.wait(max(0.0, min(self._look_s, until_s - time.monotonic()))):
            self._read(copies)
            if len(copies) >= SAMPLE:
                complete = False
                self.rest()
                self._look_s = SHORT_LOOK_S
                stop.wait(max(0.0, until_s - time.monotonic()))
                break
            self._look_s = LOOK_S
            if time.monotonic() >= until_s:
                break
        return Sample(copies, complete)

    def rest(self) -> None:
        """Have the monitor send nothing until the next sample."""
        if self._subscribed:
            self._socket.setsockopt(zmq.UNSUBSCRIBE, b"")
            self._subscribed = False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _read(self, copies: list[Copy]) -> None:
        while len(copies) < SAMPLE:
            try:
                frames = self._socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return
            self._number += 1
            copies.append(keep(self._number, time.time(), frames, self._prefixes))

    def _drain(self) -> None:
        """Throw away what arrived too late for the sample that it belonged to."""
        for _ in range(10 * SAMPLE):
            try:
                self._socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return
