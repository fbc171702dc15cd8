"""SSH tunnels for sockets: a port of 127.0.0.1 leads through an SSH server to another machine.

With OpenSSH the tunnel is a background ``ssh``, which ends by itself when it has not been used
for a while; with Paramiko it is a child process, which ends with this one. Host keys must be
known beforehand: connect once with ``ssh``. Passwords go through a terminal or a pipe, never
into arguments, the environment, logs or error messages.
"""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from multiprocessing import Process
from socket import socket as _Socket
from typing import TYPE_CHECKING

from zmq._addresses import join_address

from . import _openssh, _paramiko
from ._common import MaxRetryExceeded, SSHTunnelError
from .forward import forward_tunnel

if TYPE_CHECKING:
    import zmq
else:

    def __getattr__(name: str) -> object:
        """Say which of the optional modules are there: None for one that is not."""
        if name not in _OPTIONAL:
            raise AttributeError(f"module 'zmq.ssh.tunnel' has no attribute {name!r}")
        try:
            found = __import__("paramiko" if name == "SSHException" else name)
        except ImportError:
            return _NoParamiko if name == "SSHException" else None
        return found.SSHException if name == "SSHException" else found

    def __dir__() -> list[str]:
        return sorted({*globals(), *_OPTIONAL})


# Names that PyZMQ has here; to import them takes long.
_OPTIONAL = ("SSHException", "paramiko", "pexpect")


class _NoParamiko(Exception):
    """Stands for paramiko.SSHException where there is no Paramiko."""


__all__ = [
    "MaxRetryExceeded",
    "SSHTunnelError",
    "forward_tunnel",
    "open_tunnel",
    "openssh_tunnel",
    "paramiko_tunnel",
    "select_random_ports",
    "ssh_tunnel",
    "try_passwordless_ssh",
    "tunnel_connection",
]

_TCP = re.compile(r"tcp://(?P<host>\[[^\]]+\]|[^:/,\s]+):(?P<port>\d+)")


def select_random_ports(n: int) -> list[int]:
    """Return `n` different ports of this machine that are free now; nothing reserves them."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(_Socket()) for _ in range(n)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def try_passwordless_ssh(server: str, keyfile: str | None, paramiko: bool | None = None) -> bool:
    """Find out whether the SSH server lets us in without a password.

    Parameters
    ----------
    server
        ``user@host:port``; user and port are optional.
    keyfile
        A private key to use.
    paramiko
        Use Paramiko instead of OpenSSH; by default only on Windows.

    Returns
    -------
    bool
        True after a login. OpenSSH gives False for a server that cannot be reached, too.

    Raises
    ------
    SSHTunnelError
        Paramiko cannot reach the server, or does not know its host key.

    Notes
    -----
    Blocks for the time of a login, 60 s at most.
    """
    if _needs_paramiko(paramiko):
        return _paramiko.logs_in(server, keyfile)
    return _openssh.passwordless(server, keyfile)


def tunnel_connection(
    socket: zmq.Socket,
    addr: str,
    server: str,
    keyfile: str | None = None,
    password: str | None = None,
    paramiko: bool | None = None,
    timeout: int = 60,
) -> Process | int:
    """Connect a socket to an address through a tunnel.

    Parameters
    ----------
    socket
        The socket to connect.
    addr
        ``tcp://host:port``, as the SSH server sees it.
    server, keyfile, password, paramiko, timeout
        See `open_tunnel`.

    Returns
    -------
    Process or int
        See `open_tunnel`.
    """
    url, tunnel = open_tunnel(addr, server, keyfile, password, paramiko, timeout)
    socket.connect(url)
    return tunnel


def open_tunnel(
    addr: str,
    server: str,
    keyfile: str | None = None,
    password: str | None = None,
    paramiko: bool | None = None,
    timeout: int = 60,
) -> tuple[str, Process | int]:
    """Open a tunnel from a free local port to an address.

    Parameters
    ----------
    addr
        ``tcp://host:port``, as the SSH server sees it.
    server
        ``user@host:port``; user and port are optional.
    keyfile
        A private key to use.
    password
        The password, or the passphrase of the key. Without one, and when it turns out to be
        needed, it is asked for on the terminal.
    paramiko
        Use Paramiko instead of OpenSSH; by default only on Windows.
    timeout
        Seconds after which an OpenSSH tunnel ends when nothing is connected through it.

    Returns
    -------
    tuple
        The address to connect to, and the tunnel: a process id (OpenSSH) or a
        `multiprocessing.Process` (Paramiko).

    Raises
    ------
    ValueError
        An address cannot be understood.
    SSHTunnelError
        The login failed, or the host key is not known.
    ImportError
        pexpect (OpenSSH) or Paramiko is not installed.

    Notes
    -----
    Blocks for the time of a login, 60 s at most.
    """
    found = _TCP.fullmatch(addr)
    if found is None:
        raise ValueError(f"tunnels lead to addresses like tcp://host:port, not {addr!r}")
    (port,) = select_random_ports(1)
    make = paramiko_tunnel if _needs_paramiko(paramiko) else openssh_tunnel
    tunnel: Process | int = make(
        port,
        int(found["port"]),
        server,
        remoteip=found["host"].strip("[]"),
        keyfile=keyfile,
        password=password,
        timeout=timeout,
    )
    return f"tcp://127.0.0.1:{port}", tunnel


def openssh_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str = "127.0.0.1",
    keyfile: str | None = None,
    password: str | None = None,
    timeout: int = 60,
) -> int:
    """Open a tunnel from 127.0.0.1:lport to remoteip:rport with OpenSSH. Needs pexpect.

    Parameters
    ----------
    lport, rport
        The local and the remote port.
    server, keyfile, password, timeout
        See `open_tunnel`.
    remoteip
        The remote address, as the SSH server sees it.

    Returns
    -------
    int
        The process id of the ``ssh`` that was started, or of the master connection
        (ControlMaster) that the tunnel was added to.

    Raises
    ------
    SSHTunnelError, ImportError, ValueError
        See `open_tunnel`.
    FileNotFoundError
        There is no program ``ssh``.
    """
    target = join_address(remoteip, rport)
    return _openssh.run_tunnel(lport, target, server, keyfile, password, timeout)


def paramiko_tunnel(
    lport: int,
    rport: int,
    server: str,
    remoteip: str = "127.0.0.1",
    keyfile: str | None = None,
    password: str | None = None,
    timeout: int = 60,
) -> Process:
    """Open a tunnel from 127.0.0.1:lport to remoteip:rport with Paramiko.

    Parameters
    ----------
    lport, rport
        The local and the remote port.
    server, keyfile, password
        See `open_tunnel`.
    remoteip
        The remote address, as the SSH server sees it.
    timeout
        Not used: the tunnel stays until it is terminated or this process ends.

    Returns
    -------
    multiprocessing.Process
        The process that carries the tunnel, a daemon.

    Raises
    ------
    SSHTunnelError, ImportError, ValueError
        See `open_tunnel`.
    """
    return _paramiko.start_tunnel(lport, (remoteip, rport), server, keyfile, password)


def _needs_paramiko(paramiko: bool | None) -> bool:
    return sys.platform == "win32" if paramiko is None else paramiko


if sys.platform == "win32":
    ssh_tunnel = paramiko_tunnel
else:
    ssh_tunnel = openssh_tunnel
