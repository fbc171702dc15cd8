"""Every module of the package, each imported first. Two of them warn of their age."""

from __future__ import annotations

from pathlib import Path

import pytest

import zmq
from helpers.processes import run_python

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


@pytest.mark.parametrize("module", modules())
def test_a_module_can_be_imported_first(module: str) -> None:
    lines = run_python(
        f"import {module}, sys; print(sys.modules[{module!r}].__name__)",
        options=["-W", "error", *FOR_OLD_LOOPS, "-X", "dev"],
        env={"EVENTLET_TESTS": "1"},  # it announces its own end in a warning
    )
    assert lines == [module]


def test_import_brings_in_little() -> None:
    """`import zmq` leaves alone what only some programs need."""
    (line,) = run_python("import sys, zmq; print(*sys.modules)")
    loaded = set(line.split())
    assert not loaded & {"asyncio", "json", "pickle", "typer", "rich", "tornado", "ssl", "logging"}
