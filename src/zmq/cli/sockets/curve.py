"""CURVE on the command line: keys come from files, because others can read the arguments."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from zmq.cli.sockets.secret_files import warn_of_readers
from zmq.cli.terminal.errors import CommandError, UsageError

if TYPE_CHECKING:
    import zmq

_Found = TypeVar("_Found")
_KEY_CHARS = 40
_DOMAIN = b"ohmq"


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """The options as typed, or the same keys of a configuration."""

    key: str | None = None
    server_key: str | None = None
    server: bool = False
    allow: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether any of them was given."""
        return self.server or bool(self.key or self.server_key or self.allow)


NO_CURVE = CurveOptions()


@dataclass(frozen=True, slots=True)
class CurveKeys:
    """The keys of a socket; `server_key` is None on the server."""

    public: bytes
    secret: bytes
    server_key: bytes | None = None
    allow: str | None = None


def load_keys(options: CurveOptions, names: str = "--curve-{}") -> CurveKeys | None:
    """Read the keys.

    Parameters
    ----------
    options
        What was typed.
    names
        How an option is called in errors.

    Returns
    -------
    CurveKeys or None
        None without any option; a client without a key of its own gets a new one.

    Raises
    ------
    UsageError
        The options contradict each other, or libzmq has no CURVE.
    CommandError
        Files are missing or no certificates: all that is wrong with them.
    """
    if not options.wanted:
        return None
    import zmq

    def name(key: str) -> str:
        return names.format(key.replace("_", "-") if names.startswith("--") else key)

    if not zmq.has("curve"):
        raise UsageError("this libzmq was built without CURVE; see 'ohmq info'")
    if options.server:
        if options.server_key:
            raise UsageError(f"{name('server_key')} is for clients; this side is the server")
        if not options.key:
            raise UsageError(f"{name('server')} needs {name('key')} FILE; 'ohmq keygen' makes one")
    elif not options.server_key:
        raise UsageError(
            f"{name('server_key')} is missing: the public key of the server, or its file"
        )
    elif options.allow:
        raise UsageError(f"{name('allow')} is for servers; add {name('server')}")
    return _read(options, name)


def _read(options: CurveOptions, name: Callable[[str], str]) -> CurveKeys:
    """Read all that the options name; what is wrong with several of them is told at once."""
    problems: list[CommandError] = []

    def tried(read: Callable[[str, str], _Found], key: str, text: str | None) -> _Found | None:
        try:
            return read(text, name(key)) if text else None
        except CommandError as error:
            problems.append(error)
            return None

    tried(_check_folder, "allow", options.allow)
    own = tried(_own_keys, "key", options.key)
    server_key = tried(_public_key, "server_key", options.server_key)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        several = CommandError("; ".join(map(str, problems)))
        several.lines = list(map(str, problems))
        raise several
    if own is None:
        import zmq

        own = zmq.curve_keypair()
    return CurveKeys(*own, server_key, options.allow)


def _check_folder(text: str, option: str) -> None:
    if not Path(text).is_dir():
        raise CommandError(f"{option} {text}: no such directory")


def _own_keys(file: str, option: str) -> tuple[bytes, bytes]:
    public, secret = _load(file, option)
    if secret is None:
        raise CommandError(f"{option} {file}: holds no secret key; take the .key_secret file")
    warn_of_readers(file)
    return public, secret


def _public_key(text: str, option: str) -> bytes:
    """A key as typed, or of a file; a file wins, whatever its name looks like."""
    if len(text) == _KEY_CHARS and not Path(text).exists():
        from zmq.auth.curve import is_key

        key = text.encode("utf-8")
        if not is_key(key):
            raise UsageError(f"{option} {text}: neither a file nor a key in Z85")
        return key
    return _load(text, option)[0]


def _load(file: str, option: str) -> tuple[bytes, bytes | None]:
    from zmq.auth.certs import load_certificate
    from zmq.auth.curve import is_key

    if not Path(file).exists():
        raise CommandError(f"{option} {file}: no such file")
    try:
        public, secret = load_certificate(file)
    except (OSError, ValueError) as error:
        raise CommandError(f"{option} {file}: {error}") from None
    for kind, key in (("public", public), ("secret", secret)):
        if key is not None and not is_key(key):
            # Not the key itself: it may be a secret.
            raise CommandError(f"{option} {file}: its {kind} key is not 40 characters of Z85")
    return public, secret


def key_options(keys: CurveKeys | None) -> list[tuple[int, int | bytes]]:
    """The socket options that keys mean, to be set before it binds or connects."""
    if keys is None:
        return []
    import zmq

    found: list[tuple[int, int | bytes]] = [
        (zmq.CURVE_PUBLICKEY, keys.public),
        (zmq.CURVE_SECRETKEY, keys.secret),
    ]
    if keys.server_key is not None:
        return [*found, (zmq.CURVE_SERVERKEY, keys.server_key)]
    if keys.allow is not None:
        found.append((zmq.ZAP_DOMAIN, _DOMAIN))
    return [*found, (zmq.CURVE_SERVER, 1)]


def apply_keys(socket: zmq.Socket[Any], keys: CurveKeys | None) -> None:
    """Give a socket its keys; before it binds or connects."""
    for option, value in key_options(keys):
        socket.set(option, value)


@contextlib.contextmanager
def authenticated(context: zmq.Context[Any], keys: CurveKeys | None) -> Iterator[None]:
    """Admit only the clients whose public keys are in the directory, where one was given.

    Raises
    ------
    CommandError
        A file of the directory is no certificate.
    """
    if keys is None or keys.allow is None:
        yield
        return
    import logging

    from zmq.auth.thread import ThreadAuthenticator

    quiet = logging.getLogger("zmq.cli.auth")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    authenticator = ThreadAuthenticator(context, log=quiet)
    authenticator.start()
    try:
        try:
            authenticator.configure_curve(domain=_DOMAIN.decode(), location=keys.allow)
        except (OSError, ValueError) as error:
            raise CommandError(f"{keys.allow}: {error}") from None
        yield
    finally:
        authenticator.stop()
