"""`zmq.doctor`: looks at a socket of this program, and at all that it is connected to."""

from __future__ import annotations

import os
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from zmq._addresses import split_address
from zmq._native import Socket, connections_to, copy_curve_keys, failure_of_socket, sockets_bound_at
from zmq.constants import SecurityMechanism, SocketOption, SocketType
from zmq.core.zap import handler_problem
from zmq.diagnosis import mending
from zmq.diagnosis.findings import Diagnosis, Finding, Report
from zmq.diagnosis.places import transport_of
from zmq.diagnosis.probe import examine
from zmq.diagnosis.side import Side
from zmq.diagnosis.zmtp import fits
from zmq.error import ZMQError

if TYPE_CHECKING:
    from zmq._native import Failure

__all__ = ["doctor"]

_LONGEST_S = 1e6


def doctor(socket: Any, *, timeout: float = 2.0) -> Diagnosis:
    """Find out why a socket does not come together with its peers.

    Looks at its endpoints, options and subscriptions. To everything that it is connected to over
    tcp and ipc, a probe connects as the socket would, and does the handshake as far as it costs no
    message: it neither sends nor takes one, and the socket itself goes on as before. The other side
    sees a connection that ends before, or right after, its handshake.

    Blocks for up to a few times `timeout` an endpoint where it does not answer; in an event loop
    call it in a thread (``await asyncio.to_thread(zmq.doctor, socket)``). Any thread may call it.

    Parameters
    ----------
    socket : Socket
        Of any front.
    timeout : float
        Longest wait for one answer, in s.

    Returns
    -------
    Diagnosis
        True where nothing is wrong; `findings` has what is, each with the line that mends it; as
        text it is for people.

    Raises
    ------
    ZMQError
        ENOTSOCK: the socket is closed. EBUSY: a device has it.
    TypeError, ValueError
        Something else is given in place of a socket, or of a time.

    See Also
    --------
    The command ``ohmq doctor``, which does the same from outside.
    """
    _check(socket, timeout)
    side = _side(socket)
    # What an error would tell of it: endpoints, subscriptions, counters.
    facts = failure_of_socket(socket, "diagnosis")
    reports = [_by_itself(socket, side, facts)]
    reports += [_bound(endpoint) for endpoint in dict.fromkeys(facts.bound)]
    for endpoint in dict.fromkeys(facts.connected):
        reports.append(_connected(socket, endpoint, side, timeout))
    return Diagnosis(
        repr(socket),
        tuple(finding for each in reports for finding in each.findings),
        tuple(step for each in reports for step in each.steps),
        {each.endpoint: each.peer_type for each in reports if each.peer_type},
    )


def _check(socket: Any, timeout: Any) -> None:
    if not isinstance(socket, Socket):
        raise TypeError(
            f"doctor() takes a socket, not {socket!r:.80}: the command 'ohmq doctor ENDPOINT' "
            "looks at an address"
        )
    if not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout is a number of seconds, not {timeout!r:.80}")
    if not 0 < timeout <= _LONGEST_S:
        raise ValueError(f"timeout is more than 0 s, and at most {_LONGEST_S:g}, not {timeout}")


def _option(socket: Any, option: SocketOption, default: Any = 0) -> Any:
    """An option, or a default where this type or this libzmq has it not."""
    try:
        return socket.get(option)
    except ZMQError as error:
        from errno import EINVAL

        if error.errno != EINVAL:
            raise
        return default


def _side(socket: Any) -> Side:
    mechanism = SecurityMechanism(_option(socket, SocketOption.MECHANISM)).name
    server = {
        "PLAIN": SocketOption.PLAIN_SERVER,
        "CURVE": SocketOption.CURVE_SERVER,
        "GSSAPI": SocketOption.GSSAPI_SERVER,
    }.get(mechanism)
    as_server = server is not None and bool(_option(socket, server))
    plain = mechanism == "PLAIN" and not as_server
    return Side(
        SocketType(socket.get(SocketOption.TYPE)).name,
        ipv6=bool(_option(socket, SocketOption.IPV6)),
        mechanism=mechanism,
        as_server=as_server,
        username=_option(socket, SocketOption.PLAIN_USERNAME, b"") if plain else b"",
        password=_option(socket, SocketOption.PLAIN_PASSWORD, b"") if plain else b"",
        equip=partial(copy_curve_keys, socket) if mechanism == "CURVE" else None,
        proxy=bool(_option(socket, SocketOption.SOCKS_PROXY, b"")),
    )


# ---- the socket by itself ----


def _by_itself(socket: Any, side: Side, facts: Failure) -> Report:
    report = Report("")
    if facts.known and not facts.bound and not facts.connected:
        report.add(mending.no_endpoint())
    topics = facts.subscriptions
    if facts.known and side.type_name in ("SUB", "DISH"):
        if topics <= 0:
            report.add(mending.no_subscription(side.type_name))
        else:
            report.say(f"it has {topics} subscription{'s' if topics > 1 else ''}")
    elif facts.known and side.type_name == "XSUB" and not facts.sent:
        report.add(mending.no_subscription("XSUB"))
    role = "" if side.mechanism == "NULL" else f", as a {'server' if side.as_server else 'client'}"
    report.say(f"its mechanism is {side.mechanism}{role}", ok=None)
    problem = handler_problem(socket)
    if problem:
        report.add(mending.no_own_handler(problem))
    if facts.sent or facts.received:
        report.say(f"messages so far: {facts.sent} sent, {facts.received} received", ok=None)
    for text in _remarks(socket):
        report.say(text, ok=None)
    return report


def _remarks(socket: Any) -> list[str]:
    """Options that have messages wait or go."""
    send, receive = (
        _option(socket, option, -1) for option in (SocketOption.SNDHWM, SocketOption.RCVHWM)
    )
    linger = _option(socket, SocketOption.LINGER, -1)
    found = [f"high-water marks: {send} to send, {receive} to receive"]
    if linger == 0:
        found.append("linger is 0: what is not sent when it closes is dropped")
    if _option(socket, SocketOption.IMMEDIATE):
        found.append("immediate is set: it queues messages for complete connections only")
    if _option(socket, SocketOption.CONFLATE):
        found.append("conflate is set: it keeps the last message only")
    return found


# ---- its endpoints ----


def _bound(endpoint: str) -> Report:
    report = Report(endpoint)
    transport, rest = transport_of(endpoint)
    if transport == "ipc" and not rest.startswith("@") and not os.path.exists(rest):
        report.add(mending.path_removed(endpoint, rest))
        return report
    report.say("bound")
    if transport == "tcp" and split_address(rest)[0] in ("127.0.0.1", "::1"):
        report.say("only programs of this machine can connect: it is the loopback address", ok=None)
    return report


def _connected(socket: Any, endpoint: str, side: Side, timeout_s: float) -> Report:
    if transport_of(endpoint)[0] == "inproc":
        return _inproc(socket, endpoint, side)
    report = examine(endpoint, side, timeout_s)
    if report.peer_type and not report.findings and _has_given_up(socket, endpoint, timeout_s):
        report.add(mending.given_up(endpoint))
    return report


def _has_given_up(socket: Any, endpoint: str, timeout_s: float) -> bool:
    """Whether the socket has no connection where the probe had one, and gets none by itself."""
    interval_s = max(_option(socket, SocketOption.RECONNECT_IVL), 0) / 1000
    deadline = monotonic() + min(timeout_s, max(0.5, 4 * interval_s))
    while connections_to(socket, endpoint) == 0:
        if monotonic() > deadline:
            return True
        sleep(0.02)
    return False


def _inproc(socket: Any, endpoint: str, side: Side) -> Report:
    """Look for the other socket in this process; libzmq compares no types there."""
    report = Report(endpoint)
    there = sockets_bound_at(socket.context, endpoint)
    found = [SocketType(kind).name for kind, same_context in there if same_context]
    if not found:
        report.add(_inproc_unbound(endpoint, elsewhere=bool(there)))
        return report
    report.peer_type = found[0]
    if fits(side.type_name, found[0]):
        report.say(f"a {found[0]} is bound there, which fits a {side.type_name}")
    else:
        report.add(mending.types(endpoint, side.type_name, found[0]))
    return report


def _inproc_unbound(endpoint: str, *, elsewhere: bool) -> Finding:
    return (mending.inproc_context if elsewhere else mending.inproc_missing)(endpoint)
