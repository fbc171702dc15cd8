"""Files that hold secrets: read, with a warning where others can read them as well."""

from __future__ import annotations

import functools
import sys

from zmq.cli.terminal.errors import CommandError


def read_secret(file: str, where: str) -> bytes:
    """The content of a file without the end of its line; `where` begins the error.

    Raises
    ------
    CommandError
        It cannot be read.
    """
    try:
        with open(file, "rb") as stream:
            secret = stream.read()
    except OSError as error:
        raise CommandError(f"{where}: {file}: {error.strerror}") from error
    warn_of_readers(file)
    return secret.rstrip(b"\r\n")


@functools.cache
def warn_of_readers(file: str) -> None:
    """Say, once a file, that its group or others can read a secret; only POSIX has modes."""
    from zmq.auth.curve import others_can_read

    mode = others_can_read(file)
    if mode and sys.stderr is not None:
        print(
            f"ohmq: warning: {file} holds a secret and others can read it (mode {mode:04o}); "
            "chmod 600 fixes that",
            file=sys.stderr,
        )
