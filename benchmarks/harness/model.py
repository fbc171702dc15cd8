"""Cases, and the things that they are measured against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS, THEIRS, C = "ohmq", "PyZMQ", "C"

# What single cases are compared with besides: another library, or ohmq or the C worker used
# otherwise.
PYOMQ, BLOCKING, UNFAIR, BARE = "pyomq", "blocking", "unfair", "bare"
PREFIXED = "C, prefixed"


@dataclass(frozen=True)
class Implementation:
    """One thing to measure: a Python that has a ``zmq`` package, or the C worker."""

    name: str
    program: Path
    """The interpreter, or the compiled worker."""
    args: dict[str, str] = field(default_factory=dict)
    """Arguments for every worker that it plays, stronger than those of the case."""

    def command(self) -> list[str]:
        """Return the command that takes a role and its arguments."""
        if self.name in (C, PREFIXED):
            return [str(self.program)]
        return [str(self.program), "-m", "workers"]


@dataclass(frozen=True)
class Session:
    """The options of one run of the benchmarks."""

    implementations: dict[str, Implementation]
    trials: int
    seconds: float
    """How long one trial measures; it warms up for a fifth of that."""
    affinity: bool = True
    """Whether workers stay on their half of the cores."""


@dataclass(frozen=True)
class Case:
    """One line of the table.

    ``run`` does one trial in fresh processes and returns the measured number, in ``unit``.
    Ratios are always "how many times better than": the larger, the better for ohmq,
    whether ``unit`` counts something that should grow or (``less_is_better``) shrink.
    """

    name: str
    what: str
    unit: str
    run: Callable[[Session, Implementation], float]
    over_pyzmq: float | None = None
    """The ratio to reach over PyZMQ."""
    over_c: float | None = None
    """The ratio to reach over the C program."""
    rival: str | None = None
    """The third program of the comparison, if any."""
    over_rival: float | None = None
    """The ratio to reach over the rival."""
    at_most: float | None = None
    """The number that ohmq itself must not exceed."""
    less_is_better: bool = False
    measured: tuple[str, ...] = (OURS, THEIRS, C)
    trials_factor: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """The numbers of one case, and what went wrong if something did."""

    case: Case
    values: dict[str, list[float]]
    failures: dict[str, str]
