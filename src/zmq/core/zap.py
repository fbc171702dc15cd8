"""Server sockets that ask for authentication, and whether a ZAP handler (RFC 27) answers.

libzmq asks the handler of the context, if there is one, for each client. If there is none it does
not say so. Which clients get in then:

======== ========================= ==========================================================
NULL     no ZAP_DOMAIN             everyone: nothing was asked for
NULL     ZAP_DOMAIN                everyone; no one with ZAP_ENFORCE_DOMAIN
PLAIN    with or without           no one
CURVE    with or without           everyone that knows the server's key; no one with ZAP_DOMAIN
                                   and ZAP_ENFORCE_DOMAIN
======== ========================= ==========================================================

ZAP_ENFORCE_DOMAIN without a ZAP_DOMAIN has no handler asked at all, and lets CURVE and NULL clients
in; a PLAIN server aborts the process when its first client comes.
"""

from __future__ import annotations

from errno import EPERM

from zmq.constants import EINVAL, SecurityMechanism, SocketOption
from zmq.core.warning import warn_program
from zmq.error import ZAPWarning, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ZAP_ENDPOINT", "check_handler", "handler_problem"]

ZAP_ENDPOINT = "inproc://zeromq.zap.01"

_IS_SERVER = {
    SecurityMechanism.PLAIN: SocketOption.PLAIN_SERVER,
    SecurityMechanism.CURVE: SocketOption.CURVE_SERVER,
    SecurityMechanism.GSSAPI: SocketOption.GSSAPI_SERVER,
}
_WAY_OUT = (
    "Start an authenticator (zmq.auth) in the context before the socket binds or connects. To have "
    "this raise: context.zap_required = True"
)


def check_handler(socket: Any, addr: str | bytes) -> None:
    """Warn, once for a socket, or raise, if it asks for authentication and no handler answers.

    Parameters
    ----------
    socket : Socket
        A socket that is to bind or connect, and has a mechanism or a ZAP domain.
    addr : str
        Where to. Over inproc libzmq authenticates no client.

    Raises
    ------
    ZMQError
        EPERM where the context requires a handler; EINVAL for options that would end the process.
    """
    if isinstance(addr, str):
        if addr.startswith("inproc:"):
            return
    elif isinstance(addr, bytes) and addr.startswith(b"inproc:"):
        return
    asked = _asked(socket)
    if asked is None:
        return
    mechanism, domain, enforced = asked
    if mechanism == SecurityMechanism.PLAIN and enforced and not domain:
        raise ZMQError(
            EINVAL,
            f"{socket!r}: a PLAIN server with ZAP_ENFORCE_DOMAIN needs a ZAP_DOMAIN: without one "
            "libzmq would abort the process when a client comes",
        )
    context = socket.context
    required = context.zap_required
    problem = _problem(mechanism, context, domain, enforced, required)
    if problem:
        problem = f"{socket!r} ({mechanism.name}, {_text(addr)}): {problem}"
        if required:
            raise ZMQError(EPERM, problem)
        if not socket._zap_warned:
            socket._zap_warned = True
            warn_program(f"{problem} {_WAY_OUT}", ZAPWarning)
    if required and domain and not enforced:
        # Should the handler end before the socket does, libzmq lets no one in.
        socket.set(SocketOption.ZAP_ENFORCE_DOMAIN, 1)


def handler_problem(socket: Any) -> str:
    """Return what is wrong with a socket that asks for authentication; empty for all others."""
    asked = _asked(socket)
    context = socket.context
    if asked is None or context is None:
        return ""
    return _problem(asked[0], context, *asked[1:], required=context.zap_required)


def _asked(socket: Any) -> tuple[SecurityMechanism, bool, bool] | None:
    """The mechanism of a server, whether it has a ZAP domain, and whether it enforces that."""
    mechanism = SecurityMechanism(socket.get(SocketOption.MECHANISM))
    if mechanism and not socket.get(_IS_SERVER[mechanism]):
        return None
    domain = bool(socket.get(SocketOption.ZAP_DOMAIN))
    return mechanism, domain, bool(socket.get(SocketOption.ZAP_ENFORCE_DOMAIN))


def _problem(
    mechanism: SecurityMechanism, context: Any, domain: bool, enforced: bool, required: bool
) -> str:
    """Return what is wrong with a server socket, or nothing."""
    if enforced and not domain:
        return (
            "it has ZAP_ENFORCE_DOMAIN, but no ZAP_DOMAIN: libzmq asks no handler, and lets "
            "everyone in. Set zap_domain."
        )
    # CURVE without a domain may be meant to encrypt, and to let everyone in.
    asked = domain or mechanism == SecurityMechanism.PLAIN
    if not (asked or required) or context._has_zap_handler():
        return ""
    if mechanism == SecurityMechanism.PLAIN or enforced:
        effect = "libzmq refuses every client."
    elif mechanism == SecurityMechanism.CURVE:
        effect = "libzmq lets every client in that knows the server's key."
    else:
        effect = "libzmq lets every client in."
    return f"it asks for authentication, but its context has no ZAP handler, and {effect}"


def _text(addr: str | bytes) -> str:
    return addr.decode("utf-8", "replace") if isinstance(addr, bytes) else str(addr)
