"""Devices: programs that move messages between sockets."""

from __future__ import annotations

from zmq.core.relay import device, monitored_queue, proxy, proxy_steerable

__all__ = ["device", "monitored_queue", "proxy", "proxy_steerable"]
