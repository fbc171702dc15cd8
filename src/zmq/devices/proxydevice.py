"""Proxies: devices that show what passes on a third socket."""

from __future__ import annotations

from typing import Any

import zmq
from zmq.devices._sides import MonitorSide, RelayOptions, Side
from zmq.devices.basedevice import Device, ProcessDevice, ThreadDevice

__all__ = ["ProcessProxy", "Proxy", "ThreadProxy"]


class ProxyBase(Device):
    """Base of all proxies: a device with a mon socket."""

    mon_type: int

    def __init__(self, in_type: int, out_type: int, mon_type: int = zmq.PUB) -> None:
        super().__init__(zmq.QUEUE, in_type, out_type)
        self.mon_type = mon_type
        self._mon = self._sides["mon"] = MonitorSide("mon")

    def _wanted(self) -> list[tuple[Side, int]]:
        wanted = super()._wanted()
        return wanted if self.mon_type < 0 else [*wanted, (self._mon, self.mon_type)]

    def _relay_options(self) -> RelayOptions:
        # PUB and XPUB drop what a subscriber cannot take, by their type.
        return RelayOptions(waits=self.mon_type not in (zmq.PUB, zmq.XPUB))

    def bind_mon(self, addr: str) -> None:
        """Have the mon socket bind an address when the device starts (Socket.bind)."""
        self._mon.bind(addr)

    def bind_mon_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Choose a free port for the mon socket: as bind_in_to_random_port."""
        return self._bind_to_random_port(self._mon, addr, *args, **kwargs)

    def connect_mon(self, addr: str) -> None:
        """Have the mon socket connect to an address when the device starts (Socket.connect)."""
        self._mon.connect(addr)

    def setsockopt_mon(self, opt: int, value: Any) -> None:
        """Have an option of the mon socket set, before it binds or connects."""
        self._mon.options.append((opt, value))


class Proxy(ProxyBase):
    """A proxy that runs in the thread which starts it.

    Parameters
    ----------
    in_type, out_type : int
        Types of the sockets between which messages go.
    mon_type : int
        Type of the socket that gets a copy of each, before it is handed on. PUB and XPUB drop what
        a subscriber cannot take, and that is counted; the proxy waits for others, as PUSH and PAIR.
    """


class ThreadProxy(ProxyBase, ThreadDevice):
    """A proxy that runs in a thread of its own. See Proxy for the parameters."""


class ProcessProxy(ProxyBase, ProcessDevice):
    """A proxy that runs in a process of its own. See Proxy for the parameters."""
