"""A curve for each implementation, over the same points."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from harness.processes import TrialError, run_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.model import Implementation, Session
    from harness.processes import Worker


@dataclass(frozen=True)
class Setup:
    """The processes of a trial; number ``reporter`` of them measures."""

    workers: Sequence[Worker]
    reporter: int


@dataclass(frozen=True)
class Chart:
    """One picture, with a curve for each implementation."""

    name: str
    title: str
    x: str
    y: str
    points: tuple[int, ...]
    setup: Callable[[str, int], Setup | None]
    """The processes for an implementation and a point; None where that has none."""
    implementations: tuple[str, ...]
    text: str
    """Its meaning, for the page."""
    percentiles: tuple[str, ...] = ()
    """The names of several results; each makes curves of its own."""
    less_is_better: bool = False


@dataclass
class Drawn:
    """The numbers of a chart: by implementation, point, and result."""

    chart: Chart
    values: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def measure(chart: Chart, session: Session, progress: Callable[[str], None]) -> Drawn:
    """Take all points of a chart; the implementations alternate, as other load does not."""
    drawn = Drawn(chart)
    for point in chart.points:
        trials: dict[str, list[list[float]]] = {}
        for trial in range(session.trials):
            for name in chart.implementations:
                subject = session.implementations.get(name)
                if subject is None or name in drawn.failures:
                    continue
                progress(f"{chart.name} {point:,}: {name}, trial {trial + 1}")
                try:
                    if (values := _once(chart, session, subject, point)) is not None:
                        trials.setdefault(name, []).append(values)
                except TrialError as error:
                    # The curve ends at the point before.
                    drawn.failures[name] = f"{point:,}: {error}"
        for name, taken in trials.items():
            medians = [median(each) for each in zip(*taken, strict=True)]
            drawn.values.setdefault(name, {})[point] = medians
    return drawn


def _once(
    chart: Chart, session: Session, subject: Implementation, point: int
) -> list[float] | None:
    setup = chart.setup(subject.name, point)
    if setup is None:
        return None
    return run_workers(session, subject, setup.workers, reporter=setup.reporter)
