"""Old name of `zmq.core.context`."""

from __future__ import annotations

from zmq.core.context import Context, SyncContext

__all__ = ["Context", "SyncContext"]
