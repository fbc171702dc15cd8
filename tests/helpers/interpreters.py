"""The interpreters that tests run programs with, and the environment of those."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent


def pyzmq_python() -> Path | None:
    """The interpreter that has PyZMQ, or None when this machine has none."""
    named = os.environ.get("OHMQ_PYZMQ_PYTHON")
    path = Path(named) if named else ROOT / ".venv-pyzmq" / "bin" / "python"
    return path if path.exists() else None


NO_PYZMQ = (
    "no interpreter with PyZMQ 27.3: set OHMQ_PYZMQ_PYTHON, or let `make test` make "
    ".venv-pyzmq/bin/python"
)


def environment(
    python: str | os.PathLike[str], env: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment of a child: another interpreter looks for `zmq` in its own packages."""
    own = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if os.fspath(python) != sys.executable:
        own.pop("PYTHONPATH", None)  # it may name src: the other would compare us with us
    return {**own, **(env or {})}


def with_helpers(python: str | os.PathLike[str]) -> dict[str, str]:
    """The environment of a child that imports from this package, with the `zmq` of its own."""
    path = environment(python).get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([os.fspath(TESTS), *([path] if path else ())])}
