"""The same statements about devices on PyZMQ and on this package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.compat.differential import DATA, Difference, Drivers
from helpers.interpreters import NO_PYZMQ, pyzmq_python

DIFFERENCES = (
    Difference(
        "start raises what went wrong",
        "PyZMQ's start() returns, and the thread shows a traceback",
        r"^go\(",
        r'^\["error"',
        r"True",
    ),
    Difference(
        "identities are text or bytes",
        "in PyZMQ a device with an option that is text ends with a TypeError",
        r"^x\.done$",
        r"False",
        r"True",
    ),
)


def sections() -> dict[str, list[str]]:
    """The statements, by the heading above them."""
    found: dict[str, list[str]] = {}
    for line in (DATA / "devices.txt").read_text().splitlines():
        if line.startswith("## "):
            found[line[3:]] = []
        elif line:
            list(found.values())[-1].append(line)
    return found


SECTIONS = sections()
used: set[str] = set()


@pytest.fixture
def drivers(pyzmq: Path) -> Iterator[Drivers]:
    both = Drivers(pyzmq)
    yield both
    both.close()


@pytest.mark.parametrize("section", SECTIONS)
def test_devices_have_the_same_outcome(drivers: Drivers, section: str) -> None:
    mismatches = []
    for source, theirs, ours in drivers.run(SECTIONS[section]):
        if theirs == ours:
            continue
        covering = [each.name for each in DIFFERENCES if each.covers(source, theirs, ours)]
        used.update(covering)
        if not covering:
            mismatches.append(f"{source}\n  PyZMQ {theirs}\n  here  {ours}")
    assert not mismatches, "\n".join(mismatches)


def test_every_difference_in_the_list_is_one(request: pytest.FixtureRequest) -> None:
    ran = [item for item in request.session.items if item.fspath == request.node.fspath]
    if pyzmq_python() is None:
        pytest.skip(NO_PYZMQ)
    if len(ran) < len(SECTIONS) + 1:
        pytest.skip("only some of the comparisons were asked for")
    assert used == {each.name for each in DIFFERENCES}
