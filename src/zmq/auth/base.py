"""The ZAP handler (RFC 27) without an event loop: a request goes in, a reply comes out.

libzmq asks for every client that connects to a server socket of the same context::

    request   version, request id, domain, address, routing id, mechanism, credentials...
    reply     version, request id, status code, status text, user id, metadata

`Authenticator.answer` is the whole protocol and does no input or output, except through a
credentials provider of the program's. An authenticator for an event loop only has to receive
from `zap_socket` and hand each message to `handle_zap_message`. Rules that it keeps:

* every request gets a reply, because libzmq makes the client wait for it;
* whatever goes wrong on the way, the reply refuses;
* passwords and secret keys appear in no log.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakValueDictionary

import zmq
from zmq.core.zap import ZAP_ENDPOINT
from zmq.utils import z85

from .certs import load_certificates

__all__ = ["CURVE_ALLOW_ANY", "Authenticator", "running_authenticator"]

CURVE_ALLOW_ANY = "*"

VERSION = b"1.0"
_CURVE_KEY_BYTES = 32
_ANY_DOMAIN = "*"


class _Request(NamedTuple):
    """A ZAP request that has all its frames."""

    domain: str
    address: str
    mechanism: bytes
    credentials: tuple[bytes, ...]


class _Status(NamedTuple):
    """The status of a reply: code, text and user id. Without a user it refuses."""

    code: bytes
    text: bytes
    user: str | bytes = b""


_Answer: TypeAlias = _Status | Awaitable[_Status]


def _allow(user: str | bytes) -> _Status:
    return _Status(b"200", b"OK", user)


def _refuse(text: str, code: bytes = b"400") -> _Status:
    return _Status(code, text.encode("ascii"))


_FAILED = _refuse("Internal error", b"500")


class Authenticator:
    """Decides which clients may connect to the server sockets of a context.

    Without any configuration NULL and GSSAPI clients are let in, PLAIN and CURVE clients are
    not. Addresses are checked first, for every mechanism. This class runs nothing by itself:
    use `zmq.auth.thread.ThreadAuthenticator`, or the one of your event loop.

    Parameters
    ----------
    context
        The context whose sockets are guarded; by default `zmq.Context.instance()`.
    encoding
        How domains, addresses, user names and passwords are encoded.
    log
        A logger; by default that of the name ``zmq.auth``.

    Notes
    -----
    A *domain* is what the server socket has as ZAP_DOMAIN. The domain ``"*"`` of the methods
    below stands for server sockets without one; it is no wildcard. Configure before server
    sockets are bound, from any thread; a change counts for the connections that follow.
    """

    context: zmq.Context
    encoding: str
    allow_any: bool
    credentials_providers: dict[str, Any]
    zap_socket: zmq.Socket | None
    passwords: dict[str, dict[str, str]]
    certs: dict[str, dict[bytes, bool]]
    log: Any

    def __init__(
        self, context: zmq.Context | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        self.context = context or zmq.Context.instance()
        self.encoding = encoding
        self.allow_any = False
        self.credentials_providers = {}
        self.zap_socket = None
        self._allowed: set[str] = set()
        self._denied: set[str] = set()
        self.passwords = {}
        self.certs = {}
        self._guards: dict[str, Callable[[bytes], bool]] = {}
        self.log = log or logging.getLogger("zmq.auth")

    def start(self) -> None:
        """Open and bind the ZAP socket.

        Raises
        ------
        zmq.ZMQError
            The context has a running authenticator already (EADDRINUSE).
        """
        if self.zap_socket is not None:
            raise zmq.ZMQError(zmq.EADDRINUSE, "this authenticator is running: stop it first")
        # A blocking one, whatever the context's are: it serves in a thread as well as in a loop.
        socket = self.context.socket(zmq.REP, socket_class=zmq.SyncSocket)
        socket.linger = 1
        try:
            socket.bind(ZAP_ENDPOINT)
        except zmq.ZMQError as error:
            socket.close()
            if error.errno != zmq.EADDRINUSE:
                raise
            raise zmq.ZMQError(
                zmq.EADDRINUSE,
                f"this context has an authenticator already ({ZAP_ENDPOINT} is bound): "
                "stop that one, or configure it",
            ) from None
        self.zap_socket = socket
        _running[_place(self.context)] = self

    def stop(self) -> None:
        """Close the ZAP socket. Never blocks; may be called again, and before `start`.

        From then on libzmq has no authenticator to ask: it refuses PLAIN clients, but lets in every
        CURVE client that knows the server's public key, unless the server has ZAP_ENFORCE_DOMAIN.
        """
        socket, self.zap_socket = self.zap_socket, None
        if socket is not None:
            release_zap_socket(socket)

    def allow(self, *addresses: str) -> None:
        """Let in clients from these IP addresses only.

        The mechanism still has to agree. Adds to earlier calls.

        Raises
        ------
        ValueError
            Addresses were denied before: use one or the other.
        """
        if self._denied:
            raise ValueError("use either allow() or deny(): addresses are denied already")
        _check_addresses(addresses)
        self.log.debug("allow %s", ", ".join(addresses))
        self._allowed.update(addresses)

    def deny(self, *addresses: str) -> None:
        """Refuse clients from these IP addresses. Adds to earlier calls.

        Raises
        ------
        ValueError
            Addresses were allowed before: use one or the other.
        """
        if self._allowed:
            raise ValueError("use either allow() or deny(): addresses are allowed already")
        _check_addresses(addresses)
        self.log.debug("deny %s", ", ".join(addresses))
        self._denied.update(addresses)

    def configure_plain(
        self, domain: str = _ANY_DOMAIN, passwords: dict[str, str] | None = None
    ) -> None:
        """Let in PLAIN clients of a domain that know a password.

        Parameters
        ----------
        domain
            The ZAP domain, see the class.
        passwords
            Passwords by user name. The dict is kept, so that the program can change it.
        """
        if passwords is not None:
            self.passwords[domain] = passwords
        self.log.debug("PLAIN: domain %s configured", domain)

    def configure_curve(
        self, domain: str = _ANY_DOMAIN, location: str | os.PathLike[str] = "."
    ) -> None:
        """Let in CURVE clients of a domain whose public keys are in a directory.

        Parameters
        ----------
        domain
            The ZAP domain, see the class.
        location
            A directory of ``*.key`` files, read now: call again after a change. Or
            `CURVE_ALLOW_ANY`: any client of any domain, until configured otherwise.

        Notes
        -----
        When the directory cannot be read an error is logged, and the keys of the domain stay
        what they were, at first none.
        """
        self.log.debug("CURVE: domain %s configured with %s", domain, location)
        if location == CURVE_ALLOW_ANY:
            self.allow_any = True
            return
        self.allow_any = False
        try:
            self.certs[domain] = load_certificates(location)
        except (OSError, ValueError) as error:
            self.log.error(
                "Failed to load CURVE certs from %s (domain %s): %s", location, domain, error
            )

    def configure_curve_callback(
        self, domain: str = _ANY_DOMAIN, credentials_provider: Any = None
    ) -> None:
        """Ask the program which CURVE clients of a domain may come in.

        Parameters
        ----------
        domain
            The ZAP domain, see the class.
        credentials_provider
            An object with a method ``callback(domain: str, key: bytes) -> bool``; the key is
            the client's public key in Z85. The method may be a coroutine function. It goes
            before the keys of a directory. An exception in it refuses the client.
        """
        self.allow_any = False
        if credentials_provider is None:
            self.log.error("CURVE: no credentials provider given for domain %s", domain)
            return
        self.credentials_providers[domain] = credentials_provider

    def guard_curve(self, domain: str, admits: Callable[[bytes], bool]) -> None:
        """Let in the CURVE clients of a domain that a function agrees to, and no others.

        It goes before all else that is configured, `CURVE_ALLOW_ANY` too: `secure_server` uses it.

        Parameters
        ----------
        domain
            The ZAP domain, see the class.
        admits
            Called with the client's public key in Z85; an exception in it refuses the client.
        """
        self._guards[domain] = admits

    def configure_gssapi(self, domain: str = _ANY_DOMAIN, location: str | None = None) -> None:
        """Do nothing: libzmq itself checks GSSAPI clients, and their principal is let in."""

    def curve_user_id(self, client_public_key: bytes) -> str:
        """Name a CURVE client; may be overridden.

        Parameters
        ----------
        client_public_key
            The 32 bytes of the key.

        Returns
        -------
        str
            The User-Id of its messages (`Frame.get`); here the key in Z85.
        """
        return z85.encode(client_public_key).decode("ascii")

    async def handle_zap_message(self, msg: list[bytes]) -> None:
        """Answer one message of the ZAP socket, through that socket.

        Waits only for a credentials provider that is a coroutine function. With one that is
        not, and a blocking ZAP socket, it ends without having waited at all.
        """
        socket = self.zap_socket
        reply = self.answer(msg)
        if isawaitable(reply):
            reply = await reply
        # stop() may have come in the meantime.
        if socket is None or socket.closed:
            return
        sent: Any = socket.send_multipart(reply)
        if isawaitable(sent):
            await sent

    def answer(self, msg: Sequence[bytes]) -> list[bytes] | Awaitable[list[bytes]]:
        """Decide about one ZAP request. Does no input or output of its own, never raises.

        Parameters
        ----------
        msg
            The frames of the request, from the version on.

        Returns
        -------
        list of bytes, or awaitable of it
            The frames of the reply; an awaitable when a credentials provider returned one.
        """
        request_id = bytes(msg[1]) if len(msg) > 1 else b""
        try:
            status = self._check(msg)
        except Exception:
            self.log.exception("ZAP: refused, because checking the client failed")
            status = _FAILED
        if isinstance(status, _Status):
            return self._reply(request_id, status)
        return self._reply_later(request_id, status)

    def failure(self, msg: Sequence[bytes]) -> list[bytes]:
        """Make the reply to a request that could not be checked: the client is refused."""
        return self._reply(bytes(msg[1]) if len(msg) > 1 else b"", _FAILED)

    async def _reply_later(self, request_id: bytes, status: Awaitable[_Status]) -> list[bytes]:
        try:
            settled = await status
        except Exception:
            self.log.exception("ZAP: refused, because the credentials provider failed")
            settled = _FAILED
        return self._reply(request_id, settled)

    def _reply(self, request_id: bytes, status: _Status) -> list[bytes]:
        code, text, user = status
        if isinstance(user, str):
            user = user.encode(self.encoding, "replace")
        self.log.debug("ZAP: reply %s %s", code.decode(), text.decode())
        return [VERSION, request_id, code, text, user, b""]

    def _check(self, msg: Sequence[bytes]) -> _Answer:
        if len(msg) < 6:
            self.log.error("ZAP: a request of %d frames, expected 6 or more", len(msg))
            return _refuse("Not enough frames")
        version, _, domain, address, _, mechanism, *credentials = map(bytes, msg)
        if version != VERSION:
            self.log.error("ZAP: a request of version %r, expected %r", version, VERSION)
            return _refuse("Invalid version")
        request = _Request(
            domain.decode(self.encoding, "replace") or _ANY_DOMAIN,
            address.decode(self.encoding, "replace"),
            mechanism,
            tuple(credentials),
        )
        refused = self._check_address(request.address)
        status = refused or self._check_mechanism(request)
        if isinstance(status, _Status):
            self.log.debug(
                "ZAP: %s client from %s, domain %s: %s",
                mechanism.decode("ascii", "replace"),
                request.address,
                request.domain,
                status.text.decode(),
            )
        return status

    def _check_address(self, address: str) -> _Status | None:
        if self._allowed and address not in self._allowed:
            return _refuse("Address not allowed")
        if address in self._denied:
            return _refuse("Address denied")
        return None

    def _check_mechanism(self, request: _Request) -> _Answer:
        mechanism, credentials = request.mechanism, request.credentials
        if mechanism == b"NULL":
            return _allow("anonymous")
        if mechanism == b"PLAIN" and len(credentials) == 2:
            return self._check_plain(request.domain, *credentials)
        if mechanism == b"CURVE" and len(credentials) == 1:
            return self._check_curve(request.domain, credentials[0])
        if mechanism == b"GSSAPI" and len(credentials) == 1:
            # libzmq has checked the ticket; the credentials are the principal's name.
            return _allow(credentials[0])
        if mechanism in (b"PLAIN", b"CURVE", b"GSSAPI"):
            self.log.error("ZAP: %s with %d credentials", mechanism.decode(), len(credentials))
            return _refuse("Invalid credentials")
        return _refuse("NO ACCESS")

    def _check_plain(self, domain: str, name: bytes, password: bytes) -> _Status:
        if not self.passwords:
            return _refuse("No passwords defined")
        users = self.passwords.get(domain)
        if users is None:
            return _refuse("Invalid domain")
        # Bytes that are no text match no name.
        user = name.decode(self.encoding, "replace")
        expected = users.get(user)
        if expected is None or user.encode(self.encoding, "replace") != name:
            return _refuse("Invalid username")
        # Takes the same time wherever the first difference is.
        if not hmac.compare_digest(expected.encode(self.encoding), password):
            return _refuse("Invalid password")
        return _allow(user)

    def _check_curve(self, domain: str, key: bytes) -> _Answer:
        if len(key) != _CURVE_KEY_BYTES:
            self.log.error("ZAP: a CURVE key of %d bytes", len(key))
            return _refuse("Invalid credentials")
        guard = self._guards.get(domain)
        if guard is not None:
            return self._curve(key, guard(z85.encode(key)))
        if self.allow_any:
            return _allow(self.curve_user_id(key))
        provider = self.credentials_providers.get(domain)
        if provider is not None:
            accepted = provider.callback(domain, z85.encode(key))
            if isawaitable(accepted):
                return self._curve_later(key, accepted)
            return self._curve(key, accepted)
        known = self.certs.get(domain)
        if known is None:
            return _refuse("Unknown domain")
        return self._curve(key, known.get(z85.encode(key)))

    async def _curve_later(self, key: bytes, accepted: Awaitable[Any]) -> _Status:
        return self._curve(key, await accepted)

    def _curve(self, key: bytes, accepted: Any) -> _Status:
        return _allow(self.curve_user_id(key)) if accepted else _refuse("Unknown key")


# By process and context, which may have several objects. The end of a context may come without a
# stop: then the socket is closed.
_running: WeakValueDictionary[tuple[int, int], Authenticator] = WeakValueDictionary()


def _place(context: Any) -> tuple[int, int]:
    return os.getpid(), context.underlying


def running_authenticator(context: Any) -> Authenticator | None:
    """Return the authenticator that runs in a context, or None."""
    found = _running.get(_place(context))
    if found is None or found.zap_socket is None or found.zap_socket.closed:
        return None
    return found


def release_zap_socket(socket: zmq.Socket) -> None:
    """Close a ZAP socket so that the next one can be bound at once. Never blocks."""
    if socket.closed:
        return
    # A socket disappears some time after close(), its name right after unbind(). Without a
    # name or a context there is nothing to take back.
    with contextlib.suppress(zmq.ZMQError):
        socket.unbind(ZAP_ENDPOINT)
    socket.close()


def _check_addresses(addresses: Sequence[str]) -> None:
    for address in addresses:
        if not isinstance(address, str):
            raise TypeError(f"an address is a str, not {type(address).__name__}: {address!r}")
