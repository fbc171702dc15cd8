"""The ``zmq`` package that was imported: this project's, or PyZMQ's in its place."""

from __future__ import annotations

from typing import Any

import zmq
from zmq.cli.terminal.errors import CommandError

# Assumed when the library cannot be asked.
_USUAL_IPC_LIMIT = 107


def library() -> Any:
    """The module as something whose attributes may be missing."""
    return zmq


def is_own_zmq() -> bool:
    """Whether ``import zmq`` gave this project's package."""
    return hasattr(library(), "ohmq_version")


def ipc_limit() -> int:
    """Longest ipc path of this machine, in bytes."""
    return int(getattr(library(), "IPC_PATH_MAX_LEN", _USUAL_IPC_LIMIT))


def refuse_mixed_installation() -> None:
    """Stop a command that would fail in a strange way on PyZMQ's files.

    Raises
    ------
    CommandError
        ``import zmq`` gave another package than this one.
    """
    if not is_own_zmq():
        raise CommandError(
            "'import zmq' does not load ohmq's zmq; 'python -m zmq info' says how to fix it"
        )
