"""ZMQStream on PyZMQ and on this package: the same scenarios, each in both."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from helpers.interpreters import with_helpers
from helpers.processes import Child, run_python

pytest.importorskip("tornado", reason="Tornado is not installed")

from helpers.compat.streams.bench import SCENARIO_S
from helpers.compat.streams.scenarios import SCENARIOS


class Difference(NamedTuple):
    """A difference that is intended."""

    theirs: Any
    ours: Any
    reason: str


SORTED = '{"a": 2, "b": 1}'
DIFFERENCES: dict[tuple[str, str], Difference] = {
    ("json_arguments", "received"): Difference(
        ['{"b": 1, "a": 2}'], [SORTED], "PyZMQ hands the arguments of json.dumps to send"
    ),
    ("callback_errors", "the messages behind it"): Difference(
        0, 3, "after an error PyZMQ waits for the next message before it looks again"
    ),
    ("flush_without_callback", "flushed"): Difference(3, 0, "PyZMQ drops the messages"),
    ("flush_without_callback", "then"): Difference(
        [], [["0"], ["1"], ["2"]], "PyZMQ drops the messages"
    ),
    ("closing", "what was queued"): Difference(
        [], [["goodbye"]], "what can be sent is sent before the end"
    ),
    ("closing", "sending"): Difference(True, False, "a closed stream does nothing"),
    ("closing", "receiving"): Difference(True, False, "a closed stream does nothing"),
}


class Both:
    """The scenarios in an interpreter that has PyZMQ, and in one like this."""

    def __init__(self, pyzmq: Path) -> None:
        self.children = [
            Child(["-m", "helpers.compat.streams"], python=python, env=with_helpers(python))
            for python in (pyzmq, sys.executable)
        ]

    def run(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for child in self.children:
            child.write(name)
        theirs, ours = (child.json(SCENARIO_S + 5) for child in self.children)
        return theirs, ours


@pytest.fixture(scope="module")
def both(pyzmq: Path) -> Iterator[Both]:
    (found,) = run_python(
        "import importlib.util; print(importlib.util.find_spec('tornado') is not None)",
        python=pyzmq,
    )
    if found != "True":
        pytest.skip(f"the environment of PyZMQ has no Tornado: {pyzmq} -m pip install tornado")
    both = Both(pyzmq)
    yield both
    for child in both.children:
        child.kill()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_seen_alike(both: Both, name: str) -> None:
    theirs, ours = both.run(name)
    wrong = []
    for what in theirs.keys() | ours.keys():
        pair = theirs.get(what), ours.get(what)
        intended = DIFFERENCES.get((name, what))
        if pair != (intended[:2] if intended else (pair[0], pair[0])):
            wrong.append(f"{what}\n  PyZMQ {pair[0]}\n  ohmq  {pair[1]}")
    assert not wrong, "\n".join(wrong)
    assert {what for which, what in DIFFERENCES if which == name} <= theirs.keys()
