"""Old home of `zmq.core.interop`: addresses of other bindings' objects."""

from __future__ import annotations

from zmq.core.interop import cast_int_addr

__all__ = ["cast_int_addr"]
