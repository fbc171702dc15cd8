"""Tornado: sockets that call back (`zmqstream`), and sockets whose calls return futures."""

from __future__ import annotations

from tornado.ioloop import IOLoop

__all__ = ["IOLoop"]
