"""The words of all findings about the other side: what was seen, what it means, what mends it."""

from __future__ import annotations

from zmq._reasons.naming import PARTNERS
from zmq.diagnosis import reasons
from zmq.diagnosis.findings import Finding
from zmq.diagnosis.places import Place
from zmq.diagnosis.side import Side
from zmq.diagnosis.zmtp import Speech

_KEYS = (
    "socket.curve_serverkey = KEY of the server, and a key pair of its own: "
    "zmq.auth.secure_client(socket, KEY) sets both; before it connects"
)
_PLAIN = "socket.plain_username = NAME; socket.plain_password = PASSWORD; before it connects"
_SERVES = {
    "CURVE": "socket.curve_secretkey = KEY; socket.curve_server = True",
    "PLAIN": "socket.plain_server = True, and an authenticator (zmq.auth)",
}
_NOTED = 40

# ---- the socket itself ----


def no_endpoint() -> Finding:
    return Finding(
        "no-endpoint",
        "it is neither bound nor connected",
        "",
        'socket.connect("tcp://127.0.0.1:5555"), for example, or socket.bind(...)',
    )


def no_subscription(type_name: str) -> Finding:
    return Finding(
        "no-subscription",
        "it has no subscription: it receives nothing",
        "a subscriber gets the messages that it has asked for, and no others",
        {
            "SUB": 'socket.subscribe("") for all messages, or with what they begin with',
            "XSUB": 'socket.send(b"\\x01" + TOPIC), with b"" as the topic of all messages',
        }.get(type_name, 'socket.join("GROUP")'),
    )


def no_own_handler(problem: str) -> Finding:
    return Finding(
        "authentication-missing",
        problem,
        "",
        "start an authenticator (zmq.auth) in its context, before it binds or connects",
    )


def path_removed(endpoint: str, path: str) -> Finding:
    return Finding(
        "ipc-missing",
        f"the socket is bound, but {path} is gone",
        "it was removed or replaced: no other program can connect any more",
        f'socket.unbind("{endpoint}"); socket.bind("{endpoint}"), and let the file be',
        endpoint,
    )


def given_up(endpoint: str) -> Finding:
    return Finding(
        "given-up",
        "the other side would take it now, but the socket has no connection there",
        "libzmq connects no more once the other side has refused it, or where reconnect_ivl is -1",
        f'socket.disconnect("{endpoint}"); socket.connect("{endpoint}")',
        endpoint,
    )


def inproc_missing(endpoint: str) -> Finding:
    return Finding(
        "inproc-missing",
        "no socket of this process is bound there",
        "inproc reaches sockets of the same process and context only",
        f'bind the other side: socket.bind("{endpoint}"); tcp:// or ipc:// reach other processes',
        endpoint,
    )


def inproc_context(endpoint: str) -> Finding:
    return Finding(
        "inproc-context",
        "the socket that is bound there is of another context",
        "inproc reaches sockets of the same context only",
        "one context for both sockets: zmq.Context.instance()",
        endpoint,
    )


# ---- no connection ----


def refused(place: Place) -> Finding:
    return Finding(
        "refused",
        f"nothing listens at {place.text} port {place.address[1]}",
        "the machine answers, and no program has bound that port, or not on that address",
        f'bind the other side first: socket.bind("tcp://*:{place.address[1]}")',
        place.endpoint,
    )


def loopback_only(place: Place, host: str, loopback: str, port: int) -> Finding:
    near = f"[{loopback}]" if ":" in loopback else loopback
    return Finding(
        "loopback",
        f"nothing listens at {host} port {port}, but a program of this machine does at {loopback}",
        "it is bound on the loopback address only, which no other address leads to",
        f'socket.bind("tcp://*:{port}") on the other side, or connect to tcp://{near}:{port}',
        place.endpoint,
    )


def no_answer(place: Place, timeout_s: float) -> Finding:
    return Finding(
        "filtered" if len(place.text) and place.text != place.address else "silent",
        f"{place.text} did not answer within {timeout_s:g} s",
        "a firewall drops the packets, the machine is off, or the program accepts no one any more",
        "open the port in the firewall, or connect to the address that the other side has bound",
        place.endpoint,
    )


def unreachable(place: Place, error: OSError) -> Finding:
    return Finding(
        "unreachable",
        f"no way to {place.text}: {error.strerror}",
        "this machine has no route to that network, or the host is down",
        "connect to an address of the network that both machines are in",
        place.endpoint,
    )


def not_connected(place: Place, error: OSError) -> Finding:
    return Finding(
        "not-connected",
        f"{place.text} cannot be connected to: {error.strerror or error}",
        "",
        "connect to the address that the other side has bound",
        place.endpoint,
    )


def stale(place: Place) -> Finding:
    return Finding(
        "ipc-stale",
        f"{place.text} is there, and no program listens",
        "a program that has ended has left the file behind",
        f'bind the other side: socket.bind("{place.endpoint}"), which replaces the file',
        place.endpoint,
    )


# ---- a connection, and no ZMTP ----


def silent(endpoint: str, timeout_s: float) -> Finding:
    return Finding(
        "silent",
        f"it accepts connections, and says nothing within {timeout_s:g} s",
        "a ZMQ socket answers even while its program is busy: so this is none, or the process is "
        "stopped",
        "connect to the port that the ZMQ socket has bound (socket.last_endpoint there), or let "
        "the process go on",
        endpoint,
    )


def closed(endpoint: str, timeout_s: float) -> Finding:
    del timeout_s
    return Finding(
        "closed",
        "it closes the connection without a word",
        "it is no ZMQ socket, or has no descriptor left for another connection",
        "connect to the port that the ZMQ socket has bound (socket.last_endpoint there)",
        endpoint,
    )


def gone(endpoint: str) -> Finding:
    return Finding(
        "closed",
        "it went away in the middle of the handshake",
        "the program has ended, or is not a ZMQ socket",
        "start the program of the other side again, and look at its log",
        endpoint,
    )


def broken_greeting(endpoint: str, said: bytes) -> Finding:
    return Finding(
        "protocol",
        f"it began with {_shown(said)}, and did not go on",
        "it is no ZMQ socket, or something between changes the bytes",
        "connect to the port that the ZMQ socket has bound (socket.last_endpoint there)",
        endpoint,
    )


def stranger(endpoint: str, speech: Speech, said: bytes) -> Finding:
    why = {
        Speech.HTTP: "it is a web server",
        Speech.TLS: "it wants an encrypted connection: an https server, for example",
        Speech.SSH: "it is an ssh server",
    }.get(speech, f"its first bytes are {_shown(said)}")
    return Finding(
        "http" if speech is Speech.HTTP else "tls" if speech is Speech.TLS else "protocol",
        f"it does not speak ZMTP, but {speech.value}",
        why,
        "connect to the port that the ZMQ socket has bound (socket.last_endpoint there)",
        endpoint,
    )


def malformed(endpoint: str, error: Exception) -> Finding:
    return Finding(
        "protocol",
        f"it breaks the rules of ZMTP: {error}",
        "it is no ZMQ socket, or something between changes the bytes",
        "connect to the port that the ZMQ socket has bound (socket.last_endpoint there)",
        endpoint,
    )


def strange(endpoint: str, name: str) -> Finding:
    return malformed(endpoint, ValueError(f"{name or 'a message'} in the handshake"))


def too_old(endpoint: str, speech: Speech, mine: Side) -> Finding:
    return Finding(
        "old",
        f"it speaks {speech.value}, which has no {mine.mechanism}",
        "its libzmq is older than 4.0",
        f"a newer libzmq on the other side, or no {mine.mechanism} on this one",
        endpoint,
    )


# ---- mechanisms ----


def mechanism(endpoint: str, theirs: str, mine: Side) -> Finding:
    mend = {"CURVE": _KEYS, "PLAIN": _PLAIN}.get(theirs)
    if mine.mechanism != "NULL":
        there = _SERVES.get(mine.mechanism, f"{mine.mechanism} as on this side")
        if mine.as_server:
            there = {"CURVE": _KEYS, "PLAIN": _PLAIN}.get(mine.mechanism, there)
        here = f"; or on this side: {mend}" if mend else f"; or no {mine.mechanism} on this side"
        mend = f"on the other side: {there}{here}"
    return Finding(
        "mechanism",
        f"the other side has {theirs}, and this side {mine.mechanism}",
        "both sides need the same mechanism",
        mend or f"set up {theirs} on this side as well",
        endpoint,
    )


def no_credentials(endpoint: str) -> Finding:
    return Finding(
        "credentials",
        "the other side asks for a name and a password, and this side has none",
        "",
        _PLAIN,
        endpoint,
    )


def no_pair(endpoint: str) -> Finding:
    return Finding(
        "no-keys",
        "this side has the server's key, and no key pair of its own",
        "a client of CURVE needs both, also where the server lets any client in",
        "socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair(); before it connects",
        endpoint,
    )


def both_clients(endpoint: str, name: str) -> Finding:
    return Finding(
        "both-clients",
        f"both sides are clients of {name}",
        "one side has to be the server, whichever binds",
        f"on the other side: {_SERVES.get(name, 'be the server')}; before it binds",
        endpoint,
    )


def both_servers(endpoint: str, name: str) -> Finding:
    return Finding(
        "both-servers",
        f"both sides are servers of {name}",
        "one side has to be the client, whichever binds",
        {"CURVE": _KEYS, "PLAIN": _PLAIN}.get(name, f"be a client of {name}"),
        endpoint,
    )


def wrong_server_key(endpoint: str) -> Finding:
    return Finding(
        "server-key",
        "the server cannot read what this side has encrypted for it",
        reasons.WRONG_SERVER_KEY,
        "socket.curve_serverkey = the public key of that server (zmq.curve_public of its secret "
        "key); before it connects",
        endpoint,
    )


# ---- authentication ----


def refused_by_zap(endpoint: str, status: str, name: str) -> Finding:
    subject = {
        "PLAIN": "the name or the password is wrong",
        "CURVE": "this side's public key is not among those it admits",
    }.get(name, "this side's address is not among those it admits")
    mend = {
        "PLAIN": "socket.plain_username and socket.plain_password as the server's "
        "authenticator.configure_plain has them",
        "CURVE": "add socket.curve_publickey to the folder of authenticator.configure_curve at "
        "the server",
    }.get(name, "authenticator.allow(ADDRESS) at the server")
    why = subject if status.startswith("4") else "its ZAP handler has failed"
    return Finding(
        "authentication",
        f"{reasons.REFUSED_BY_ZAP}: status {status}",
        why,
        mend if status.startswith("4") else "look at the log of the server's authenticator",
        endpoint,
    )


def authentication_mute(endpoint: str) -> Finding:
    return Finding(
        "authentication-silent",
        "it began the handshake, and does not go on",
        "its ZAP handler does not answer, or refuses and says nothing",
        "start the authenticator (zmq.auth) in the server's context, before the socket binds",
        endpoint,
    )


def no_handler(endpoint: str) -> Finding:
    return Finding(
        "authentication-missing",
        "it closes the connection when it gets the name and the password",
        "its context has no ZAP handler: libzmq refuses every client then",
        "start the authenticator (zmq.auth) in the server's context, before the socket binds",
        endpoint,
    )


def ended_after_greeting(endpoint: str) -> Finding:
    return Finding(
        "authentication-missing",
        "it closes the connection after the greeting",
        "it has a ZAP domain that it enforces, and no ZAP handler; or it refuses this address",
        "start the authenticator (zmq.auth) in the server's context, before the socket binds",
        endpoint,
    )


# ---- types ----


def types(endpoint: str, mine: str, theirs: str) -> Finding:
    return Finding(
        "types",
        f"this side is a {mine}, and the other side a {theirs}",
        reasons.TYPES_DIFFER,
        f"context.socket(zmq.{_partner(theirs) or 'TYPE'}) on this side, "
        f"or zmq.{PARTNERS[mine][0]} on the other",
        endpoint,
    )


def _partner(theirs: str) -> str:
    partners = PARTNERS.get(theirs.partition(" or ")[0].partition(",")[0], ())
    return partners[0] if partners else ""


def types_or_zap(endpoint: str, mine: str, theirs: str) -> Finding:
    return Finding(
        "types",
        "it closes the connection after the keys",
        f"it is a {theirs}, which does not fit a {mine}; or its authentication refuses this key "
        "without an answer",
        f"zmq.{PARTNERS[mine][0]} on the other side, with an authenticator that admits "
        "socket.curve_publickey",
        endpoint,
    )


def _shown(said: bytes) -> str:
    return repr(said[:_NOTED]) + ("..." if len(said) > _NOTED else "")
