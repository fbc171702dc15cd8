"""Words for sends and receives that fail: nothing comes, nothing goes, or the turn is another's."""

from __future__ import annotations

from zmq._reasons.naming import call_of, counted, more_of, peers_of, socket_of, type_of
from zmq.constants import Event, SecurityMechanism

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from zmq._native import Failure

__all__ = ["not_supported", "out_of_turn", "terminated", "unreachable", "would_block"]

_OUT_OF_TURN = {
    ("REQ", "send"): (
        "has sent a request, and its reply is not received yet",
        "recv() the reply first (all its parts); REQ_RELAXED lets it send without one",
    ),
    ("REQ", "recv"): (
        "has no request under way to which a reply could come",
        "send() a request first",
    ),
    ("REP", "send"): ("has no request to reply to", "recv() a request first (all its parts)"),
    ("REP", "recv"): ("has a request that is not replied to yet", "send() the reply first"),
}

# The types that go one way: what they do, and the type that does the other.
_ONE_WAY = {
    "PUB": ("sends", "SUB"),
    "PUSH": ("sends", "PULL"),
    "RADIO": ("sends", "DISH"),
    "SCATTER": ("sends", "GATHER"),
    "SUB": ("receives", "PUB"),
    "PULL": ("receives", "PUSH"),
    "DISH": ("receives", "RADIO"),
    "GATHER": ("receives", "SCATTER"),
}

_MECHANISM_STEPS = {
    "PLAIN": "PLAIN_USERNAME and PLAIN_PASSWORD have to be those that the server accepts, and a "
    "ZAP handler has to answer in the server's context",
    "CURVE": "CURVE_SERVERKEY has to be the public key of the server, the client's keys have to be "
    "a pair, and the server has to accept them",
    "GSSAPI": "both sides need the principals that they expect of each other",
}


def would_block(failure: Failure) -> str:
    if failure.case == "send":
        return _could_not_send(failure)
    if failure.case == "recv":
        return _nothing_came(failure)
    if failure.case in _WAITED_FOR:
        return _too_few(failure)
    return call_of(failure)


# What the methods wait for that are neither sends nor receives.
_WAITED_FOR = {"wait_for_peers": "peers", "wait_for_subscribers": "subscriptions"}


def _too_few(failure: Failure) -> str:
    more = more_of(failure)
    to = f" to {more['topic']!r}" if more.get("topic") is not None else ""
    what = (
        f"{more['found']} of {more['needed']} {_WAITED_FOR[failure.case]}{to} within "
        f"{more['timeout']:g} ms"
    )
    return "; ".join([f"{socket_of(failure)}: {what}", *_causes(failure, _why_too_few)])


def _why_too_few(failure: Failure) -> list[str]:
    peers = peers_of(failure)
    if failure.case == "wait_for_subscribers":
        return [f"see that each {peers} is connected to it, and has subscribed"]
    there = "is connected to it" if failure.bound else "is bound there"
    return [f"see that a {peers} {there}; {_looks_closer(failure)}"]


def _nothing_came(failure: Failure) -> str:
    if failure.timeout_ms < 0:
        what = "nothing to receive now, and DONTWAIT says not to wait (poll() waits)"
    elif failure.timeout_ms == 0:
        what = "nothing to receive now, and RCVTIMEO is 0"
    else:
        what = f"nothing received within RCVTIMEO={failure.timeout_ms} ms"
    return "; ".join([f"{socket_of(failure)}: {what}", *_causes(failure, _why_nothing_came)])


def _why_nothing_came(failure: Failure) -> list[str]:
    kind = type_of(failure)
    causes = []
    subscribes = kind in ("SUB", "DISH") or (kind == "XSUB" and failure.sent == 0)
    if subscribes and failure.known and failure.subscriptions <= 0:
        if kind == "DISH":
            return ["it is in no group, and gets nothing outside of one: join() one"]
        way = 'subscribe("") for all messages, or subscribe to the start of some'
        if kind == "XSUB":
            way = 'send(b"\\x01" + topic)'
        return [f"it has no subscription, and gets nothing without one: {way}"]
    if more_of(failure).get("has_peer") is False and not failure.sent:
        return [f"no peer is connected: start a {peers_of(failure)} that connects to it"]
    causes.append(_silence(failure))
    if kind == "SUB" and failure.subscriptions > 0:
        count = counted(failure.subscriptions, "subscription")
        causes.append(
            f"it has {count}, and gets messages that start with such a topic; what was published "
            "before the publisher knew of it is lost"
        )
    if kind == "REQ":
        causes.append(
            "until the reply comes it sends no other request: set REQ_RELAXED and REQ_CORRELATE, "
            "or close() it and open another one, to try again"
        )
    return causes


def _silence(failure: Failure) -> str:
    """Say that nothing came, and which connections stand, where that is known."""
    before = f"{counted(failure.received, 'message')} came before"
    standing = more_of(failure).get("standing")
    if standing:
        stand = f"{counted(standing, 'connection')} stand{'s' if standing == 1 else ''}"
        if failure.received:
            return (
                f"{before}, and {stand}: the peer is silent or slow; a longer RCVTIMEO waits longer"
            )
        inproc = all(each.startswith("inproc:") for each in failure.bound + failure.connected)
        if inproc or more_of(failure).get("handshakes", 0) >= standing:
            return f"{stand}, but nothing has come so far: the peer is silent"
        return (
            f"{stand}, but nothing has come so far: the peer is silent, or takes no part in the "
            f"handshake; {_looks_closer(failure)}"
        )
    if failure.received and standing is None:
        return (
            f"{before}, so its peers are silent, slow, or have gone: a longer RCVTIMEO waits "
            f"longer, {_looks_closer(failure)}"
        )
    none = "nothing has come so far" if standing is None else "no connection stands now"
    if failure.received:
        none = f"{before}, but {none}"
    if failure.connected and not failure.bound:
        return (
            f"{none} (connect() succeeds where none is bound, too): see that a "
            f"{peers_of(failure)} is bound there, and sends; {_looks_closer(failure)}"
        )
    return (
        f"{none}: see that a {peers_of(failure)} is connected to it, and sends; "
        f"{_looks_closer(failure)}"
    )


def _looks_closer(failure: Failure) -> str:
    if failure.connected:
        return "zmq.doctor(socket) finds out why a connection or a handshake fails"
    return "socket.connection_events() tells of connections, and of handshakes that fail"


def _could_not_send(failure: Failure) -> str:
    if failure.timeout_ms < 0:
        what = "cannot send now, and DONTWAIT says not to wait (poll(flags=zmq.POLLOUT) waits)"
    elif failure.timeout_ms == 0:
        what = "cannot send now, and SNDTIMEO is 0"
    else:
        what = f"could not send within SNDTIMEO={failure.timeout_ms} ms"
    return "; ".join([f"{socket_of(failure)}: {what}", *_causes(failure, _why_not_sent)])


def _why_not_sent(failure: Failure) -> list[str]:
    full = f"SNDHWM={failure.hwm}"
    peers = peers_of(failure)
    if type_of(failure) == "ROUTER" and "peer" in more_of(failure):
        return [
            f"the queue of the peer {more_of(failure)['peer']!r} is full ({full}): it reads too "
            "slowly, or not at all"
        ]
    if type_of(failure) in ("PUB", "XPUB"):
        return [
            f"XPUB_NODROP is set, and the queue of a subscriber is full ({full}): it reads too "
            "slowly"
        ]
    if failure.immediate:
        return [
            f"IMMEDIATE is set, so only peers that are there count, and there is none, or their "
            f"queues are full ({full}): see that a {peers} is bound there, and reads"
        ]
    standing = more_of(failure).get("standing")
    if failure.connected:
        # A connection that is not made yet has a queue already.
        slow = {None: "peers are not there, or read too slowly", 0: "no connection stands"}.get(
            standing, "peers read too slowly"
        )
        closer = f"; {_looks_closer(failure)}" if standing == 0 else ""
        return [
            f"the queue of every peer is full ({full}): {slow}; see that a {peers} is there and "
            f"reads, or set a larger SNDHWM before connect(){closer}"
        ]
    if failure.known and not failure.sent:
        return [f"no peer has connected yet: start a {peers} that connects to it"]
    if standing:
        return [f"the queue of every peer is full ({full}): see that the {peers} reads"]
    return [
        f"no peer is connected, or the queue of each is full ({full}): see that a {peers} is "
        "connected to it, and reads"
    ]


def _causes(failure: Failure, of: Callable[[Failure], list[str]]) -> list[str]:
    """Return why a wait was in vain, and what to do."""
    if failure.known and not failure.bound and not failure.connected:
        return ["it has no endpoint: bind() or connect() it first"]
    endpoints = failure.bound + failure.connected
    more = more_of(failure)
    causes = of(failure)
    if "failed_handshakes" in more:
        # A server has those of strangers, too, and of what only looks whether it is there.
        leads = not failure.received and not more.get("standing")
        causes.insert(0 if leads else 1, _handshakes(failure, *more["failed_handshakes"]))
    elif "connections" in more and not more.get("standing"):
        causes.insert(0, _connections(failure, *more["connections"]))
    mechanism = _mechanism(more.get("mechanism", 0))
    if mechanism and not failure.received and not more.get("handshakes"):
        causes.append(
            f"it uses {mechanism}, and a handshake that fails shows as silence: "
            f"{_MECHANISM_STEPS.get(mechanism, '')}"
        )
    if failure.connected and not failure.received:
        if any(each.startswith("inproc:") for each in failure.connected):
            causes.append("an inproc name reaches a socket of the same context only")
        causes += [_port_cut(each) for each in endpoints if _port_cut(each)]
    return causes


def _mechanism(number: int) -> str:
    try:
        return SecurityMechanism(number).name if number else ""
    except ValueError:
        return ""


def _connections(failure: Failure, connections: int, handshakes: int, ended: int) -> str:
    """Say what the socket's monitor has told of connections, where no handshake has failed."""
    if not connections:
        return "its monitor has seen no connection: no peer is there, or another address is its"
    if not handshakes and ended:
        return (
            f"{counted(ended, 'connection')} ended before a handshake was over: most often the "
            f"types do not fit, for a {type_of(failure)} needs a {peers_of(failure)}, or one side "
            "has another mechanism"
        )
    if connections > ended:
        return (
            f"its monitor counts {counted(connections - ended, 'connection')} now: to a silent peer"
        )
    return f"{counted(ended, 'connection')} ended, and none stands now"


def _handshakes(failure: Failure, count: int, event: int, reason: int) -> str:
    """Say what the socket's monitor has told of handshakes."""
    times = counted(count, "handshake")
    if event == Event.HANDSHAKE_FAILED_AUTH:
        return (
            f"{times} failed, the last as the ZAP handler answered {reason}: check the credentials"
        )
    if event != Event.HANDSHAKE_FAILED_PROTOCOL:
        return f"{times} failed: the other side has ended the connection, or broke it"
    known = [name for name, member in Event.__members__.items() if member == reason]
    name = known[0] if known else hex(reason)
    if name.endswith("INVALID_METADATA"):
        return (
            f"{times} failed ({name}): most often the types do not fit, for a {type_of(failure)} "
            f"needs a {peers_of(failure)}"
        )
    return (
        f"{times} failed, the last with {name}: both sides need the same mechanism and fitting keys"
    )


def _port_cut(endpoint: str) -> str:
    """Say what libzmq makes of a port that does not exist."""
    port = endpoint.rpartition(":")[2]
    if not endpoint.startswith("tcp://") or not port.isdecimal() or int(port) <= 65535:
        return ""
    return f"port {port} is above 65535, and libzmq has taken it for {int(port) % 65536}"


def out_of_turn(failure: Failure) -> str:
    problem, step = _OUT_OF_TURN.get(
        (type_of(failure), failure.case), ("cannot do this in its state", "mind its order of calls")
    )
    return f"{socket_of(failure)} {problem}: {step}"


def unreachable(failure: Failure) -> str:
    peer = more_of(failure).get("peer")
    if peer is None:
        return f"{socket_of(failure)}: the peer is not connected"
    return (
        f"{socket_of(failure)}: no peer with the identity {peer!r} is connected: it has not "
        "connected yet, or has gone. The first part of a message is the identity of its receiver, "
        "as recv_multipart() has given it, or as the peer has set it before connect()"
    )


def not_supported(failure: Failure) -> str:
    kind = type_of(failure)
    if failure.case in ("send", "recv") and kind in _ONE_WAY:
        does, other = _ONE_WAY[kind]
        if does == "sends":
            return (
                f"{socket_of(failure)} only sends: {failure.case}() is for a {other} socket that "
                "is connected to it"
            )
        return (
            f"{socket_of(failure)} only receives: {failure.case}() is for a {other} socket that it "
            "is connected to"
        )
    return call_of(failure)


def terminated(failure: Failure) -> str:
    return (
        f"the context of this {socket_of(failure)} is ending, and waits for its sockets: close() "
        "the socket"
    )
