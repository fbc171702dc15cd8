"""Options that several commands share, as typer reads them."""

from __future__ import annotations

import functools
import inspect
import math
import sys
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeAlias

import typer

from zmq.cli.terminal.codec import FORMATS
from zmq.cli.terminal.errors import UsageError

INT_MAX = 2**31 - 1
#: What TextOrJson has.
TEXT_OR_JSON = ("text", "json")
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


Decorator: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]
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
TextOrJson: TypeAlias = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="text or json.",
        autocompletion=one_of(TEXT_OR_JSON),
    ),
]
Delimiter: TypeAlias = Annotated[
    str | None, typer.Option("--delimiter", "-d", metavar="TEXT", help="Separates parts.")
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
    typer.Option(min=0, max=INT_MAX, metavar="N", help="High-water mark; 0 is no limit."),
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Nothing on standard error but errors.")
]
OnlyErrors: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")
]


def grouped(name: str, group: Callable[..., Any]) -> Decorator:
    """Give a command the options of a function, in place of a parameter that has its result.

    Parameters
    ----------
    name
        The parameter of the command.
    group
        The function; its parameters are the options.
    """
    options = inspect.signature(group, eval_str=True).parameters

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            made = group(**{option: given.pop(option) for option in options})
            command(**given, **{name: made})

        parameters: list[inspect.Parameter] = []
        for each in inspect.signature(command, eval_str=True).parameters.values():
            parameters += options.values() if each.name == name else [each]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        vars(run)["__signature__"] = inspect.Signature(parameters)
        return run

    return decorate


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


def check_waits(**seconds: float | None) -> None:
    """Refuse waits of more than some days; each by the name of its option, in s."""
    for option, limit in seconds.items():
        check_seconds(f"--{option}", limit, longest=1e6)


def check_text_or_json(form: str) -> None:
    """Refuse a form that is neither.

    Raises
    ------
    UsageError
        It says what there is.
    """
    if form not in TEXT_OR_JSON:
        raise UsageError(f"--format {form!r}: unknown; there are {', '.join(TEXT_OR_JSON)}")
