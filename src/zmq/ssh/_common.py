"""The address of the server, and errors, of both kinds of tunnel."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

__all__ = ["MaxRetryExceeded", "SSHTunnelError", "Server", "need", "parse_server"]

# How long a login may take before it is given up. Asking a person is not counted.
LOGIN_WAIT_S = 60.0


class SSHTunnelError(RuntimeError):
    """A tunnel could not be made."""


class MaxRetryExceeded(SSHTunnelError):
    """The password was refused too often."""


class Server(NamedTuple):
    """An SSH server: ``user@host:port``, user and port optional."""

    user: str | None
    host: str
    port: int | None

    @property
    def target(self) -> str:
        """The destination, as ``ssh`` takes it."""
        return f"{self.user}@{self.host}" if self.user else self.host


def parse_server(server: str) -> Server:
    """Take ``user@host:port`` apart; an IPv6 address with a port stands in brackets."""
    user, at, rest = server.rpartition("@")
    host, colon, port = rest, "", ""
    if rest.startswith("["):
        host, bracket, after = rest[1:].partition("]")
        colon, port = after[:1], after[1:]
        if not bracket or colon not in ("", ":"):
            host = ""
    elif rest.count(":") == 1:
        host, colon, port = rest.partition(":")
    # A leading dash would be an option to ssh, and ssh options can run programs.
    wrong = not host or server.startswith("-") or host.startswith("-") or (at and not user)
    if wrong or (colon and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise ValueError(f"an SSH server is written user@host:port, not {server!r}")
    return Server(user or None, host, int(port) if port else None)


def need(module: str, function: str) -> Any:
    """Import an optional module, or say which function needs it and how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{function} needs {module}: pip install 'ohmq[ssh]' ({error})"
        ) from error
