"""The addresses that ``bind`` and ``connect`` take, and what they return."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic as Subscripted
    from typing import TypeVar

    from zmq._native import Socket as NativeSocket

    _SocketType = TypeVar("_SocketType", bound=NativeSocket, covariant=True)
else:
    from zmq.core.generic import Subscripted

    _SocketType = object

__all__ = ["SocketContext", "check_port", "with_own_name"]


def check_port(addr: str | bytes) -> None:
    """Warn of a port that does not exist: libzmq takes another one without a word."""
    if not isinstance(addr, (str, bytes)) or not addr[-5:].isdigit():
        return
    text = addr if isinstance(addr, str) else addr.decode("utf-8", "replace")
    port = text.rpartition(":")[2]
    if text.startswith("tcp://") and port.isdecimal() and int(port) > 65535:
        from zmq.core.warning import warn_program

        warn_program(
            f"{text}: port {port} is above 65535, and libzmq takes it for {int(port) % 65536}",
            RuntimeWarning,
        )


def with_own_name(addr: str | bytes, ipv6: bool) -> str | None:
    """Return an endpoint with the address of this machine in place of its name.

    None for an endpoint with any other name: to look those up may take long, and nothing can be
    bound there.
    """
    import socket

    from zmq._addresses import join_address, split_address

    text = addr.decode("utf-8", "replace") if isinstance(addr, bytes) else addr
    host, port = split_address(text)
    if not text.startswith("tcp://") or host not in ("localhost", socket.gethostname()):
        return None
    try:
        found = socket.getaddrinfo(host, None, 0 if ipv6 else socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return None
    return f"tcp://{join_address(str(found[0][4][0]), port)}"


class SocketContext(Subscripted[_SocketType]):
    """An endpoint of a socket; as a context manager it is given up at the end.

    ``with socket.bind(address) as s:`` binds, gives the socket, and unbinds. Without ``with`` it
    only tells what was bound or connected.

    Attributes
    ----------
    socket : zmq.Socket
    kind : str
        "bind" or "connect".
    addr : str or bytes
        The endpoint; after a bind the one that was found for wildcards.
    """

    def __init__(self, socket: _SocketType, kind: str, addr: str | bytes) -> None:
        self.socket = socket
        self.kind = kind
        # Text for checkers, as in PyZMQ: only a program that has given bytes gets bytes.
        self.addr: str = addr  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.kind}={self.addr!r})>"

    def __enter__(self) -> _SocketType:
        return self.socket

    def __exit__(self, *exc_info: object) -> None:
        if self.socket.closed:
            return
        if self.kind == "bind":
            self.socket.unbind(self.addr)
        else:
            self.socket.disconnect(self.addr)
