"""The interpreter that has PyZMQ imports PyZMQ, whatever this one was told about packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from helpers.interpreters import ROOT, environment
from helpers.processes import run_python

WHERE = "import zmq; print(zmq.__file__); print(hasattr(zmq, '_native'))"


def test_it_does_not_find_this_package(pyzmq: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT / "src"))
    where, native = run_python(WHERE, python=pyzmq)
    assert not Path(where).is_relative_to(ROOT / "src")
    assert native == "False"


def test_this_interpreter_keeps_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "here")
    assert environment(sys.executable)["PYTHONPATH"] == "here"


def test_what_a_test_asks_for_counts(pyzmq: Path) -> None:
    assert environment(pyzmq, {"PYTHONPATH": "there"})["PYTHONPATH"] == "there"
