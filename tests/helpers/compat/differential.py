"""The two drivers, the comparison, and the one list of intended differences from PyZMQ."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.interpreters import TESTS
from helpers.processes import Child

DATA = TESTS / "compat"
DRIVER = Path(__file__).with_name("driver.py")
ENOTSOCK = 88
OUTCOME_S = 30.0


@dataclass(frozen=True)
class Difference:
    """Statements whose outcome differs from PyZMQ's on purpose."""

    name: str
    reason: str
    statements: str  # a regular expression that the statement must contain
    ours: str  # a regular expression that our outcome, as JSON, must contain
    theirs: str = ""
    random_only: bool = False  # seen by the random calls; no written statement shows it

    def covers(self, source: str, theirs: Any, ours: Any) -> bool:
        return all(
            re.search(pattern, value)
            for pattern, value in (
                (self.statements, source),
                (self.ours, json.dumps(ours)),
                (self.theirs, json.dumps(theirs)),
            )
        )


TYPE_ERROR = r'"(Type|Overflow)Error"'
WRONG_CALL = r'"(Type|Value|Index|Overflow)Error"|"ZMQError".*, (88|95)\]$'

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "a closed socket is an event of a poller",
        "PyZMQ takes it for descriptor 0, whose events are not the socket's, or raises",
        r"poll\(|select\(",
        r'\["Socket", "\w+"\](, \["int", "4"\]|\]+$)',
        r'\["list", \[\]\]|, 88\]$',
    ),
    Difference(
        "AFFINITY has 64 bits",
        "PyZMQ takes it for a number with a sign, and refuses the masks that have the highest bit",
        r"AFFINITY|affinity",
        r"NoneType|\"int\"",
    ),
    Difference(
        "to whom a message goes is not left out",
        "PyZMQ's send_multipart drops routing_id and group where it has no draft API",
        r"send_multipart\(.*(routing_id|group)=",
        r'"RuntimeError"',
        r"NoneType",
    ),
    Difference(
        "the buffer is locked while it is lent",
        "PyZMQ lets a bytearray be resized, which moves memory that libzmq still reads",
        r"append",
        r'"BufferError"',
    ),
    Difference(
        "a copy of a frame is a frame",
        "in PyZMQ it is one of the private base class, and has lost its `more`",
        r"copy\.copy\(f\)",
        r"true|True",
    ),
    Difference(
        "long text options are read whole",
        "PyZMQ reads 255 bytes, and fails where libzmq stored 255 and an end mark",
        r"getsockopt|get_string",
        r'^\["bytes", "x{255}"\]',
        r", 22\]$",
    ),
    Difference(
        "every part that is lent has its own event",
        "PyZMQ's tracker of a multipart message follows one of the large parts",
        r"t\.events",
        r"(Event.*){2}",
    ),
    Difference(
        "flags, and a message without parts, are told before what is wrong with a part",
        "PyZMQ indexes what it is given, and says that it cannot",
        r"send_multipart\(",
        r'"IndexError"|"OverflowError"',
        r'"TypeError"|"KeyError"',
        random_only=True,
    ),
    Difference(
        "term takes a timeout",
        "in PyZMQ it takes no argument",
        r"\.term\(.+\)",
        r"NoneType",
        TYPE_ERROR,
    ),
    Difference(
        "an asyncio call that cannot succeed fails at once",
        "PyZMQ leaves it waiting, for a message or for ever",
        r"recv_into\(|d\.recv\(\)",
        r'"Future", \["error"',
        r'"Future", "pending"',
    ),
    Difference(
        "asyncio: an empty poller does not wait",
        "here as in a blocking poll; PyZMQ's future waits for ever",
        r"q\.poll\(\)\)",
        r'"list", \[\]\]\]\]\]$',
        r'"pending"',
    ),
    Difference(
        "a shadow has its context",
        "in PyZMQ an asyncio handle of a socket has None",
        r"^s\.context$",
        r'"Context"',
        r'"None"',
    ),
    Difference(
        "of two mistakes either may be named",
        "a call with two wrong arguments, or with one on a closed socket, fails by one of them",
        r"^done\..*\(.+\)|\(.*,.*\)",
        WRONG_CALL,
        WRONG_CALL,
        random_only=True,
    ),
)


class Driver:
    """One interpreter that executes statements."""

    def __init__(self, python: str | Path) -> None:
        self.python = python
        self.child = self.start()
        self.answering = True

    def start(self) -> Child:
        return Child([str(DRIVER)], python=self.python)

    def reset(self) -> None:
        """Forget all objects; an interpreter that hung or died is replaced."""
        if self.answering:
            self.answering = False
            self.child.write("null")
            self.answering = self.child.json() is None
        else:
            self.child.kill()
            self.child = self.start()
            self.answering = True

    def send(self, sources: list[str]) -> None:
        self.child.write(json.dumps(sources))

    def outcome(self, source: str) -> Any:
        try:
            return self.child.json(OUTCOME_S)
        except AssertionError as error:
            raise AssertionError(f"no outcome of {source!r}: {error}") from None


class Drivers:
    """This package and PyZMQ side by side."""

    def __init__(self, pyzmq: Path) -> None:
        self.theirs = Driver(pyzmq)
        self.ours = Driver(sys.executable)
        self.used: set[str] = set()

    def reset(self) -> None:
        self.theirs.reset()
        self.ours.reset()

    def run(self, sources: list[str]) -> Iterator[tuple[str, Any, Any]]:
        """Yield each statement with PyZMQ's outcome and ours."""
        # In pieces, so that no pipe fills while its other end is not read.
        for start in range(0, len(sources), 50):
            piece = sources[start : start + 50]
            self.theirs.send(piece)
            self.ours.send(piece)
            # Answers left behind by a failure would be taken for those of later statements.
            self.theirs.answering = self.ours.answering = False
            outcomes = [(s, self.theirs.outcome(s), self.ours.outcome(s)) for s in piece]
            self.theirs.answering = self.ours.answering = True
            yield from outcomes

    def mismatches(self, sources: list[str], written: bool = True) -> list[str]:
        """Unintended differences, as lines of text; those of random calls only if not written."""
        lines = []
        for source, theirs, ours in self.run(sources):
            if theirs == ours:
                continue
            covering = next(
                (
                    d
                    for d in DIFFERENCES
                    if not (written and d.random_only) and d.covers(source, theirs, ours)
                ),
                None,
            )
            if covering is None:
                lines.append(f"{source}\n  PyZMQ {json.dumps(theirs)}\n  ohmq  {json.dumps(ours)}")
            else:
                self.used.add(covering.name)
        return lines

    def one(self, source: str) -> Any:
        """Run one statement; fail on an unintended difference; return our outcome."""
        ((_, theirs, ours),) = list(self.run([source]))
        if theirs != ours:
            covering = next((d for d in DIFFERENCES if d.covers(source, theirs, ours)), None)
            assert covering is not None, f"{source}\n  PyZMQ {theirs}\n  ohmq  {ours}"
            self.used.add(covering.name)
        return ours

    def close(self) -> None:
        self.theirs.child.kill()
        self.ours.child.kill()


def sections() -> dict[str, list[str]]:
    """The written cases: statements under `## title` lines."""
    found: dict[str, list[str]] = {}
    for path in sorted(DATA.glob("differential_*.txt")):
        title = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                title = f"{path.stem.removeprefix('differential_')}: {line[3:]}"
                found[title] = []
            elif line.strip() and not line.startswith("# "):
                found[title].append(line)
    return found
