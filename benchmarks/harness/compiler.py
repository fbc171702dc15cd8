"""Compile the C worker, when its sources are newer than it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from harness.processes import BENCHMARKS

if TYPE_CHECKING:
    from pathlib import Path


class CompileError(Exception):
    """The C worker could not be built; the text says why."""


def build_worker() -> Path:
    """Return the path of an up-to-date C worker."""
    folder = BENCHMARKS / "c"
    sources = sorted(folder.glob("*.c"))
    program = BENCHMARKS / "build" / "worker"
    newest = max(path.stat().st_mtime for path in folder.iterdir())
    if program.exists() and program.stat().st_mtime > newest:
        return program
    program.parent.mkdir(exist_ok=True)
    flags = _run(["pkg-config", "--cflags", "--libs", "libzmq"]).split()
    _run(
        [
            *("cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-Wall", "-Wextra"),
            *(str(path) for path in sources),
            *("-o", str(program), *flags, "-lpthread"),
        ]
    )
    return program


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise CompileError(f"{command[0]} is missing: install a C compiler, pkg-config") from None
    except subprocess.CalledProcessError as error:
        raise CompileError(f"{command[0]} failed: {error.stderr.strip()}") from None
