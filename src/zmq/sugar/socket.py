"""Old name of `zmq.core.socket`."""

from __future__ import annotations

from zmq.core.socket import Socket, SyncSocket

__all__ = ["Socket", "SyncSocket"]
