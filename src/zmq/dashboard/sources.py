"""What a dashboard can look at: a device of this program, or a monitor anywhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import zmq
from zmq.dashboard.readings import Reading
from zmq.dashboard.tap import Prepare, Tap

# First parts of copies, in and out; None where they are to be found out.
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
    """What does not change while a dashboard runs."""

    title: str
    #: Lines of side, and address.
    endpoints: list[tuple[str, str]]
    #: "device" or "monitor".
    kind: str
    #: Actions that the page may offer.
    actions: list[str]
    #: Why there are no messages to see; empty when there are.
    no_messages: str


class Source(Protocol):
    """What the server knows of a source. All of it may be called from any thread."""

    about: About

    def read(self) -> Reading:
        """The counters now; raises what the device raises."""
        raise NotImplementedError

    def state(self) -> str:
        """One of `STATES`."""
        raise NotImplementedError

    def act(self, action: str) -> None:
        """Do one of the actions; may block until it is done."""

    def make_tap(self) -> Tap | None:
        """What samples its messages; None when nothing can."""

    def close(self) -> None:
        """Let go of everything; the device itself goes on."""


class DeviceSource:
    """A background device of this program.

    Parameters
    ----------
    device
        Anything with stats(), pause(), resume(), and mostly stop(), state and endpoints.
    title
        Name on the page; the class of the device by default.
    monitor
        Where its copies can be read; by default what its endpoints say.
    prefixes
        First parts of the copies, in and out; None for those of the device.
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
        self._prefixes = ways_of(prefixes or _prefixes_of(device))
        self._prepare = prepare
        self._context: zmq.Context[Any] | None = None
        places = getattr(device, "endpoints", None)
        endpoints = dict(places) if isinstance(places, dict) else {}
        self._monitors = [reachable(each) for each in endpoints.get("mon", ())]
        no_messages = "" if self._monitors else "This device has no monitor to read them from."
        # Others than these share their messages out: what a page takes would be missing elsewhere.
        if getattr(device, "mon_type", None) not in (None, zmq.PUB, zmq.XPUB):
            self._monitors = []
            no_messages = "The monitor of this device is no PUB or XPUB socket: it has one reader."
        if monitor is not None:
            self._monitors, no_messages = [monitor], ""
            endpoints["mon"] = [monitor]
        actions = ["pause", "resume"] + ["stop"] * callable(getattr(device, "stop", None))
        self.about = About(
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
        )

    def state(self) -> str:
        """What the device says; running when it says nothing."""
        state = getattr(self._device, "state", "running")
        return state if state in STATES else "running"

    def act(self, action: str) -> None:
        """Pause, resume or stop the device."""
        if action not in self.about.actions:
            raise ValueError(f"a dashboard cannot {action!r} this device")
        getattr(self._device, action)()

    def make_tap(self) -> Tap | None:
        """A tap on the monitor of the device."""
        if not self._monitors:
            return None
        if any(each.startswith("inproc://") for each in self._monitors):
            context: zmq.Context[Any] = zmq.Context.instance()
        else:
            self._context = context = zmq.Context()
        return Tap(context, self._monitors, self._prefixes, self._prepare)

    def close(self) -> None:
        """End the context of the tap, which is closed by then."""
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None


def ways_of(prefixes: tuple[bytes, bytes]) -> dict[bytes, str]:
    """What the first part of a copy says; nothing where both directions say the same."""
    if prefixes[0] == prefixes[1]:
        return {}
    return {prefix: way for prefix, way in zip(prefixes, ("in", "out"), strict=True) if prefix}


def _prefixes_of(device: Device) -> tuple[bytes, bytes]:
    """What a device puts in front of its copies: a monitored queue a prefix, a proxy nothing."""
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
    """The address to connect to, of one that was bound."""
    for wildcard, here in (("tcp://0.0.0.0:", "127.0.0.1"), ("tcp://[::]:", "[::1]")):
        if endpoint.startswith(wildcard):
            return f"tcp://{here}:{endpoint.removeprefix(wildcard)}"
    return endpoint


def close_all(closers: Sequence[Callable[[], object]]) -> None:
    """Call all of them, whatever the others raise; the first error goes on."""
    with contextlib.ExitStack() as stack:
        for close in reversed(closers):
            stack.callback(close)
