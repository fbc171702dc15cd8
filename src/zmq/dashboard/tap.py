"""Samples of the messages that a monitor publishes.

A monitor that has a reader costs its device a copy of every message, and the program that reads it
the time to read. So where there are few messages the tap stays connected and reads them all; where
there are many it connects for some milliseconds of each tick, takes what a page can show, and hangs
up, with all that was still on its way. When nobody looks it is not connected.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import zmq
from zmq.dashboard.messages import Copy, keep
from zmq.dashboard.readings import TICK_S

# Messages of one tick: as many as the filters of the pages get to choose from.
SAMPLE = 250
# How often a tap looks for messages: where there are few, and where there are many.
LOOK_S = 0.02
SHORT_LOOK_S = 0.001
# How long the first message may take through a new connection, and then the rest of a sample.
FIRST_S = 0.1
SAMPLE_S = 0.05
# If no more than so many come in that time, there are few.
FEW = int(SAMPLE * SAMPLE_S / TICK_S)
# What may wait between two looks.
RCVHWM = 2 * SAMPLE
RCVBUF = 64 * 1024

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
        self._context = context
        self._endpoints = endpoints
        self._prefixes = prefixes
        self._prepare = prepare
        self._number = 0
        self._many = False
        self._socket: zmq.Socket[Any] | None = None
        self._connect()  # so that who makes it hears of a bad endpoint

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
            At most `SAMPLE` messages. It is complete when the tap was connected all the time.
        """
        copies: list[Copy] = []
        complete = False
        if self._many:
            self._sip(copies, stop)
        else:
            complete = self._drink(copies, until_s, stop)
        stop.wait(max(0.0, until_s - time.monotonic()))
        return Sample(copies, complete)

    def _drink(self, copies: list[Copy], until_s: float, stop: threading.Event) -> bool:
        """Take all that comes until the end of the tick; return whether it was all."""
        complete = self._socket is not None
        socket = self._socket or self._connect()
        while not stop.wait(max(0.0, min(LOOK_S, until_s - time.monotonic()))):
            self._read(socket, copies)
            if len(copies) >= SAMPLE:
                self._many = True
                self.close()
                return False
            if time.monotonic() >= until_s:
                break
        return complete

    def _sip(self, copies: list[Copy], stop: threading.Event) -> None:
        """Take a sample through a connection of its own."""
        self.close()
        socket = self._connect()
        if socket.poll(FIRST_S * 1000):
            end_s = time.monotonic() + SAMPLE_S
            self._read(socket, copies)
            while len(copies) < SAMPLE and time.monotonic() < end_s and not stop.is_set():
                time.sleep(SHORT_LOOK_S)
                self._read(socket, copies)
        self._many = len(copies) > FEW
        if self._many:
            self.close()

    def close(self) -> None:
        """Hang up, until the next sample."""
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
