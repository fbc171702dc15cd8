"""Sources of a dashboard: their contract, and the device of this program."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import zmq
from zmq.dashboard.messages import DIRECTIONS
from zmq.dashboard.readings import Reading
from zmq.dashboard.sampler import MessageSampler, Prepare

# First parts of copies, in to out and out to in; None takes those of the source.
Prefixes = tuple[bytes, bytes] | None
DEFAULT_PREFIXES = (b"in", b"out")

STATES = ("new", "running", "paused", "stopped", "failed", "waiting")


class Device(Protocol):
    """A device that runs in the background, as those of zmq.devices do."""

    def stats(self) -> Any:
        """Counters with the names of RelayStats; those of DeviceStats are shown, too."""

    def pause(self) -> None:
        """Take no more messages."""

    def resume(self) -> None:
        """Undo `pause`."""


class About(NamedTuple):
    """Description of a source, constant while a dashboard runs."""

    title: str
    #: Pairs of side and address.
    endpoints: list[tuple[str, str]]
    #: "device" or "monitor".
    kind: str
    #: Actions that the page may offer.
    actions: list[str]
    #: Why messages cannot be shown; empty when they can.
    no_messages: str


class Source(Protocol):
    """Contract of a source. Any thread may call its methods."""

    about: About

    def read(self) -> Reading:
        """The counters now; raises what the device raises."""
        raise NotImplementedError

    def state(self) -> str:
        """One of `STATES`."""
        raise NotImplementedError

    def act(self, action: str) -> None:
        """Perform one of the actions; may block until it is done."""

    def make_sampler(self) -> MessageSampler | None:
        """Make a sampler of its messages; None when it has no monitor."""

    def close(self) -> None:
        """Release sockets and contexts; the device keeps running."""


class DeviceSource:
    """A background device of this program.

    Parameters
    ----------
    device
        Anything with stats(), pause() and resume(); stop(), state and endpoints are optional.
    title
        Name on the page; the class of the device by default.
    monitor
        Endpoint of its monitor; by default that of its endpoints.
    prefixes
        First parts of the copies, in to out and out to in; None for those of the device.
    prepare
        Called with the socket that reads the copies before it connects.
    """

    def __init__(
        self,
        device: Device,
        *,
        title: str | None = None,
        monitor: str | None = None,
        prefixes: Prefixes = None,
        prepare: Prepare | None = None,
    ) -> None:
        self._device = device
        self._prefixes = directions_of(prefixes or _prefixes_of(device))
        self._prepare = prepare
        self._context: zmq.Context[Any] | None = None
        places = getattr(device, "endpoints", None)
        endpoints = dict(places) if isinstance(places, dict) else {}
        self._monitors = [reachable(each) for each in endpoints.get("mon", ())]
        no_messages = "" if self._monitors else "This device has no monitor to read messages from."
        # Other types distribute messages: what a page reads would be missing at another reader.
        if getattr(device, "mon_type", None) not in (None, zmq.PUB, zmq.XPUB):
            self._monitors = []
            no_messages = (
                "The monitor of this device is not a PUB or XPUB socket: it supports one reader."
            )
        if monitor is not None:
            self._monitors, no_messages = [monitor], ""
            endpoints["mon"] = [monitor]
        actions = ["pause", "resume"] + ["stop"] * callable(getattr(device, "stop", None))
        self.about: About = About(
            title=title or type(device).__name__,
            endpoints=[(side, each) for side, found in endpoints.items() for each in found],
            kind="device",
            actions=actions,
            no_messages=no_messages,
        )

    def read(self) -> Reading:
        """The counters of the device."""
        stats = self._device.stats()
        return Reading(
            messages_in=stats.messages_in,
            bytes_in=stats.bytes_in,
            messages_out=stats.messages_out,
            bytes_out=stats.bytes_out,
            dropped=stats.monitor_dropped,
            blocked_in_s=getattr(stats, "blocked_in_s", None),
            blocked_out_s=getattr(stats, "blocked_out_s", None),
            peers_in=getattr(stats, "peers_in", None),
            peers_out=getattr(stats, "peers_out", None),
            seconds=getattr(stats, "seconds", None),
            cache_entries=getattr(stats, "cache_entries", None),
            cache_bytes=getattr(stats, "cache_bytes", None),
            cache_evicted=getattr(stats, "cache_evicted", None),
        )

    def state(self) -> str:
        """State of the device; running when it has no known state."""
        state = getattr(self._device, "state", "running")
        return state if state in STATES else "running"

    def act(self, action: str) -> None:
        """Pause, resume or stop the device."""
        if action not in self.about.actions:
            raise ValueError(f"a dashboard cannot {action!r} this device")
        getattr(self._device, action)()

    def make_sampler(self) -> MessageSampler | None:
        """Make a sampler of the monitor of the device."""
        if not self._monitors:
            return None
        if any(each.startswith("inproc://") for each in self._monitors):
            context: zmq.Context[Any] = zmq.Context.instance()
        else:
            self._context = context = zmq.Context()
        return MessageSampler(context, self._monitors, self._prefixes, self._prepare)

    def close(self) -> None:
        """Destroy the context of the sampler, which is closed by then."""
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None


def directions_of(prefixes: tuple[bytes, bytes]) -> dict[bytes, str]:
    """Direction by first part; empty when both directions have the same prefix."""
    if prefixes[0] == prefixes[1]:
        return {}
    return {
        prefix: direction for prefix, direction in zip(prefixes, DIRECTIONS, strict=True) if prefix
    }


def _prefixes_of(device: Device) -> tuple[bytes, bytes]:
    """First parts of the copies of a device: a monitored queue has prefixes, a proxy none."""
    if not hasattr(device, "mon_type"):
        return DEFAULT_PREFIXES
    return (
        as_bytes(getattr(device, "_in_prefix", b"")),
        as_bytes(getattr(device, "_out_prefix", b"")),
    )


def as_bytes(prefix: bytes | str) -> bytes:
    """A prefix as it is sent."""
    return prefix.encode() if isinstance(prefix, str) else prefix


def reachable(endpoint: str) -> str:
    """The address to connect to, for a bound endpoint."""
    for wildcard, loopback in (("tcp://0.0.0.0:", "127.0.0.1"), ("tcp://[::]:", "[::1]")):
        if endpoint.startswith(wildcard):
            return f"tcp://{loopback}:{endpoint.removeprefix(wildcard)}"
    return endpoint


def close_all(closers: Sequence[Callable[[], object]]) -> None:
    """Call each, also after an error; the first error is raised."""
    with contextlib.ExitStack() as stack:
        for close in reversed(closers):
            stack.callback(close)
