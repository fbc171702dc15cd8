"""Losses at the end of a device, in words, and the log that tells of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import zmq

if TYPE_CHECKING:
    from zmq._native import Socket
    from zmq.core.relay import Relay

# More than so many requests that came too late are not counted: they may come for ever.
MOST_LATE = 10_000

NOT_SENT = "there was no time for peers to take all that was handed on"


def left_in(relay: Relay) -> str:
    """Return what a relay that has drained left behind; empty if it was nothing.

    Takes the requests that no worker will answer out of their socket, which is about to be closed.
    """
    if relay.emptied():
        return ""
    unanswered, late = relay.measure().unanswered or 0, _drop_late(relay._asked())
    found = []
    if unanswered:
        found.append(f"{_count(unanswered)} handed out got no answer")
    if late:
        least = "at least " if late == MOST_LATE else ""
        found.append(f"{least}{_count(late)} came too late to be handed out")
    if found:
        return ", and ".join(found)
    if relay._was_holding():
        return "there was no time to hand on all that was taken in"
    return "peers went on sending: what was on its way is lost, and libzmq does not tell how much"


def _drop_late(socket: Socket | None) -> int:
    count = 0
    if socket is not None:
        with contextlib.suppress(zmq.ZMQError):  # no more of them, or it is closed
            while count < MOST_LATE:
                socket.recv_multipart(zmq.DONTWAIT, copy=False)
                count += 1
    return count


def _count(requests: int) -> str:
    return f"{requests} request{'s' * (requests != 1)}"


def warn(device: type, left: str) -> None:
    """Log what a device of this class has left behind, if it was anything."""
    if left:
        import logging

        logging.getLogger("zmq.devices").warning("%s: %s", device.__name__, left)
