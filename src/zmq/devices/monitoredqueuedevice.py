"""Monitored queues: proxies that say with each copy where the message came from."""

from __future__ import annotations

import zmq
from zmq import PUB as PUB
from zmq.core.relay import monitored_queue as monitored_queue
from zmq.devices._sides import RelayOptions
from zmq.devices.proxydevice import ProcessProxy, Proxy, ProxyBase, ThreadProxy

__all__ = ["MonitoredQueue", "ProcessMonitoredQueue", "ThreadMonitoredQueue"]


class MonitoredQueueBase(ProxyBase):
    """Base of all monitored queues: a proxy with prefixes, which never waits for its monitor."""

    _in_prefix: bytes | str
    _out_prefix: bytes | str

    def __init__(
        self,
        in_type: int,
        out_type: int,
        mon_type: int = zmq.PUB,
        in_prefix: bytes | str = b"in",
        out_prefix: bytes | str = b"out",
    ) -> None:
        super().__init__(in_type, out_type, mon_type)
        self._in_prefix = in_prefix
        self._out_prefix = out_prefix

    def _relay_options(self) -> RelayOptions:
        # Two ROUTERs have the first two parts of each message swapped.
        return RelayOptions(self._in_prefix, self._out_prefix, swap=None)


class MonitoredQueue(MonitoredQueueBase, Proxy):
    """A monitored queue that runs in the thread which starts it.

    Parameters
    ----------
    in_type, out_type : int
        Types of the sockets between which messages go. Two ROUTERs have the first two parts of
        each message swapped.
    mon_type : int
        Type of the socket that gets a copy of each: PUB, XPUB, PUSH or PAIR. It never slows the
        queue: what it cannot take is dropped, and counted.
    in_prefix, out_prefix : bytes or str
        First part of the copies, by the socket that the message came from.
    """


class ThreadMonitoredQueue(MonitoredQueueBase, ThreadProxy):
    """A monitored queue that runs in a thread of its own. See MonitoredQueue."""


class ProcessMonitoredQueue(MonitoredQueueBase, ProcessProxy):
    """A monitored queue that runs in a process of its own. See MonitoredQueue."""
