"""What the sockets of a device are to be, as it is told before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from zmq.devices._ports import reserve
from zmq.devices._sides import Side

if TYPE_CHECKING:
    import socket


class Described:
    """The in and the out socket of a device, before they exist."""

    #: The sockets, in the order in which a relay takes them.
    _side_names: ClassVar[tuple[str, ...]] = ("in", "out")

    def __init__(self) -> None:
        self._sides = {name: Side(name) for name in self._side_names}
        self._guards: list[socket.socket] = []

    def bind_in(self, addr: str) -> None:
        """Have the in socket bind an address when the device starts (Socket.bind)."""
        self._sides["in"].bind(addr)

    def bind_in_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Choose a free port for the in socket, which binds it when the device starts.

        Parameters
        ----------
        addr : str
            The address without the port: "tcp://127.0.0.1".
        *args, **kwargs
            min_port, max_port and max_tries, as Socket.bind_to_random_port has them.

        Returns
        -------
        int
            The port. Until the device starts the system gives it to nobody who asks for any.
        """
        return self._bind_to_random_port("in", addr, *args, **kwargs)

    def connect_in(self, addr: str) -> None:
        """Have the in socket connect to an address when the device starts (Socket.connect)."""
        self._sides["in"].connect(addr)

    def setsockopt_in(self, opt: int, value: Any) -> None:
        """Have an option of the in socket set, before it binds or connects.

        Text becomes UTF-8, for identities for example.
        """
        self._sides["in"].options.append((opt, value))

    def bind_out(self, addr: str) -> None:
        """Have the out socket bind an address when the device starts (Socket.bind)."""
        self._sides["out"].bind(addr)

    def bind_out_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Choose a free port for the out socket: as bind_in_to_random_port."""
        return self._bind_to_random_port("out", addr, *args, **kwargs)

    def connect_out(self, addr: str) -> None:
        """Have the out socket connect to an address when the device starts (Socket.connect)."""
        self._sides["out"].connect(addr)

    def setsockopt_out(self, opt: int, value: Any) -> None:
        """Have an option of the out socket set, before it binds or connects."""
        self._sides["out"].options.append((opt, value))

    def _bind_to_random_port(self, side: str, addr: str, *args: int, **kwargs: int) -> int:
        port, guard = reserve(addr, *args, **kwargs)
        if guard is not None:
            self._guards.append(guard)
        self._sides[side].bind(f"{addr}:{port}")
        return port

    def _drop_guards(self) -> None:
        while self._guards:
            self._guards.pop().close()
