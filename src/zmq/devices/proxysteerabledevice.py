"""Proxies that a control socket steers: PAUSE, RESUME, TERMINATE, STATISTICS."""

from __future__ import annotations

from typing import Any

import zmq
from zmq.devices._sides import ControlSide, Side
from zmq.devices.proxydevice import ProcessProxy, Proxy, ProxyBase, ThreadProxy

__all__ = ["ProcessProxySteerable", "ProxySteerable", "ThreadProxySteerable"]


class ProxySteerableBase(ProxyBase):
    """Base of all steerable proxies: a proxy with a ctrl socket."""

    ctrl_type: int

    def __init__(
        self,
        in_type: int,
        out_type: int,
        mon_type: int = zmq.PUB,
        ctrl_type: int | None = None,
    ) -> None:
        super().__init__(in_type, out_type, mon_type)
        self.ctrl_type = zmq.PAIR if ctrl_type is None else ctrl_type
        self._ctrl = self._sides["ctrl"] = ControlSide("ctrl")

    def _wanted(self) -> list[tuple[Side, int]]:
        wanted = super()._wanted()
        return wanted if self.ctrl_type < 0 else [*wanted, (self._ctrl, self.ctrl_type)]

    def bind_ctrl(self, addr: str) -> None:
        """Have the ctrl socket bind an address when the device starts (Socket.bind)."""
        self._ctrl.bind(addr)

    def bind_ctrl_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Choose a free port for the ctrl socket: as bind_in_to_random_port."""
        return self._bind_to_random_port(self._ctrl, addr, *args, **kwargs)

    def connect_ctrl(self, addr: str) -> None:
        """Have the ctrl socket connect to an address when the device starts (Socket.connect)."""
        self._ctrl.connect(addr)

    def setsockopt_ctrl(self, opt: int, value: Any) -> None:
        """Have an option of the ctrl socket set, before it binds or connects."""
        self._ctrl.options.append((opt, value))


class ProxySteerable(ProxySteerableBase, Proxy):
    """A steerable proxy that runs in the thread which starts it.

    Parameters
    ----------
    in_type, out_type : int
        Types of the sockets between which messages go.
    mon_type : int
        Type of the socket that gets a copy of each.
    ctrl_type : int, optional
        Type of the socket that takes the commands of zmq_proxy_steerable(3): PAIR (the default),
        REP, which answers each, or SUB, which cannot answer STATISTICS. TERMINATE ends the device
        as stop() does.
    """


class ThreadProxySteerable(ProxySteerableBase, ThreadProxy):
    """A steerable proxy that runs in a thread of its own. See ProxySteerable."""


class ProcessProxySteerable(ProxySteerableBase, ProcessProxy):
    """A steerable proxy that runs in a process of its own. See ProxySteerable."""
