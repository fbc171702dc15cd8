"""A configured device as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import zmq
from zmq.cli.sockets.curve import CurveKeys, authenticated, key_options
from zmq.cli.sockets.endpoints import Side
from zmq.cli.sockets.opening import refuse_used_ipc_path
from zmq.cli.supervisor.config import DeviceConfig, SideExtras
from zmq.devices import ProcessDevice, ProcessMonitoredQueue

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

#: How the sockets are called by zmq.devices, and here.
SIDE_NAMES = {"in": "in", "out": "out", "mon": "monitor"}


class _GuardedContext(zmq.Context[Any]):
    """The context of a device whose clients are checked; one a process."""

    keys: ClassVar[CurveKeys | None] = None
    _guard: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = authenticated(self, _GuardedContext.keys)
        self._guard.__enter__()

    def term(self, timeout: float | None = None) -> None:
        self._guard.__exit__(None, None, None)
        super().term(timeout)


def _run_quietly(target: Callable[..., None], *args: Any) -> None:
    """The main function of the process: what went wrong its parent was told, and logs it."""
    try:
        target(*args)
    except Exception:
        sys.exit(1)


class _Supervised(ProcessDevice):
    """What both kinds of configured devices have in common."""

    start_method = "spawn"  # threads are at work where it is started
    allow: CurveKeys | None = None

    @property
    def _launch_class(self) -> Callable[..., BaseProcess]:
        made: Callable[..., BaseProcess] = super()._launch_class

        def launch(*, target: Callable[..., None], args: tuple[Any, ...]) -> BaseProcess:
            return made(target=partial(_run_quietly, target), args=args)

        return launch

    def _open_sockets(self, *, watched: bool) -> None:
        if self.allow is not None:
            _GuardedContext.keys = self.allow
            self.context_factory = _GuardedContext
        super()._open_sockets(watched=watched)


class SupervisedDevice(_Supervised):
    """A device without a monitor."""

    def _relay_options(self) -> dict[str, Any]:
        return {"in_prefix": None, "out_prefix": None, "swap": None}


class SupervisedQueue(_Supervised, ProcessMonitoredQueue):
    """A device with a monitor."""


def make_device(
    config: DeviceConfig, pinned: Mapping[str, list[str]]
) -> SupervisedDevice | SupervisedQueue:
    """Prepare the process of a device.

    Parameters
    ----------
    config
        What it is to be.
    pinned
        What it was bound to before, by the names of zmq.devices: a port that the system chose
        stays the same when the device is started again.

    Returns
    -------
    SupervisedDevice or SupervisedQueue
        To be started.

    Raises
    ------
    CommandError
        A program listens on an ipc path that it should bind.
    """
    plan = config.plan
    in_type, out_type, *monitor_types = (getattr(zmq, side.type_name) for side in plan.sides)
    device: SupervisedDevice | SupervisedQueue
    if plan.monitor is None:
        device = SupervisedDevice(zmq.QUEUE, in_type, out_type)
    else:
        prefixes = (plan.in_prefix, plan.out_prefix)
        device = SupervisedQueue(in_type, out_type, monitor_types[0], *prefixes)
    for name, side in zip(SIDE_NAMES, plan.sides, strict=False):
        extras = config.extras.get(SIDE_NAMES[name], SideExtras())
        for option, value in side_options(side, extras):
            getattr(device, f"setsockopt_{name}")(option, value)
        if extras.keys is not None and extras.keys.allow is not None:
            device.allow = extras.keys
        _add_endpoints(device, name, side, iter(pinned.get(name, ())))
    return device


def side_options(side: Side, extras: SideExtras) -> Iterator[tuple[int, int | bytes]]:
    """The options of one socket; those that were named come last, and win."""
    if side.hwm is not None:
        yield zmq.SNDHWM, side.hwm
        yield zmq.RCVHWM, side.hwm
    if side.type_name == "SUB":
        yield zmq.SUBSCRIBE, b""
    yield from key_options(extras.keys)
    yield from extras.settings


def _add_endpoints(device: ProcessDevice, name: str, side: Side, before: Iterator[str]) -> None:
    for endpoint in side.endpoints:
        if not endpoint.bind:
            getattr(device, f"connect_{name}")(endpoint.address)
            continue
        if endpoint.transport == "ipc":
            refuse_used_ipc_path(endpoint, side)
        real = next(before, endpoint.address)
        getattr(device, f"bind_{name}")(real if endpoint.is_wildcard else endpoint.address)
