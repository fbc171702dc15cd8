"""Samples of the messages that a monitor publishes.

A monitor that is subscribed to costs its device a copy of every message, and the program that reads
it the time to read. So where there are many the tap subscribes for as long as it takes to get what
a page can show, some milliseconds of each tick; when nobody looks it does not subscribe at all.
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
# How often a tap looks for messages.
LOOK_S = 0.02
# How long it stays subscribed where that brings too many; adapted to how many they are.
SHORTEST_S = 0.001
# Enough for what comes between two looks: what a tap makes the monitor drop, the device counts.
RCVHWM = 20_000

_SUBSCRIBE, _UNSUBSCRIBE = b"\x01", b"\x00"

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
        #: Messages of the last sample, where it was one of many.
        self._got: int | None = None
        # LOOK_S, or shorter: then there are many, and this is how long to subscribe.
        self._look_s = LOOK_S
        # Unlike SUB it does not filter once more what has arrived, so that what came before the
        # end of a subscription can be read after it.
        self._socket = context.socket(zmq.XSUB)
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
            self._adapt(self._drain())
            self._socket.send(_SUBSCRIBE)
            self._subscribed = True
        copies: list[Copy] = []
        while not stop.wait(max(0.0, min(self._look_s, until_s - time.monotonic()))):
            many = self._look_s < LOOK_S
            if many:
                self.rest()
            self._read(copies)
            if many or len(copies) >= SAMPLE:
                complete = False
                self._got = len(copies)
                self.rest()
                stop.wait(max(0.0, until_s - time.monotonic()))
                break
            if time.monotonic() >= until_s:
                break
        return Sample(copies, complete)

    def rest(self) -> None:
        """Have the monitor send nothing until the next sample."""
        if self._subscribed:
            self._socket.send(_UNSUBSCRIBE)
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

    def _drain(self) -> int:
        """Throw away what the last subscription brought beyond its sample; return how many."""
        for count in range(2 * RCVHWM):
            try:
                self._socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return count
        return 2 * RCVHWM

    def _adapt(self, beyond: int) -> None:
        """Subscribe next time for as long as SAMPLE messages should take."""
        if self._got is not None:
            wanted_s = self._look_s * SAMPLE / max(1, self._got + beyond)
            self._look_s = min(LOOK_S, max(SHORTEST_S, wanted_s))
            self._got = None
