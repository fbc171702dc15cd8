"""Which source it is that a dashboard was given."""

from __future__ import annotations

from zmq.dashboard.monitored import MonitorSource
from zmq.dashboard.sources import DEFAULT_PREFIXES, Device, DeviceSource, Prefixes, Source
from zmq.dashboard.tap import Prepare

__all__ = ["make_source"]


def make_source(
    source: Device | str,
    *,
    title: str | None,
    monitor: str | None,
    prefixes: Prefixes,
    prepare: Prepare | None,
) -> Source:
    """Find out what was given, and make a source of it.

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
