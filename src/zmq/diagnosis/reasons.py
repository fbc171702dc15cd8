"""Why connections fail, in words: of handshakes and of names. For the doctor and the command."""

from __future__ import annotations

import socket

from zmq._addresses import split_address

#: Errors of the protocol that have one cause.
CAUSES = {
    "ZMTP_MECHANISM_MISMATCH": "one side asks for CURVE or PLAIN, and the other has no such key",
    "ZMTP_CRYPTOGRAPHIC": "the client has the key of another server",
    "ZMTP_INVALID_METADATA": "mostly the types of the two sockets do not match",
}
#: Why the other side ends a handshake of which libzmq reports no more than the end.
TYPES_DIFFER = "the types of the two sockets do not match"
WRONG_SERVER_KEY = "the server's key is another one"
NO_KEY = "the other side may ask for CURVE or PLAIN, and this side has no key"
REFUSED_BY_ZAP = "refused by the server's authentication"
NOT_ACCEPTED = "no program accepted"


def unresolved_words(host: str, error: Exception) -> str:
    """The sentence for a name that the resolver does not know."""
    return f"the name {host} cannot be resolved: {getattr(error, 'strerror', None) or error}"


def unresolved(endpoint: str) -> str:
    """Why the name of a host cannot be resolved; empty if it can, or is no name."""
    if not endpoint.startswith("tcp://"):
        return ""
    host, _ = split_address(endpoint.rpartition(";")[2])
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        return unresolved_words(host, error)
    return ""
