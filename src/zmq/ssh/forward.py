"""Forward a local port through a Paramiko transport, as ``ssh -L`` does."""

from __future__ import annotations

import contextlib
import logging
import select
import socketserver
from typing import TYPE_CHECKING as TYPE_CHECKING
from typing import Any

__all__ = ["ForwardServer", "Handler", "forward_tunnel"]

logger: logging.Logger = logging.getLogger("ssh")

_CHUNK_BYTES = 1 << 16


class ForwardServer(socketserver.ThreadingTCPServer):
    """Listens on a local port; every connection is handled in a daemon thread."""

    daemon_threads = True
    allow_reuse_address = True


class Handler(socketserver.BaseRequestHandler):
    """Carries one connection. Subclasses say where to, and through which transport."""

    chain_host: str
    chain_port: int
    # A paramiko.Transport; Paramiko need not be installed to read this file.
    ssh_transport: Any

    def handle(self) -> None:
        """Copy both ways until either side closes."""
        target = (self.chain_host, self.chain_port)
        try:
            channel = self.ssh_transport.open_channel(
                "direct-tcpip", target, self.request.getpeername()
            )
        except Exception as error:
            # Paramiko raises a dozen kinds here. The client sees its connection closed.
            logger.warning("forwarding to %s:%s failed: %s", *target, error)
            return
        logger.debug("forwarding to %s:%s opened", *target)
        with contextlib.closing(channel):
            self._copy(channel)
        logger.debug("forwarding to %s:%s closed", *target)

    def _copy(self, channel: Any) -> None:
        ways = {self.request: channel, channel: self.request}
        try:
            while True:
                readable, _, _ = select.select(list(ways), [], [])
                for source in readable:
                    data = source.recv(_CHUNK_BYTES)
                    if not data:
                        return
                    ways[source].sendall(data)
        except OSError as error:
            logger.debug("forwarding to %s:%s: %s", self.chain_host, self.chain_port, error)


def make_server(
    local_port: int, remote_host: str, remote_port: int, transport: Any
) -> ForwardServer:
    """Make a server that listens already, for the parameters of `forward_tunnel`."""

    class SubHandler(Handler):
        chain_host = remote_host
        chain_port = remote_port
        ssh_transport = transport

    return ForwardServer(("127.0.0.1", local_port), SubHandler)


def forward_tunnel(local_port: int, remote_host: str, remote_port: int, transport: Any) -> None:
    """Forward a port of this machine's loopback address. Blocks for ever.

    Parameters
    ----------
    local_port
        The port to listen on, at 127.0.0.1.
    remote_host, remote_port
        Where the SSH server connects to.
    transport : paramiko.Transport
        An authenticated connection to the SSH server.

    Raises
    ------
    OSError
        The local port is in use.
    """

    with make_server(local_port, remote_host, remote_port, transport) as server:
        server.serve_forever()
