"""``ohmq info``: versions, capabilities, limits, and whether the installation is whole.

It is what one runs when something is wrong, so it works without the extra, and even when the
``zmq`` that was imported is PyZMQ's or lacks files: nothing of it is taken for granted.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import zmq
from zmq.cli.errors import EXIT_FAILED, EXIT_OK, CommandError
from zmq.cli.install import Verdict, collect, judge

if TYPE_CHECKING:
    import typer

_CAPABILITIES = ("ipc", "curve", "draft", "gssapi", "norm", "pgm", "tipc", "vmci", "ws", "wss")
_UNKNOWN = "unknown"
# What a machine of today uses, for the case that the library cannot be asked.
_USUAL_IPC_LIMIT = 107


def _ask(question: Callable[[], Any]) -> str:
    """The answer as text, or that there is none: a broken installation still gets its report."""
    try:
        return str(question())
    except Exception:
        return _UNKNOWN


def _library() -> Any:
    """The module as something whose attributes may be missing."""
    return zmq


def is_own_zmq() -> bool:
    """Whether ``import zmq`` gave this project's package."""
    return hasattr(_library(), "ohmq_version")


def ipc_limit() -> int:
    """Longest ipc path of this machine, in bytes."""
    return int(getattr(_library(), "IPC_PATH_MAX_LEN", _USUAL_IPC_LIMIT))


def version_line() -> str:
    """One line with the versions that a bug report needs."""
    library = _library()
    return (
        f"ohmq {_ask(lambda: library.ohmq_version)} "
        f"(PyZMQ API {_ask(library_version)}, libzmq {_ask(lambda: library.zmq_version())}, "
        f"Python {platform.python_version()})"
    )


def library_version() -> str:
    """The PyZMQ level that the imported package provides."""
    return str(_library().__version__)


def facts() -> list[tuple[str, str]]:
    """What there is to say about the package that was imported.

    Opens a context for a moment, and no socket.

    Returns
    -------
    list of tuple
        Pairs of a name and a text.
    """
    library = _library()
    return [
        ("ohmq", _ask(lambda: library.ohmq_version)),
        ("PyZMQ API", _ask(library_version)),
        ("libzmq", _ask(lambda: library.zmq_version())),
        ("Python", f"{platform.python_version()} ({sys.executable})"),
        ("platform", platform.platform()),
        ("installed in", ", ".join(getattr(library, "__path__", [])) or _UNKNOWN),
        *_capability_facts(),
        ("max sockets", _ask(_max_sockets)),
        ("ipc path", _ask(lambda: f"up to {library.IPC_PATH_MAX_LEN} bytes")),
        ("open files", _ask(_open_files)),
    ]


def _has(name: str) -> bool:
    return bool(_library().has(name))


def _capability_facts() -> Iterable[tuple[str, str]]:
    answers: dict[str, list[str]] = {}
    for name in _CAPABILITIES:
        answers.setdefault(_ask(partial(_has, name)), []).append(name)
    for answer, title in (("True", "has"), ("False", "has not"), (_UNKNOWN, "may have")):
        if answer in answers:
            yield title, " ".join(answers[answer])


def _max_sockets() -> str:
    library = _library()
    context = library.Context()
    try:
        limit = context.get(library.SOCKET_LIMIT)
        return f"{context.get(library.MAX_SOCKETS)} a context (may be set up to {limit})"
    finally:
        context.term()


def _open_files() -> str:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"{soft} (may be set up to {hard})"


def report_lines(pairs: Iterable[tuple[str, str]], verdict: Verdict) -> list[str]:
    """Lay out the report.

    Parameters
    ----------
    pairs
        Facts, as names and texts.
    verdict
        What is wrong, if anything.

    Returns
    -------
    list of str
        Lines of plain text; the last ones say whether all is well, or how to mend it.
    """
    pairs = list(pairs)
    width = max((len(name) for name, _ in pairs), default=0)
    lines = [f"{name:<{width}}  {text}" for name, text in pairs]
    lines += [f"{'note':<{width}}  {text}" for text in verdict.notes]
    if not verdict.problems:
        return [*lines, f"{'installation':<{width}}  whole"]
    lines += ["", "This installation is mixed or damaged:"]
    lines += [f"  - {problem}" for problem in verdict.problems]
    lines += ["", "Mend it with:"]
    lines += [f"  {command}" for command in verdict.mend]
    return lines


def print_info() -> int:
    """Print the report.

    Returns
    -------
    int
        Exit code: 1 when the installation is mixed or damaged.
    """
    verdict = judge(collect(imported_is_own=is_own_zmq()))
    print("\n".join(report_lines(facts(), verdict)))
    return EXIT_FAILED if verdict.problems else EXIT_OK


def refuse_mixed_installation() -> None:
    """Stop a command that would fail in a strange way on PyZMQ's files.

    Raises
    ------
    CommandError
        ``import zmq`` gave another package than this one.
    """
    if not is_own_zmq():
        raise CommandError(
            "'import zmq' does not load ohmq's zmq; 'python -m zmq info' says how to mend it"
        )


def info() -> None:
    """Print versions and limits; find mix-ups with PyZMQ.

    Exits with 1 when the installation is mixed with PyZMQ or damaged, and says how to mend it.
    """
    import typer

    raise typer.Exit(print_info())


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("info")(info)
