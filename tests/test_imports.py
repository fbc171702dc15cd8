"""Every module of the package, each imported first. Two of them warn of their age."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import zmq
from helpers.processes import Child, run_python

PACKAGE = Path(zmq.__file__).resolve().parent
FOR_OLD_LOOPS = [
    option
    for module in ("zmq.eventloop.ioloop", "zmq.auth.ioloop")
    for option in ("-W", f"ignore:{module} is deprecated:DeprecationWarning")
]


def modules() -> list[str]:
    """The names of all modules that the package's files make."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        parts = ["zmq", *path.relative_to(PACKAGE).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        # Importing a __main__ would run the program.
        if parts[-1] != "__main__":
            names.add(".".join(parts))
    return sorted(names | {"zmq._native"})


# Reads names of modules and imports each in a child of its own, where nothing of the package is
# imported yet. Libraries that many of them need are, which saves most of the time.
IMPORTER = """
import os, sys, traceback
import asyncio, importlib, importlib.metadata
import rich.console, rich.live, typer
try:
    import bokeh.plotting, bokeh.server.server, pydantic
except ModuleNotFoundError:
    pass

for module in map(str.strip, sys.stdin):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(module)
            print(sys.modules[module].__name__, flush=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            print(flush=True)
            os._exit(1)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def importer() -> Iterator[Child]:
    with Child(
        ["-W", "error", *FOR_OLD_LOOPS, "-X", "dev", "-c", IMPORTER],
        env={"EVENTLET_TESTS": "1"},  # it announces its own end in a warning
    ) as child:
        yield child


@pytest.mark.parametrize("module", modules())
def test_a_module_can_be_imported_first(module: str, importer: Child) -> None:
    importer.write(module)
    assert importer.line() == module, importer.complaint()


def test_import_brings_in_little() -> None:
    """`import zmq` leaves alone what only some programs need."""
    (line,) = run_python("import sys, zmq; print(*sys.modules)")
    loaded = set(line.split())
    assert not loaded & {"asyncio", "json", "pickle", "typer", "rich", "tornado", "ssl", "logging"}


def test_the_command_brings_in_little() -> None:
    """The models of configurations are for `device --config` alone."""
    script = """
import sys
from zmq.cli.app import make_app
make_app()
print(*sys.modules)
"""
    (line,) = run_python(script)
    assert not set(line.split()) & {"pydantic", "tree_sitter", "rich", "tornado", "zmq.devices"}
