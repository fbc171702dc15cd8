"""The streams of connection events that are open, for the end of their contexts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from weakref import ref

    from zmq.core.event_stream import BaseStream

__all__ = ["close_streams", "open_streams"]

#: By the number that each one has.
open_streams: dict[int, ref[BaseStream]] = {}


def close_streams(context: object) -> None:
    """Close the streams of a context that no caller waits in: its end would wait for them."""
    for reference in list(open_streams.values()):
        stream = reference()
        if stream is not None and stream.context is context:
            stream.close_if_idle()
