"""Access rules: pure functions on headers, which the handlers apply."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from zmq._addresses import is_loopback, is_number
from zmq.dashboard.address import Address, named_host

SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one dashboard."""

    token: str = field(repr=False)
    names: frozenset[str]
    on_loopback: bool
    private: bool

    def knows_host(self, header: str | None) -> bool:
        """Whether a Host header names this dashboard.

        A page of another site can have its own name resolved to this machine (DNS rebinding),
        but the browser then sends that name. The port is not looked at: a tunnel may change it.
        """
        host = named_host(header or "")
        if host is None:
            return False
        if is_loopback(host) or host in self.names:
            return True
        return not self.on_loopback and is_number(host)

    def knows_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a request comes from this dashboard's own page, or from no page at all."""
        if origin is None:
            return True
        parts = urlsplit(origin)
        return parts.scheme in {"http", "https"} and bool(host) and parts.netloc == host

    def knows_token(self, token: str | None) -> bool:
        """Whether a token is the right one, in constant time."""
        return hmac.compare_digest((token or "").encode(), self.token.encode())

    def may_read(self, authorization: str | None) -> bool:
        """Whether a request with this Authorization header may see numbers and messages."""
        return not self.private or self.may_control(authorization)

    def may_control(self, authorization: str | None) -> bool:
        """Whether a request with this Authorization header may pause, resume and stop."""
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.knows_token(token.strip())


def make_guard(
    address: Address, token: str | None, names: Iterable[str] = (), *, private: bool = False
) -> Guard:
    """Make the rules for an address.

    Parameters
    ----------
    address
        Address to listen on.
    token
        Permits pause, resume and stop; None generates one.
    names
        Further names that browsers may use for this machine.
    private
        Whether reading needs the token on loopback too.

    Returns
    -------
    Guard
        Off loopback, reading needs the token whatever `private` is.

    Raises
    ------
    ValueError
        The token is so short that it could be guessed, or is not valid in a header.
    """
    if token is None:
        token = secrets.token_urlsafe(24)
    if len(token) < SHORTEST_TOKEN:
        raise ValueError(f"a token of {len(token)} characters; take at least {SHORTEST_TOKEN}")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("a token is made of printable ASCII characters, without blanks")
    known = {name.lower().rstrip(".") for name in names}
    if address.host and not is_number(address.host):
        known.add(address.host.lower())
    return Guard(
        token=token,
        names=frozenset(known),
        on_loopback=address.is_loopback,
        private=private or not address.is_loopback,
    )
