"""Tornado beside gevent; see zmq.eventloop."""

from __future__ import annotations
