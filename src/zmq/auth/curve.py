"""CURVE in one call: keys, the clients that are let in, and an authenticator that asks for them."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import zmq
from zmq.utils import z85

from .base import CURVE_ALLOW_ANY, Authenticator, running_authenticator
from .certs import keep_certificates, load_certificate, load_certificates

if TYPE_CHECKING:
    from zmq.core.socket import Socket

__all__ = ["as_public_key", "is_key", "others_can_read", "secure_client", "secure_server"]

_StrPath: TypeAlias = str | os.PathLike[str]
_PublicKey: TypeAlias = bytes | str | os.PathLike[str]
_OwnKeys: TypeAlias = str | os.PathLike[str] | tuple[bytes, bytes] | None

_KEY_BYTES, _KEY_CHARS = 32, 40
_SECRET_SUFFIX = ".key_secret"
# A folder may have changed again within the resolution of its time.
_SETTLED_NS = 1_000_000_000
# Two threads must not start two authenticators in one context.
_starting = threading.Lock()


def secure_server(
    socket: Socket[Any],
    keys: _OwnKeys = None,
    *,
    clients: _StrPath | Iterable[_PublicKey],
) -> bytes:
    """Make a socket a CURVE server that lets in the clients it is told to, and no others.

    Call it before the socket binds or connects. The authenticator of the context that runs is
    used; if there is none, a `zmq.auth.thread.ThreadAuthenticator` is started, which goes on until
    the context ends. Works with the sockets of every front, from any thread. Blocks for the files
    alone, and waits for no peer. Over inproc libzmq authenticates no client.

    Parameters
    ----------
    socket : Socket
        It is bound or connected afterwards.
    keys : path or tuple, optional
        The file of the server's keys, ``NAME.key_secret``. If it is not there a new pair is written
        to it, readable by its owner only, and the public half beside it, as ``NAME.key``. Or the
        pair itself, ``(public, secret)`` as `zmq.curve_keypair` gives it. By default a new pair,
        which ends with the process.
    clients : path or iterable of keys
        The ones that get in: a folder of certificates (``*.key``), which is read again when files
        come or go; or their public keys, each as for `secure_client`; or
        `zmq.auth.CURVE_ALLOW_ANY`, every client that knows the public key of the server. Clients
        that are connected stay when their file goes.

    Returns
    -------
    bytes
        The public key of the server in Z85: what its clients have to know.

    Raises
    ------
    ZMQError
        EINVAL: the socket is bound or connected already. ENOTSUP: libzmq was built without CURVE.
        EADDRINUSE: the context has a ZAP handler that is not of zmq.auth.
    OSError, ValueError
        A file or folder is missing or cannot be read, or holds no keys. No key is in the text.
    """
    _check_fresh(socket, "secure_server")
    admission = _admission(clients)
    public, secret = _own_keys(keys)
    with _starting:
        authenticator = running_authenticator(socket.context) or _start(socket.context)
        authenticator.guard_curve(admission.domain, admission.admits)
    socket.set(zmq.CURVE_SERVER, 1)
    socket.set(zmq.CURVE_PUBLICKEY, public)
    socket.set(zmq.CURVE_SECRETKEY, secret)
    socket.set(zmq.ZAP_DOMAIN, admission.domain.encode("ascii"))
    # After the end of the authenticator no client gets in.
    socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)
    return public


def secure_client(socket: Socket[Any], server: _PublicKey, keys: _OwnKeys = None) -> bytes:
    """Make a socket a CURVE client, which talks to the server with that key and to no other.

    Call it before the socket connects or binds. Works with the sockets of every front, from any
    thread. Blocks for the files alone: whether the server lets the client in shows later, see
    ``ohmq events``.

    Parameters
    ----------
    socket : Socket
        It is connected or bound afterwards.
    server : bytes, str or path
        The public key of the server: 40 characters of Z85, as bytes or text, the 32 bytes that
        they stand for, or the path of a certificate file, ``server.key``.
    keys : path or tuple, optional
        The keys of the client, as for `secure_server`. By default a new pair, which ends with the
        process: for a server that lets in any client.

    Returns
    -------
    bytes
        The public key of the client in Z85: what the server has to know where it asks for it.

    Raises
    ------
    ZMQError
        EINVAL: the socket is bound or connected already. ENOTSUP: libzmq was built without CURVE.
    OSError, ValueError
        A file is missing or cannot be read, or there is no key. No key is in the text.
    """
    _check_fresh(socket, "secure_client")
    server_key = as_public_key(server)
    public, secret = _own_keys(keys)
    socket.set(zmq.CURVE_SERVERKEY, server_key)
    socket.set(zmq.CURVE_PUBLICKEY, public)
    socket.set(zmq.CURVE_SECRETKEY, secret)
    return public


def _check_fresh(socket: Socket[Any], name: str) -> None:
    if not zmq.has("curve"):
        raise zmq.ZMQError(zmq.ENOTSUP, f"{name}: this libzmq was built without CURVE")
    endpoint: bytes = socket.get(zmq.LAST_ENDPOINT)
    if endpoint:
        raise zmq.ZMQError(
            zmq.EINVAL,
            f"{socket!r} is bound or connected already ({endpoint.decode('utf-8', 'replace')}): "
            f"call {name} before, as its keys count for what comes after",
        )


def _start(context: Any) -> Authenticator:
    from .thread import ThreadAuthenticator

    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    # The program does not know of them: no one has to close them.
    thread = authenticator.thread
    for socket in (authenticator.zap_socket, authenticator.pipe, thread and thread.pipe):
        if socket:
            socket._ends_with_context = True
    return authenticator


# ---- keys ----


def is_key(key: bytes) -> bool:
    """Whether bytes are a CURVE key in Z85."""
    try:
        return len(key) == _KEY_CHARS and len(z85.decode(key)) == _KEY_BYTES
    except ValueError:
        return False


def as_public_key(key: _PublicKey) -> bytes:
    """Return a public key, which is given itself or by its certificate file, in Z85.

    Raises
    ------
    OSError, ValueError
        There is no such file, or no key. The text does not hold what was given for a key, as it
        may be a secret one.
    """
    if isinstance(key, (bytes, bytearray, memoryview)):
        given = bytes(key)
        if len(given) == _KEY_BYTES:
            return z85.encode(given)
        if is_key(given):
            return given
        raise ValueError(f"{len(given)} bytes are no CURVE key: it has 40 (Z85) or 32")
    if isinstance(key, str) and len(key) == _KEY_CHARS and not os.path.exists(key):
        encoded = key.encode("utf-8")
        if is_key(encoded):
            return encoded
        raise ValueError("40 characters that are neither a CURVE key in Z85 nor a file")
    public, _ = _loaded(key)
    return public


def _loaded(file: _StrPath) -> tuple[bytes, bytes | None]:
    """Return the keys of a certificate file, which are keys."""
    public, secret = load_certificate(file)
    for kind, key in (("public", public), ("secret", secret)):
        if key is not None and not is_key(key):
            raise ValueError(f"{os.fspath(file)}: its {kind} key is not 40 characters of Z85")
    return public, secret


def _own_keys(keys: _OwnKeys) -> tuple[bytes, bytes]:
    """Return public and secret key: given, of a file, or new."""
    if keys is None:
        return zmq.curve_keypair()
    if isinstance(keys, tuple):
        public, secret = keys
        if not (is_key(public) and is_key(secret)):
            raise ValueError("a pair of keys is (public, secret), each 40 bytes of Z85")
        where = "the pair"
    else:
        public, secret = _keys_of_file(os.fspath(keys))
        where = os.fspath(keys)
    if zmq.curve_public(secret) != public:
        raise ValueError(f"{where}: the public key does not belong to the secret key")
    return public, secret


def _keys_of_file(file: str) -> tuple[bytes, bytes]:
    if not os.path.exists(file):
        if not file.endswith(_SECRET_SUFFIX):
            raise FileNotFoundError(
                f"{file}: no such file; a name that ends with {_SECRET_SUFFIX} has a new pair "
                "of keys written"
            )
        keep_certificates(file.removesuffix(_SECRET_SUFFIX))
    public, secret = _loaded(file)
    if secret is None:
        raise ValueError(f"{file}: holds no secret key; take the file NAME{_SECRET_SUFFIX}")
    mode = others_can_read(file)
    if mode:
        import logging

        logging.getLogger("zmq.auth").warning(
            "%s holds a secret key and others can read it (mode %04o); chmod 600 fixes that",
            file,
            mode,
        )
    return public, secret


def others_can_read(file: _StrPath) -> int:
    """Return the mode of a file that its group or others can read, else 0; only POSIX has modes."""
    if os.name != "posix":
        return 0
    mode = stat.S_IMODE(os.stat(file).st_mode)
    return mode if mode & (stat.S_IRGRP | stat.S_IROTH) else 0


# ---- the clients that get in ----


class _Any:
    """Lets in every client that knows the key of the server."""

    domain = "zmq.auth.any"

    def admits(self, key: bytes) -> bool:
        return True


class _Keys:
    """Lets in the clients that have one of some keys."""

    def __init__(self, keys: Iterable[_PublicKey]) -> None:
        self._keys = frozenset(map(as_public_key, keys))
        if not self._keys:
            raise ValueError(
                "clients: no key is given, so no client could get in; zmq.auth.CURVE_ALLOW_ANY "
                "stands for every client"
            )
        self.domain = _domain("keys", b"".join(sorted(self._keys)))

    def admits(self, key: bytes) -> bool:
        return key in self._keys


class _Folder:
    """Lets in the clients whose certificates are in a folder."""

    def __init__(self, folder: _StrPath) -> None:
        self._path = Path(folder).absolute()
        self._lock = threading.Lock()
        self._read()
        self.domain = _domain("folder", os.fsencode(self._path))

    def _read(self) -> None:
        read_ns = time.time_ns()
        changed_ns = self._path.stat().st_mtime_ns
        self._keys = load_certificates(self._path)
        # Not before it is read: what fails is tried again.
        self._read_ns, self._changed_ns = read_ns, changed_ns

    def admits(self, key: bytes) -> bool:
        """Look the key up; raise what is wrong with the folder, and so let no one in."""
        with self._lock:
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns != self._changed_ns or self._read_ns - changed_ns < _SETTLED_NS:
                self._read()
            return key in self._keys


def _admission(clients: Any) -> _Any | _Keys | _Folder:
    if isinstance(clients, (bytes, bytearray, memoryview)):
        raise TypeError("clients: a folder, or a list of keys; one key is a list, too: [key]")
    if clients == CURVE_ALLOW_ANY:
        return _Any()
    if isinstance(clients, (str, os.PathLike)):
        return _Folder(clients)
    return _Keys(clients)


def _domain(kind: str, text: bytes) -> str:
    """Return a ZAP domain: the same for all servers that let in the same clients."""
    return f"zmq.auth.{kind}.{hashlib.sha256(text).hexdigest()[:32]}"
