"""Messages of a monitor socket: two frames an event, as zmq_socket_monitor(3) lays them out."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypedDict

from zmq.constants import Event

__all__ = ["MonitorMessage", "parse_monitor_message"]

# In the byte order of this machine, because the message never leaves it.
_LAYOUT = struct.Struct("=Hi")
# Not `for event in Event`: that leaves out the members of more than one bit.
_EVENTS = {int(event): event for event in Event.__members__.values()}


class MonitorMessage(TypedDict):
    """One event of a monitored socket."""

    event: Event
    value: int
    endpoint: bytes


def parse_monitor_message(msg: Sequence[bytes]) -> MonitorMessage:
    """Take a message of a monitor socket apart. Pure: receives nothing, never blocks.

    Parameters
    ----------
    msg
        The two frames, as `recv_multipart` gives them.

    Returns
    -------
    MonitorMessage
        A dict: `event` (an `Event`), `value` (an int: a file descriptor, an errno, an interval
        in ms or a protocol error, depending on the event; an `Event` when it is a named
        protocol error) and `endpoint` (bytes).

    Raises
    ------
    RuntimeError
        The frames are no monitor event.
    """
    if len(msg) != 2 or len(msg[0]) != _LAYOUT.size:
        sizes = [len(frame) for frame in msg]
        raise RuntimeError(
            f"not a monitor event: expected a frame of {_LAYOUT.size} bytes and an endpoint, "
            f"got frames of {sizes} bytes; is this socket a monitor socket?"
        )
    number, value = _LAYOUT.unpack(msg[0])
    event = _EVENTS.get(number)
    if event is None:
        # Of a newer libzmq, or several bits: still an Event, without a name of its own.
        event = Event(number)
    if event is Event.HANDSHAKE_FAILED_PROTOCOL:
        named = _EVENTS.get(value)
        value = value if named is None else named
    return {"event": event, "value": value, "endpoint": msg[1]}
