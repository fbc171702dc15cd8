"""Logging over PUB sockets: `zmq.log.handlers`; ``python -m zmq.log`` watches one."""

from __future__ import annotations
