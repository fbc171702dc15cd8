"""The device of a plan: what `ohmq device` runs in a thread, or a supervisor in a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import zmq
from zmq.cli.devices.plan import DevicePlan
from zmq.cli.sockets.opening import refuse_used_ipc_path
from zmq.devices.lastvaluecache import CACHE_LIMITS, CacheLimits
from zmq.devices.monitoredqueuedevice import MonitoredQueueBase

#: The names of the sockets in zmq.devices, and in a plan.
SIDE_NAMES = {"in": "in", "out": "out", "mon": "monitor"}


class PlannedDevice(MonitoredQueueBase):
    """Base of the command's devices: a monitored queue, or the same without a monitor.

    Its context is its own, so that what was sent has left when the device ends. The command says
    itself what was left behind.

    Parameters
    ----------
    plan
        Types, addresses and limits of the sockets.
    options
        More options of each socket, by the names of the plan; they win over those of the plan.
    pinned
        Where it was bound before, by the names of zmq.devices: a port that the system chose stays
        the same when the device is started again.

    Raises
    ------
    CommandError
        A program listens on an ipc path that it should bind.
    """

    context_factory: Callable[[], zmq.Context[Any]] = zmq.Context

    def __init__(
        self,
        plan: DevicePlan,
        options: Mapping[str, Iterable[tuple[int, Any]]] | None = None,
        pinned: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(
            zmq.SocketType[plan.in_side.type_name],
            zmq.SocketType[plan.out_side.type_name],
            zmq.SocketType["PUB" if plan.monitor is None else plan.monitor.type_name],
            plan.in_prefix,
            plan.out_prefix,
        )
        self._plan = plan
        # Without a monitor the plan has two sockets, and the third description stays empty.
        for side, planned in zip(self._sides.values(), plan.sides, strict=False):
            if planned.hwm is not None:
                side.options += [(zmq.SNDHWM, planned.hwm), (zmq.RCVHWM, planned.hwm)]
            if planned.type_name == "SUB":
                side.options.append((zmq.SUBSCRIBE, b""))
            side.options += (options or {}).get(planned.name, ())
            before = iter((pinned or {}).get(side.name, ()))
            for endpoint in planned.endpoints:
                if not endpoint.bind:
                    side.connect(endpoint.address)
                    continue
                if endpoint.transport == "ipc":
                    refuse_used_ipc_path(endpoint, planned)
                real = next(before, endpoint.address)
                side.bind(real if endpoint.is_wildcard else endpoint.address)

    def _relay_options(self) -> Any:
        options = super()._relay_options()
        limits = self._plan.cache
        if limits is None:
            return options
        most = CacheLimits(
            CACHE_LIMITS.entries if limits.entries is None else limits.entries,
            CACHE_LIMITS.bytes if limits.bytes is None else limits.bytes,
        )
        return replace(options, cache=most)

    def _wanted(self) -> list[Any]:
        wanted = super()._wanted()
        return wanted if self._plan.monitor else wanted[:2]

    @classmethod
    def _log_left_behind(cls, left: str) -> None:
        """Log nothing: see the class."""

    def describe(self) -> list[str]:
        """One line an endpoint: name, type, verb, and the address that it really has."""
        lines = []
        for name, planned in zip(SIDE_NAMES, self._plan.sides, strict=False):
            bound = iter(self.endpoints[name])
            for endpoint in planned.endpoints:
                verb = "bind" if endpoint.bind else "connect"
                address = next(bound) if endpoint.bind else endpoint.address
                lines.append(f"{planned.name:<8}{planned.type_name:<7}{verb:<8}{address}")
        return lines
