"""Python's ØMQ library."""

from __future__ import annotations

from zmq._version import ohmq_version as ohmq_version
