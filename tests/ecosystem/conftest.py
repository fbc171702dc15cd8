"""The table of `make ecosystem`: program, version, what was done, result here and on PyZMQ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

OURS, THEIRS = "ohmq", "PyZMQ"
# What follows it in the page is written by hand, and stays.
BY_HAND = "\n## Test suites of other projects\n"
HEADER = ("program", "version", "what was done", OURS, THEIRS)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", metavar="FILE", help="write the table of programs to a file")


@dataclass
class Row:
    """One program: what was done with it, and how it went on each package."""

    program: str
    what: str
    version: str = ""
    results: dict[str, str] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        results = (self.results.get(name, "not run") for name in (OURS, THEIRS))
        return (self.program, self.version, self.what, *results)


class Table:
    """Rows in the order in which the programs came, and what they ran on."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.facts: dict[str, str] = {}

    def row(self, program: str, what: str) -> Row:
        return self.rows.setdefault(program, Row(program, what))

    def lines(self) -> list[str]:
        table = [HEADER, ("---",) * len(HEADER), *(row.cells() for row in self.rows.values())]
        return ["| " + " | ".join(cells) + " |" for cells in table]

    def page(self) -> str:
        facts = "; ".join(f"{name}: {text}" for name, text in self.facts.items())
        lines = "\n".join(self.lines())
        return (
            "# Programs written for PyZMQ\n\n"
            "Written by `make ecosystem ARGS=--table=docs/reference/ecosystem.md`. Each program\n"
            "ran in two new environments: in one `ohmq adopt` has put ohmq in the place of PyZMQ,\n"
            f"the other has the wheel of PyZMQ. {facts}.\n\n{lines}\n"
        )


_KEY = pytest.StashKey[Table]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEY] = Table()


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Iterator[Table]:
    """Written at the end, if that was asked for."""
    table = pytestconfig.stash[_KEY]
    yield table
    file = pytestconfig.getoption("--table")
    if file and table.rows:
        path = Path(file)
        _, heading, rest = (path.read_text() if path.exists() else "").partition(BY_HAND)
        path.write_text(table.page() + heading + rest)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    table = config.stash[_KEY]
    if table.rows:
        terminalreporter.section("programs")
        for line in table.lines():
            terminalreporter.write_line(line)
