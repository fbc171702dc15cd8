"""Making the source of a dashboard from a device or an endpoint."""

from __future__ import annotations

from zmq.dashboard.monitor_source import MonitorSource
from zmq.dashboard.sampler import Prepare
from zmq.dashboard.source import DEFAULT_PREFIXES, Device, DeviceSource, Prefixes, Source

__all__ = ["make_source"]


def make_source(
    source: Device | str,
    *,
    title: str | None,
    monitor: str | None,
    prefixes: Prefixes,
    prepare: Prepare | None,
) -> Source:
    """Make a source of a device, or of the endpoint of a monitor.

    Raises
    ------
    TypeError
        It is neither a device nor an endpoint.
    ZMQError
        The endpoint cannot be connected to.
    """
    if isinstance(source, str):
        return MonitorSource(
            source, title=title, prefixes=prefixes or DEFAULT_PREFIXES, prepare=prepare
        )
    if not callable(getattr(source, "stats", None)):
        raise TypeError(
            "source is a background device, or the endpoint of a monitor as str, "
            f"not {type(source).__name__}"
        )
    return DeviceSource(source, title=title, monitor=monitor, prefixes=prefixes, prepare=prepare)
