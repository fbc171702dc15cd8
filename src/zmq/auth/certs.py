"""CURVE certificates: text files that hold a key pair, or its public half.

``name.key`` holds the public key and may be handed out; ``name.key_secret`` holds both keys and
may not. The format is CZMQ's: sections whose entries are indented, ``key = value``. Keys are Z85
(RFC 32), and stand in the section ``curve``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import zmq

__all__ = ["create_certificates", "load_certificate", "load_certificates"]

_StrPath: TypeAlias = str | os.PathLike[str]

_KEY_LINE = re.compile(
    r"""\s*(?P<kind>public|secret)-key\s*=\s*
    (?: "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<bare>\S+) )""",
    re.VERBOSE,
)
_PUBLIC_NOTE = "CURVE public key. Give it to the peers that shall know this one."
_SECRET_NOTE = "CURVE SECRET KEY. Whoever reads this file can act as its owner: keep it here."


def create_certificates(
    key_dir: _StrPath, name: str, metadata: dict[str, str] | None = None
) -> tuple[str, str]:
    """Make a key pair and write its two certificate files.

    Parameters
    ----------
    key_dir
        A directory that exists.
    name
        The files are ``name.key`` and ``name.key_secret``; existing ones are replaced.
    metadata
        Entries to write into both files; they are not read back.

    Returns
    -------
    tuple of str
        The path of the public file and of the secret file. The secret file can be read by its
        owner only, from the moment it exists.

    Raises
    ------
    OSError
        The directory is missing or cannot be written.
    zmq.ZMQError
        libzmq was built without CURVE.
    """
    base = os.path.join(key_dir, name)
    _make(base, metadata, replace=True)
    return f"{base}.key", f"{base}.key_secret"


def keep_certificates(base: str) -> None:
    """Make a key pair and its two files, ``base.key_secret`` and ``base.key``, unless they exist.

    Of several processes that do so at once, one makes the files.
    """
    with contextlib.suppress(FileExistsError):
        _make(base, None, replace=False)


def _make(base: str, metadata: dict[str, str] | None, replace: bool) -> None:
    public, secret = (key.decode("ascii") for key in zmq.curve_keypair())
    public_file, secret_file = f"{base}.key", f"{base}.key_secret"
    if not os.path.isdir(os.path.dirname(base) or "."):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), public_file)
    # The secret one first: a failure must not leave a public key without its secret one.
    both = {"public": public, "secret": secret}
    _write(secret_file, 0o600, _text(_SECRET_NOTE, metadata, both), replace)
    # What is there belongs to a secret file that was taken away: the new one decides.
    _write(public_file, 0o644, _text(_PUBLIC_NOTE, metadata, {"public": public}), True)


def _text(note: str, metadata: dict[str, str] | None, keys: dict[str, str]) -> str:
    now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    lines = [f"# {note}", f"# Made {now}.", "", "metadata"]
    for entry, value in (metadata or {}).items():
        if "\n" in f"{entry}{value}":
            raise ValueError(f"metadata {entry!r}: no line breaks")
        lines.append(f"    {entry} = {value}")
    lines += ["curve", *(f'    {kind}-key = "{key}"' for kind, key in keys.items()), ""]
    return "\n".join(lines)


def _write(path: str, mode: int, text: str, replace: bool) -> None:
    """Write a file that never has other permissions, in one step, in place of an old one or not.

    Raises
    ------
    FileExistsError
        There is one, and it is not to be replaced.
    """
    temporary = f"{path}.{secrets.token_hex(8)}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(fd, "w", encoding="utf-8") as file:
            file.write(text)
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
            os.unlink(temporary)
    except BaseException:
        os.unlink(temporary)
        raise


def load_certificate(filename: _StrPath) -> tuple[bytes, bytes | None]:
    """Read a certificate file.

    Returns
    -------
    tuple
        The public key, and the secret key or None: Z85 bytes, as the socket options take them.

    Raises
    ------
    OSError
        There is no such file, or it cannot be read.
    ValueError
        The file has no public key.
    """
    path = Path(filename)
    if not path.exists():
        raise OSError(f"Invalid certificate file: {path}")
    keys: dict[str, bytes] = {}
    section = ""
    for line in path.read_bytes().decode("utf-8", "replace").splitlines():
        if line.lstrip().startswith("#") or not line.strip():
            continue
        if not line[0].isspace() and "=" not in line:
            section = line.strip()
            continue
        found = _KEY_LINE.match(line)
        # An entry of the metadata may be called "public-key", and is no key.
        if found is None or section == "metadata":
            continue
        value = found["double"] or found["single"] or (found["bare"] or "").strip("\"'")
        keys[found["kind"]] = value.encode("utf-8")
    if "public" not in keys:
        raise ValueError(f"No public key found in {path}")
    return keys["public"], keys.get("secret")


def load_certificates(directory: _StrPath = ".") -> dict[bytes, bool]:
    """Read the public keys of all ``*.key`` files of a directory.

    Returns
    -------
    dict
        Each public key (Z85 bytes), and True.

    Raises
    ------
    OSError
        There is no such directory.
    ValueError
        One of the files has no public key: nothing is loaded, so that no client is locked
        out or let in by half a set.
    """
    if not os.path.isdir(directory):
        raise OSError(f"Invalid certificate directory: {directory}")
    path = Path(directory)
    return {load_certificate(file)[0]: True for file in sorted(path.glob("*.key"))}
