"""``ohmq info``: versions, capabilities, limits, and whether the installation is whole.

It is what one runs when something is wrong, so it works without the extra, and even when the
``zmq`` that was imported is PyZMQ's or lacks files: nothing of it is taken for granted.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from zmq.cli.library import is_own_zmq, library
from zmq.cli.terminal.errors import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    import typer

    from zmq.cli.installation import Diagnosis

_CAPABILITIES = ("ipc", "curve", "draft", "gssapi", "norm", "pgm", "tipc", "vmci", "ws", "wss")
# The packages of the extras.
_EXTRAS = {
    "cli": ("typer", "rich", "tree-sitter", "tree-sitter-toml"),
    "dashboard": ("tornado", "bokeh", "prometheus-client"),
    "plot": ("matplotlib",),
    "ssh": ("paramiko", "pexpect"),
}
_LOOPS = ("anyio", "trio", "tornado", "gevent", "eventlet", "uvloop")
_UNKNOWN = "unknown"


def _ask(question: Callable[[], Any]) -> str:
    """The answer as text, or that there is none: a broken installation still gets its report."""
    try:
        return str(question())
    except Exception:
        return _UNKNOWN


def version_line() -> str:
    """One line with the versions that a bug report needs."""
    package = library()
    return (
        f"ohmq {_ask(lambda: package.ohmq_version)} "
        f"(PyZMQ API {_ask(library_version)}, libzmq {_ask(lambda: package.zmq_version())}, "
        f"Python {platform.python_version()})"
    )


def _own_version() -> str:
    """The version that runs, or the installed one that does not."""
    if is_own_zmq():
        return str(library().ohmq_version)
    from importlib.metadata import version

    return f"{version('ohmq')} is installed, but 'import zmq' loads another package"


def library_version() -> str:
    """The PyZMQ level that the imported package provides."""
    return str(library().__version__)


def facts() -> list[tuple[str, str]]:
    """The facts about the package that was imported.

    Opens a context for a moment, and no socket.

    Returns
    -------
    list of tuple
        Pairs of a name and a text.
    """
    package = library()
    return [
        ("ohmq", _ask(_own_version)),
        ("PyZMQ API", _ask(library_version)),
        ("libzmq", _ask(lambda: package.zmq_version())),
        ("Python", f"{platform.python_version()} ({sys.executable})"),
        ("platform", f"{platform.platform()}, {os.cpu_count()} CPUs"),
        ("installed in", ", ".join(getattr(package, "__path__", [])) or _UNKNOWN),
        *_capability_facts(),
        ("extras", "; ".join(f"{extra}: {_versions(names)}" for extra, names in _EXTRAS.items())),
        ("event loops", f"asyncio {_versions(_LOOPS, missing=False)}".rstrip()),
        ("max sockets", _ask(_max_sockets)),
        ("io threads", _ask(_io_threads)),
        ("ipc path", _ask(lambda: f"up to {package.IPC_PATH_MAX_LEN} bytes")),
        ("open files", _ask(_open_files)),
        ("listen queue", _ask(lambda: f"up to {_kernel('core/somaxconn')} (BACKLOG is 100)")),
        ("socket buffers", _ask(_buffers)),
    ]


def _has(name: str) -> bool:
    # libzmq knows "ws" and "wss" in capitals only.
    return bool(library().has(name) or library().has(name.upper()))


def _capability_facts() -> Iterable[tuple[str, str]]:
    answers: dict[str, list[str]] = {}
    for name in _CAPABILITIES:
        answers.setdefault(_ask(partial(_has, name)), []).append(name)
    for answer, title in (("True", "has"), ("False", "has not"), (_UNKNOWN, "may have")):
        if answer in answers:
            yield title, " ".join(answers[answer])


def _max_sockets() -> str:
    package = library()
    context = package.Context()
    try:
        limit = context.get(package.SOCKET_LIMIT)
        return f"{context.get(package.MAX_SOCKETS)} a context (may be set up to {limit})"
    finally:
        context.term()


def _io_threads() -> str:
    package = library()
    context = package.Context()
    try:
        return f"{context.get(package.IO_THREADS)} a context"
    finally:
        context.term()


def _kernel(name: str) -> int:
    """A limit of Linux; raises where there is none."""
    with open(f"/proc/sys/net/{name}", encoding="ascii") as file:
        return int(file.read())


def _buffers() -> str:
    return f"up to {_kernel('core/rmem_max')} (receive), {_kernel('core/wmem_max')} (send) bytes"


def _versions(names: Iterable[str], *, missing: bool = True) -> str:
    """Distributions with their versions; `missing` names those that are not there, too."""
    import importlib.metadata

    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if missing:
                found.append(f"no {name}")
    return ", ".join(found)


def _open_files() -> str:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"{soft} (may be set up to {hard})"


def report_lines(pairs: Iterable[tuple[str, str]], diagnosis: Diagnosis) -> list[str]:
    """Lay out the report.

    Parameters
    ----------
    pairs
        Facts, as names and texts.
    diagnosis
        What is wrong, if anything.

    Returns
    -------
    list of str
        Lines of plain text; the last ones say whether all is well, or how to fix it.
    """
    pairs = list(pairs)
    width = max((len(name) for name, _ in pairs), default=0)
    lines = [f"{name:<{width}}  {text}" for name, text in pairs]
    lines += [f"{'note':<{width}}  {text}" for text in diagnosis.notes]
    if not diagnosis.problems:
        return [*lines, f"{'installation':<{width}}  whole"]
    lines += ["", "This installation is mixed or damaged:"]
    lines += [f"  - {problem}" for problem in diagnosis.problems]
    lines += ["", "Fix it with:"]
    lines += [f"  {command}" for command in diagnosis.fix]
    return lines


def print_info(*, as_json: bool = False) -> int:
    """Print the report.

    Parameters
    ----------
    as_json
        As one JSON object: name and text of each fact, and lists of notes, problems and fixes.

    Returns
    -------
    int
        Exit code: 1 when the installation is mixed or damaged.
    """
    from zmq.cli.installation import collect, diagnose

    diagnosis = diagnose(collect(imported_is_own=is_own_zmq()))
    if as_json:
        lists = {"notes": diagnosis.notes, "problems": diagnosis.problems, "fix": diagnosis.fix}
        print(json.dumps(dict(facts()) | lists, indent=1))
    else:
        print("\n".join(report_lines(facts(), diagnosis)))
    return EXIT_FAILED if diagnosis.problems else EXIT_OK


def info(as_json: bool = False) -> None:
    """Print versions and limits; find mix-ups with PyZMQ.

    Exits with 1 when the installation is mixed with PyZMQ or damaged, and says how to fix it.
    """
    import typer

    raise typer.Exit(print_info(as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    import typer

    def command(as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
        info(as_json)

    command.__doc__ = info.__doc__
    app.command("info")(command)
