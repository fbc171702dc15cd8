"""Programs written for PyZMQ, from the package index: on this package in its place, and on PyZMQ.

Run by `make ecosystem`, which makes the two environments. A program that fails on PyZMQ is in the
table, and is no failure of this run.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Table

PROGRAMS = Path(__file__).with_name("programs")
PYTHONS = {
    "ohmq": os.environ.get("OHMQ_ECOSYSTEM_PYTHON", ""),
    "PyZMQ": os.environ.get("OHMQ_ECOSYSTEM_PYZMQ_PYTHON", ""),
}

pytestmark = [
    pytest.mark.skipif(not all(PYTHONS.values()), reason="the environments of `make ecosystem`"),
    pytest.mark.timeout(300),
]


@dataclass(frozen=True)
class Program:
    """A file of `programs`, the distribution that it uses, and what it prints."""

    file: str
    distribution: str
    what: str
    prints: tuple[str, ...]


ALL = (
    Program("notebook", "ipykernel", "executes a notebook", ("42", "124750 ValueError")),
    Program(
        "kernels",
        "jupyter_client",
        "starts, asks, interrupts and restarts a kernel",
        ("ok", "KeyboardInterrupt", "ok", "error"),
    ),
    Program("cluster", "ipyparallel", "maps over two engines", ("2470 20100",)),
    Program("load", "locust", "a master and two workers", ("0 True [0, 0]",)),
    Program("remote_calls", "zerorpc", "calls and a stream", ("Hello, RPC 499500",)),
    Program("watchers", "circus", "keeps processes and adds one", ("active 2", "3", "0")),
    Program(
        "minions",
        "salt",
        "a master and two minions",
        (
            "[('first', True), ('second', True)]",
            "[True, True, True]",
            "{'second': 'second'}",
        ),
    ),
    Program("actors", "aiozmq", "streams and remote calls", ("4950 1275", "4950 1275")),
    Program("tasks", "parsl", "100 tasks on two workers, with CURVE", ("328350",)),
    Program("images", "imagezmq", "sends pictures", ("{b'OK'} 20 True", "published True")),
    Program(
        "engine",
        "",
        "vLLM's pattern of sockets: a front end on asyncio, an engine with threads",
        ("ready", "40 {25} True", "0"),
    ),
)


def ask(python: str, code: str, *words: str) -> str:
    command = [python, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def run(python: str, program: Program, folder: Path) -> list[str]:
    """Output lines of a program that has to succeed, in a folder of its own."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # Programs start others by their names.
    env["PATH"] = os.pathsep.join([str(Path(python).parent), env["PATH"]])
    env |= {"IPYTHONDIR": str(folder / "ipython"), "PYTHONWARNINGS": "ignore", "HOME": str(folder)}
    done = subprocess.run(
        [python, str(PROGRAMS / f"{program.file}.py")],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
FACTS = "import sys, zmq; print('libzmq', zmq.zmq_version() + ', Python', sys.version.split()[0])"


def test_each_environment_has_its_package(table: Table) -> None:
    for name, python in PYTHONS.items():
        whose = ask(python, "import zmq; print(hasattr(zmq, 'ohmq_version'))")
        assert whose == str(name == "ohmq")
        table.facts[name] = ask(python, FACTS)


def test_the_adopted_environment_is_whole(table: Table) -> None:
    """Every requirement on pyzmq is satisfied, and upgrades bring no PyZMQ."""
    done = subprocess.run([PYTHONS["ohmq"], "-m", "zmq", "info"], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].split() == ["installation", "whole"]
    check = [PYTHONS["ohmq"], "-m", "pip", "check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert "No broken requirements found." in done.stdout
    row = table.row("pip", "`pip check` after `ohmq adopt`")
    row.version = ask(PYTHONS["ohmq"], VERSION, "pip")
    row.results = {"ohmq": "passed", "PyZMQ": ""}


@pytest.mark.parametrize("name", PYTHONS)
@pytest.mark.parametrize("program", ALL, ids=[program.file for program in ALL])
def test_program(program: Program, name: str, tmp_path: Path, table: Table) -> None:
    row = table.row(program.distribution or "a program", program.what)
    if program.distribution:
        row.version = ask(PYTHONS[name], VERSION, program.distribution)
    row.results[name] = "failed"
    try:
        said = run(PYTHONS[name], program, tmp_path)
        assert tuple(said) == program.prints
    except (AssertionError, subprocess.TimeoutExpired) as failed:
        if name == "ohmq":
            raise
        pytest.xfail(f"on PyZMQ: {failed}")
    row.results[name] = "passed"
