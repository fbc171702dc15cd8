"""Run a case: implementations in turn, trial after trial; then medians and ratios."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from harness.model import OURS, THEIRS, C, Outcome
from harness.processes import TrialError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model import Case, Session


def run_case(session: Session, case: Case, progress: Callable[[str], None]) -> Outcome:
    """Run all trials of one case.

    The implementations alternate (A B C A B C ...), so that whatever else the machine
    does falls on all of them alike.
    """
    wanted = (*case.measured, case.rival)
    present = [name for name in wanted if name in session.implementations]
    outcome = Outcome(case, {name: [] for name in present}, {})
    trials = max(1, round(session.trials * case.trials_factor))
    for trial in range(trials):
        for name in present:
            if name in outcome.failures:
                continue
            progress(f"{case.name}: {name}, trial {trial + 1} of {trials}")
            try:
                value = case.run(session, session.implementations[name])
            except TrialError as error:
                outcome.failures[name] = str(error)
            else:
                outcome.values[name].append(value)
    return outcome


def median(outcome: Outcome, name: str) -> float | None:
    """Return the median of an implementation, None when it has no number."""
    values = outcome.values.get(name)
    return statistics.median(values) if values and name not in outcome.failures else None


def ratio(outcome: Outcome, other: str) -> float | None:
    """Return how many times better the median of ohmq is than that of ``other``."""
    return _better(outcome.case, median(outcome, OURS), median(outcome, other))


def ratio_spread(outcome: Outcome, other: str) -> tuple[float, float] | None:
    """Return the smallest and the largest ratio of two neighbouring trials."""
    pairs = zip(outcome.values.get(OURS, ()), outcome.values.get(other, ()), strict=False)
    ratios = [r for ours, theirs in pairs if (r := _better(outcome.case, ours, theirs)) is not None]
    return (min(ratios), max(ratios)) if ratios else None


def _better(case: Case, ours: float | None, theirs: float | None) -> float | None:
    if ours is None or theirs is None or case.at_most is not None:
        return None
    above, below = (theirs, ours) if case.less_is_better else (ours, theirs)
    return above / below if below > 0 else None


def target_reached(outcome: Outcome) -> str:
    """Say whether the case reached its targets.

    "within noise" means that a ratio missed its target by less than a twentieth, and that
    the target lies inside the spread of the trials: this run cannot tell. A case without
    target has "".
    """
    all_reached: list[bool | None] = []
    if outcome.case.at_most is not None:
        ours = median(outcome, OURS)
        all_reached.append(ours is not None and ours <= outcome.case.at_most)
    case = outcome.case
    for other, target in (
        (THEIRS, case.over_pyzmq),
        (C, case.over_c),
        (case.rival, case.over_rival),
    ):
        if target is None or other is None:
            continue
        reached, spread = ratio(outcome, other), ratio_spread(outcome, other)
        if reached is None or spread is None:
            return "not measured"
        close = reached >= 0.95 * target and spread[1] >= target
        all_reached.append(True if reached >= target else None if close else False)
    if not all_reached:
        return ""
    if False in all_reached:
        return "no"
    return "within noise" if None in all_reached else "yes"
