"""JSON the way it goes over a socket: text in UTF-8."""

from __future__ import annotations

from zmq.core.codecs import dumps, loads

__all__ = ["dumps", "loads"]
