"""Options that several commands share, as typer reads them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeAlias

import typer

from zmq.cli.terminal.codec import FORMATS
from zmq.cli.terminal.errors import UsageError

_INT_MAX = 2**31 - 1
EXIT_CODES = (
    "Exit codes: 0 done, 1 failed, 2 bad arguments, 124 time-out, 128 + N ended by signal N"
)


def one_of(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what completes the beginning of one of these names, for the Tab key."""

    def complete(incomplete: str) -> list[str]:
        return [name.lower() for name in names if name.lower().startswith(incomplete)]

    return complete


def type_argument(types: Iterable[str]) -> Any:
    """Return the argument that names the type of the socket, one of these."""
    text = "Type of the socket: push, sub, req, ..."
    return typer.Argument(metavar="TYPE", help=text, autocompletion=one_of(types))


Binds: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--bind", "-b", metavar="ENDPOINT", help="Bind here; repeatable."),
]
Connects: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--connect", "-c", metavar="ENDPOINT", help="Connect to it; repeatable."),
]
Format: TypeAlias = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}.",
        autocompletion=one_of(FORMATS),
    ),
]
Timeout: TypeAlias = Annotated[
    float | None,
    typer.Option("--timeout", "-t", min=0, metavar="SECONDS", help="Longest wait for a message."),
]
Duration: TypeAlias = Annotated[
    float | None, typer.Option(min=0, metavar="SECONDS", help="End after this time.")
]
Count: TypeAlias = Annotated[
    int | None,
    typer.Option("--count", "-n", min=1, metavar="N", help="End after this many messages."),
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", metavar="NAME=VALUE", help="Set a socket option; repeatable."),
]
Hwm: TypeAlias = Annotated[
    int | None,
    typer.Option(min=0, max=_INT_MAX, metavar="N", help="High-water mark; 0 is no limit."),
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Nothing on standard error but errors.")
]


def say(line: str, *, quiet: bool) -> None:
    """A remark on standard error, which is not part of the output."""
    if not quiet and sys.stderr is not None:
        print(f"ohmq: {line}", file=sys.stderr, flush=True)


def check_seconds(option: str, seconds: float | None, *, longest: float = 1e9) -> None:
    """Refuse times that are no times.

    Parameters
    ----------
    option
        The option that gave it, for the error.
    seconds
        A time in s, or None when there is none.
    longest
        Longest time that waiting can take, in s.

    Raises
    ------
    UsageError
        It is not a number, infinite, negative, or absurdly long.
    """
    if seconds is not None and (math.isnan(seconds) or not 0 <= seconds <= longest):
        raise UsageError(f"{option} {seconds}: not a number of seconds between 0 and {longest:.0f}")
