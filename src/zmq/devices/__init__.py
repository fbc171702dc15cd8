"""Devices: programs that move messages between sockets, in the background if wanted."""

from __future__ import annotations

from zmq.constants import DeviceType
from zmq.core.relay import Relay, device, monitored_queue, proxy, proxy_steerable
from zmq.core.relay_stats import RelayStats
from zmq.devices import monitoredqueue as monitoredqueue
from zmq.devices import monitoredqueuedevice as submod  # what a loop over them has left in PyZMQ
from zmq.devices.basedevice import (
    BackgroundDevice,
    Device,
    DeviceStats,
    ProcessDevice,
    ThreadDevice,
)
from zmq.devices.lastvaluecache import (
    LastValueCache,
    ProcessLastValueCache,
    ThreadLastValueCache,
)
from zmq.devices.monitoredqueuedevice import (
    MonitoredQueue,
    ProcessMonitoredQueue,
    ThreadMonitoredQueue,
)
from zmq.devices.proxydevice import ProcessProxy, Proxy, ThreadProxy
from zmq.devices.proxysteerabledevice import (
    ProcessProxySteerable,
    ProxySteerable,
    ThreadProxySteerable,
)

__all__ = [
    "BackgroundDevice",
    "Device",
    "DeviceStats",
    "DeviceType",
    "LastValueCache",
    "MonitoredQueue",
    "ProcessDevice",
    "ProcessLastValueCache",
    "ProcessMonitoredQueue",
    "ProcessProxy",
    "ProcessProxySteerable",
    "Proxy",
    "ProxySteerable",
    "Relay",
    "RelayStats",
    "ThreadDevice",
    "ThreadLastValueCache",
    "ThreadMonitoredQueue",
    "ThreadProxy",
    "ThreadProxySteerable",
    "device",
    "monitored_queue",
    "proxy",
    "proxy_steerable",
    "submod",
]
