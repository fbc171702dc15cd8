"""JSON the way it goes over a socket: text in UTF-8."""

from __future__ import annotations

import json

from zmq.core.codecs import dumps, loads

#: The module of the standard library; there is no other choice any more.
jsonmod = json

__all__ = ["dumps", "json", "jsonmod", "loads"]
