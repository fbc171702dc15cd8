"""Endpoints as addresses of the system: names are resolved, paths are looked at."""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
from dataclasses import dataclass
from typing import Any

from zmq._addresses import split_address
from zmq.diagnosis.findings import Finding


@dataclass(frozen=True, slots=True)
class Place:
    """Where an endpoint is: what a stream socket connects to."""

    endpoint: str
    family: int
    address: Any
    #: As people read it.
    text: str
    #: Where to bind first; None for anywhere.
    source: Any = None


def transport_of(endpoint: str) -> tuple[str, str]:
    """The part before ``://``, and the rest; an empty transport where there is none."""
    transport, found, rest = endpoint.partition("://")
    return (transport, rest) if found else ("", endpoint)


def find_host(endpoint: str, *, ipv6: bool, timeout_s: float) -> list[Place] | Finding:
    """Resolve the host of a tcp endpoint.

    Parameters
    ----------
    endpoint
        ``tcp://HOST:PORT``, or ``tcp://SOURCE:PORT;HOST:PORT``.
    ipv6
        Whether the socket may use IPv6: only then libzmq looks for such addresses.
    timeout_s
        Longest wait for the resolver, in s.

    Returns
    -------
    list of Place or Finding
        Of several addresses libzmq takes the first one.
    """
    source, _, target = transport_of(endpoint)[1].rpartition(";")
    host, port = split_address(target)
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        return Finding(
            "endpoint",
            f"{endpoint} is no endpoint to connect to",
            "it needs a host and a port from 1 to 65535",
            'socket.connect("tcp://127.0.0.1:5555"), for example',
            endpoint,
        )
    try:
        found = _resolved(host, int(port), ipv6, timeout_s)
        bound = _source(source, ipv6, timeout_s) if source else None
    except (OSError, UnicodeError) as error:
        return _unresolved(endpoint, host, ipv6, error)
    return [Place(endpoint, family, address, str(address[0]), bound) for family, address in found]


def _source(text: str, ipv6: bool, timeout_s: float) -> Any:
    host, port = split_address(text if ":" in text else text + ":0")
    number = int(port) if port.isdigit() else 0
    return _resolved(host, number, ipv6, timeout_s)[0][1] if host != "*" else None


def _unresolved(endpoint: str, host: str, ipv6: bool, error: Exception) -> Finding:
    if not ipv6 and ":" in host:
        return Finding(
            "ipv6",
            f"{host} is an IPv6 address, and this socket is for IPv4 only",
            "",
            "socket.ipv6 = True, before it connects; on the other side as well",
            endpoint,
        )
    from zmq.diagnosis.reasons import unresolved_words

    return Finding(
        "unresolved",
        unresolved_words(host, error),
        "no DNS, /etc/hosts or container network knows it, or the resolver did not answer",
        f"socket.connect() with a name that 'getent hosts {host}' finds, or with the address",
        endpoint,
    )


def _resolved(host: str, port: int, ipv6: bool, timeout_s: float) -> list[tuple[int, Any]]:
    """Ask the resolver, which has no time-out of its own, in a thread of its own."""
    # As libzmq asks: one family, IPv4 in the form of IPv6 where there is nothing else.
    family = socket.AF_INET6 if ipv6 else socket.AF_INET
    mapped = getattr(socket, "AI_V4MAPPED", 0) if ipv6 else 0
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, mapped))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name="ohmq-resolver", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not answers:
        raise TimeoutError(errno.ETIMEDOUT, f"the resolver did not answer within {timeout_s:g} s")
    if isinstance(answers[0], Exception):
        raise answers[0]
    return [(each[0], each[4]) for each in answers[0]]


def find_path(endpoint: str) -> Place | Finding:
    """Look at the path of an ipc endpoint, as far as that needs no connection."""
    path = transport_of(endpoint)[1]
    unix = getattr(socket, "AF_UNIX", None)
    if unix is None:
        return Finding("ipc", f"{endpoint}: this system's Python has no ipc", "", "use tcp://")
    if path.startswith("@"):
        return Place(endpoint, unix, "\0" + path[1:], path)
    from zmq import IPC_PATH_MAX_LEN

    size = len(os.fsencode(path))
    if size > IPC_PATH_MAX_LEN:
        return Finding(
            "ipc-too-long",
            f"the path has {size} bytes, and this system allows {IPC_PATH_MAX_LEN}",
            "",
            "take a shorter path, in /tmp or /run for example, on both sides",
            endpoint,
        )
    return _looked_at(endpoint, path) or Place(endpoint, unix, path, path)


def _looked_at(endpoint: str, path: str) -> Finding | None:
    bind = f'bind the other side first: socket.bind("{endpoint}")'
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        relative = "" if os.path.isabs(path) else f"a relative path is one of {os.getcwd()} here; "
        why = relative + "no program has bound it, or its file was removed"
        mend = bind if os.path.isabs(path) else f"{bind}, and write an absolute path on both sides"
        return Finding("ipc-missing", f"there is no {path}", why, mend, endpoint)
    except PermissionError:
        return _no_permission(endpoint, path)
    except OSError as error:
        return Finding("ipc-missing", f"{path}: {error.strerror}", "", bind, endpoint)
    if not stat.S_ISSOCK(mode):
        why = "it is a folder" if stat.S_ISDIR(mode) else "it is a file"
        mend = "take another path, on both sides"
        return Finding("ipc-no-socket", f"{path} is no socket", why, mend, endpoint)
    if not os.access(path, os.W_OK):
        return _no_permission(endpoint, path)
    return None


def _no_permission(endpoint: str, path: str) -> Finding:
    return Finding(
        "ipc-permission",
        f"no permission to connect to {path}",
        "it takes the right to write to the socket, and to enter its folders",
        f"chmod or chown {path} and its folder, or run both programs as the same user",
        endpoint,
    )
