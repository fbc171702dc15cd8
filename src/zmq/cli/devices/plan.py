"""The plan of a device, made from the options alone. Pure functions, no sockets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from zmq.cli.sockets.endpoints import SocketEndpoints, check_no_repeats, parse_endpoint
from zmq.cli.terminal.errors import UsageError

KINDS: dict[str, tuple[str, str]] = {
    "queue": ("ROUTER", "DEALER"),
    "forwarder": ("XSUB", "XPUB"),
    "streamer": ("PULL", "PUSH"),
    "cache": ("SUB", "XPUB"),
}
#: The kind that keeps the last message of each topic.
CACHE = "cache"
#: How long a device that ends may take to hand on what it has taken in, unless told otherwise.
DRAIN_S = 5.0
MONITOR_TYPES = ("PUB", "PUSH", "PAIR", "XPUB")
_RECEIVE = frozenset({"ROUTER", "DEALER", "SUB", "XSUB", "XPUB", "PULL", "PAIR"})
_SEND = frozenset({"ROUTER", "DEALER", "PUB", "XPUB", "XSUB", "PUSH", "PAIR"})
RELAY_TYPES = tuple(sorted(_RECEIVE | _SEND))
_EXAMPLES = {"in": "tcp://127.0.0.1:5555", "out": "tcp://127.0.0.1:5556"}


@dataclass(frozen=True, slots=True)
class CachePlan:
    """How many messages and bytes a cache keeps; None for what zmq.devices has as default."""

    entries: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A whole device."""

    kind: str
    in_side: SocketEndpoints
    out_side: SocketEndpoints
    monitor: SocketEndpoints | None
    in_prefix: bytes
    out_prefix: bytes
    cache: CachePlan | None = None

    @property
    def sides(self) -> tuple[SocketEndpoints, ...]:
        """The sockets, in the order in which they are opened and printed."""
        pair = (self.in_side, self.out_side)
        return pair if self.monitor is None else (*pair, self.monitor)


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """The options of ``ohmq device`` as typed."""

    kind: str | None
    ins: Sequence[str]
    outs: Sequence[str]
    monitors: Sequence[str] = ()
    in_type: str | None = None
    out_type: str | None = None
    monitor_type: str = "pub"
    in_prefix: str = "in"
    out_prefix: str = "out"
    hwm: int | None = None
    monitor_hwm: int | None = None
    cache_entries: int | None = None
    cache_bytes: int | None = None


def plan_device(options: DeviceOptions, *, ipc_limit: int = 107) -> DevicePlan:
    """Turn the options into a plan that can be opened.

    Parameters
    ----------
    options
        What was typed.
    ipc_limit
        Longest ipc path of this machine, in bytes.

    Returns
    -------
    DevicePlan
        Types, endpoints and limits of every socket.

    Raises
    ------
    UsageError
        Something is missing, unknown, or cannot work together.
    """
    in_type, out_type = choose_types(options.kind, options.in_type, options.out_type)
    typed = {"in": options.ins, "out": options.outs, "monitor": options.monitors}
    for name in ("in", "out"):
        if not typed[name]:
            raise UsageError(f"--{name} is missing; write for example --{name} {_EXAMPLES[name]}")
    parsed = {
        name: tuple(parse_endpoint(text, f"--{name}", ipc_limit=ipc_limit) for text in texts)
        for name, texts in typed.items()
    }
    check_no_repeats([(f"--{name}", each) for name, found in parsed.items() for each in found])
    monitor_type = _known("--monitor-type", options.monitor_type, MONITOR_TYPES)
    monitor = None
    if parsed["monitor"]:
        monitor = SocketEndpoints("monitor", monitor_type, parsed["monitor"], options.monitor_hwm)
    return DevicePlan(
        kind=options.kind or "device",
        in_side=SocketEndpoints("in", in_type, parsed["in"], options.hwm),
        out_side=SocketEndpoints("out", out_type, parsed["out"], options.hwm),
        monitor=monitor,
        in_prefix=os.fsencode(options.in_prefix),
        out_prefix=os.fsencode(options.out_prefix),
        cache=plan_cache(options.kind, options.cache_entries, options.cache_bytes, "--cache-{}"),
    )


def plan_cache(
    kind: str | None, entries: int | None, size: int | None, names: str
) -> CachePlan | None:
    """Return what a device is to keep, or None for one of another kind.

    Parameters
    ----------
    kind
        Kind of the device.
    entries, size
        Limits as typed: of messages, and of their bytes.
    names
        How a limit is called in errors.

    Raises
    ------
    UsageError
        There are limits, but no cache.
    """
    if kind == CACHE:
        return CachePlan(entries, size)
    for name, value in (("entries", entries), ("bytes", size)):
        if value is not None:
            raise UsageError(f"{names.format(name)}: only the kind {CACHE} keeps messages")
    return None


def choose_types(kind: str | None, in_type: str | None, out_type: str | None) -> tuple[str, str]:
    """Find the two socket types from the kind and from what overrides it.

    Parameters
    ----------
    kind
        ``queue``, ``forwarder``, ``streamer``, or None when both types are given.
    in_type, out_type
        Socket type names in any case, or None for what the kind says.

    Returns
    -------
    tuple of str
        Type names of the in and the out socket, in capitals.

    Raises
    ------
    UsageError
        Unknown names, or a pair that cannot pass on what it receives.
    """
    if kind is None and (in_type is None or out_type is None):
        raise UsageError(f"name a kind ({', '.join(KINDS)}) or give --in-type and --out-type")
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no device is called {kind!r}; there are {', '.join(KINDS)}")
    default_in, default_out = KINDS.get(kind or "", ("", ""))
    if kind == CACHE:
        for option, given in (("--in-type", in_type), ("--out-type", out_type)):
            if given is not None:
                raise UsageError(f"{option}: a cache is {default_in} and {default_out}")
        return default_in, default_out  # what its XPUB receives it keeps to itself
    chosen_in = _known("--in-type", in_type or default_in, RELAY_TYPES)
    chosen_out = _known("--out-type", out_type or default_out, RELAY_TYPES)
    for source, target in ((chosen_in, chosen_out), (chosen_out, chosen_in)):
        # Such a device would live only until the first message of a peer in this direction.
        if source in _RECEIVE and target not in _SEND:
            raise UsageError(f"{target} cannot send what {source} receives; take another type")
    if not _RECEIVE & {chosen_in, chosen_out}:
        raise UsageError(f"neither {chosen_in} nor {chosen_out} can receive; take another type")
    return chosen_in, chosen_out


def _known(option: str, name: str, known: Sequence[str]) -> str:
    if name.upper() not in known:
        names = ", ".join(each.lower() for each in known)
        raise UsageError(f"{option} {name!r}: unknown here; there are {names}")
    return name.upper()
