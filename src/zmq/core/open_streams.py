"""The streams of connection events that are open, for the end of their contexts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from weakref import ref

__all__ = ["close_streams", "open_streams"]

#: Each is a BaseStream (event_stream.py), by the number that it has.
open_streams: dict[int, ref[Any]] = {}


def close_streams(context: object) -> None:
    """Close the streams of a context that no caller waits in: its end would wait for them."""
    for reference in list(open_streams.values()):
        stream = reference()
        if stream is not None and stream.context is context:
            stream.close_if_idle()
