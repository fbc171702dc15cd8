"""Mistakes that programs make: the same exceptions as PyZMQ, and texts that help.

`pytest -rP tests/compat/test_mistakes.py` prints both texts of each.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.compat import mistakes
from helpers.interpreters import with_helpers
from helpers.processes import run_python

# In neither library an error: libzmq takes such a port without its highest bits.
SILENT = {"bind_to_a_cut_port", "connect_to_a_cut_port"}
# Where PyZMQ has put words of its own into strerror.
OWN_STRERROR = {"bind_in_a_missing_directory", "bind_a_path_that_is_too_long"}
# Where PyZMQ makes the error without its number, which pickles and copies then lose.
NO_ARGS = {
    "unbind_what_is_not_bound",
    "disconnect_what_is_not_connected",
    "a_type_that_is_none",
    "too_many_sockets",
    "too_many_descriptors",
    *OWN_STRERROR,
}
PROGRAM = str(Path(mistakes.__file__))


def outcomes(python: str | Path) -> dict[str, dict[str, Any]]:
    lines = run_python(
        f"import runpy; runpy.run_path({PROGRAM!r}, None, '__main__')",
        python=python,
        env=with_helpers(python),
    )
    return {found["name"]: found for found in map(json.loads, lines)}


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, Any]]:
    return outcomes(sys.executable)


@pytest.fixture(scope="module")
def theirs(pyzmq: Path) -> dict[str, dict[str, Any]]:
    return outcomes(pyzmq)


def comparable(value: str | None) -> str | None:
    """Without the ports that the system has chosen."""
    return value and re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:PORT", value)


@pytest.mark.parametrize("name", sorted(mistakes.MISTAKES))
def test_a_mistake(
    name: str, ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]
) -> None:
    mine, other = ours[name], theirs[name]
    print(f"{name.replace('_', ' ')}\n  PyZMQ: {other['text']}\n  ohmq:  {mine['text']}")
    assert (mine["class"], mine.get("errno")) == (other["class"], other.get("errno"))
    if name in SILENT:
        assert mine["class"] is None
        return
    assert mine["class"] is not None, "it raised nothing"
    if name not in OWN_STRERROR:
        assert comparable(mine["strerror"]) == comparable(other["strerror"])
    if mine["strerror"] is not None:
        assert mine["text"].startswith(mine["strerror"])
        assert name in NO_ARGS or mine["args"] == other["args"]
    for words in (*mistakes.MISTAKES[name].names, mistakes.MISTAKES[name].step):
        assert words in mine["text"]


def test_there_are_enough() -> None:
    assert len(mistakes.MISTAKES) >= 40
