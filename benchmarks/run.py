"""Measure ohmq against PyZMQ and against C, and print the table.

PyZMQ is taken from the interpreter that OHMQ_PYZMQ_PYTHON names, ohmq from the one that
runs this file; both must use the same libzmq. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cases import ALL
from harness import facts, report
from harness.compiler import CompileError, build_worker
from harness.measure import run_case
from harness.model import (
    BARE,
    BLOCKING,
    OURS,
    PREFIXED,
    PYOMQ,
    THEIRS,
    UNFAIR,
    C,
    Implementation,
    Session,
)
from harness.processes import BENCHMARKS

if TYPE_CHECKING:
    from harness.model import Case, Outcome


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 short trials instead of 5")
    parser.add_argument("--trials", type=int, metavar="N", help="trials of each case")
    parser.add_argument(
        "--only", action="append", metavar="PATTERN", help="cases to run (may be repeated)"
    )
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    parser.add_argument("--readme", action="store_true", help="write README.md and RESULTS.md")
    parser.add_argument("--no-pyzmq", action="store_true", help="run without PyZMQ")
    parser.add_argument("--no-affinity", action="store_true", help="leave cores to the scheduler")
    parser.add_argument(
        "--wheels",
        nargs=2,
        type=Path,
        metavar=("OHMQ", "PYZMQ"),
        help="interpreters that have the two wheels, to compare instead; some cases, without C",
    )
    parser.add_argument("--self-test", action="store_true", help="PyZMQ plays ohmq's part too")
    return parser.parse_args()


# What tells most of a wheel, in a minute or two.
WHEEL_CASES = (
    *("small/tcp", "small/inproc/recv", "three-part/tcp", "1MiB/tcp/copy", "1MiB/tcp/no-copy"),
    *("roundtrip/tcp", "roundtrip/inproc", "asyncio/recv", "asyncio/roundtrip"),
    *("option/get", "poll/1-of-500", "import/wall", "memory/socket/resident"),
)


def selected(options: argparse.Namespace) -> list[Case]:
    """Return the cases whose name matches a pattern, or contains it."""
    cases = list(ALL)
    if options.wheels:
        # The C worker has the libzmq of the system, another one: it is a peer at most.
        cases = [
            replace(case, measured=(OURS, THEIRS), rival=None, over_rival=None, over_c=None)
            for case in ALL
            if case.name in WHEEL_CASES
        ]
    if not options.only:
        return cases
    return [
        case
        for case in cases
        if any(p in case.name or fnmatch.fnmatch(case.name, p) for p in options.only)
    ]


def implementations(options: argparse.Namespace) -> dict[str, Implementation]:
    """Find the interpreters and what runs in them, and compile the C worker."""
    if options.wheels:
        ours, theirs = options.wheels
        return {
            OURS: Implementation(OURS, ours),
            THEIRS: Implementation(THEIRS, theirs),
            C: Implementation(C, build_worker()),
        }
    found = {OURS: Implementation(OURS, Path(sys.executable))}
    if not options.no_pyzmq:
        named = os.environ.get("OHMQ_PYZMQ_PYTHON")
        if not named:
            fail("set OHMQ_PYZMQ_PYTHON to a Python that has PyZMQ, or give --no-pyzmq")
        found[THEIRS] = Implementation(THEIRS, Path(named))
        if options.self_test:
            found[OURS] = Implementation(OURS, Path(named))
        # It has a package name of its own, and can live beside PyZMQ.
        found[PYOMQ] = Implementation(PYOMQ, Path(named), {"front": "pyomq"})
    ours = found[OURS].program
    found[BLOCKING] = Implementation(BLOCKING, ours, {"front": "blocking"})
    found[BARE] = Implementation(BARE, ours, {"api": "bare"})
    found[UNFAIR] = Implementation(UNFAIR, ours, {"fairness": "off"})
    found[C] = Implementation(C, build_worker())
    found[PREFIXED] = Implementation(PREFIXED, found[C].program, {"prefixed": "yes"})
    return found


def fail(why: str) -> NoReturn:
    """End with one line."""
    sys.exit(f"benchmarks: {why}")


def interrupt(_number: int, _frame: object) -> NoReturn:
    """End the measurement, and with it the workers, from a signal."""
    raise KeyboardInterrupt


class Progress:
    """One refreshed line on a terminal, one line for every finished case elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._live = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Show what runs now."""
        if self._live:
            print(f"\r\x1b[K[{self._done + 1}/{self._total}] {text}", end="", file=sys.stderr)
            sys.stderr.flush()

    def finish(self, outcome: Outcome) -> None:
        """Count a case as done, and show its numbers."""
        self._done += 1
        cells = [cell for cell in report.rows([outcome])[0] if cell]
        clear = "\r\x1b[K" if self._live else ""
        print(f"{clear}[{self._done}/{self._total}]", "  ".join(cells), file=sys.stderr, flush=True)


def measure(cases: list[Case], session: Session) -> list[Outcome]:
    """Run the cases; an interruption ends the run and keeps what is finished."""
    outcomes: list[Outcome] = []
    progress = Progress(len(cases))
    try:
        for case in cases:
            outcomes.append(run_case(session, case, progress.show))
            progress.finish(outcomes[-1])
    except KeyboardInterrupt:
        print("\ninterrupted; what is finished:", file=sys.stderr)
    return outcomes


def publish(
    outcomes: list[Outcome], about: dict[str, object], session: Session, options: argparse.Namespace
) -> str:
    """Write the results of a complete run, and the tables if asked; return the file's name."""
    settings = {
        "trials": session.trials,
        "seconds": session.seconds,
        "affinity": session.affinity,
        "self_test": options.self_test,
    }
    name = "partial.json" if partial(options) else "latest.json"
    if options.wheels:
        name = "wheels.json"
    report.write_json(BENCHMARKS / "results" / name, report.to_json(outcomes, about, settings))
    results = BENCHMARKS / "RESULTS.md"
    if options.readme and options.wheels:
        report.replace_wheels(results, report.wheels_section(outcomes, about))
    elif options.readme:
        report.replace_results(results, report.results_page(outcomes, about))
        table = report.headlines(outcomes, about)
        report.replace_in_readme(BENCHMARKS.parent / "README.md", table)
    return f"benchmarks/results/{name}"


def partial(options: argparse.Namespace) -> bool:
    """Say whether the options ask for less, or for something else, than the whole table."""
    return bool(options.only or options.no_pyzmq or options.no_affinity or options.self_test)


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    cases = selected(options)
    if options.list:
        print("\n".join(f"{case.name:26} {case.what}" for case in cases))
        return 0
    if not cases:
        fail("no case matches; --list prints them all")
    if options.readme and partial(options):
        fail("--readme wants the whole table")
    # A termination ends the workers too, as an interruption does; and both work when this
    # was started in the background by a shell, which has SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    begin = time.monotonic()
    try:
        found = implementations(options)
        about = facts.gather(found, self_test=options.self_test, compare_c=not options.wheels)
    except (CompileError, facts.WrongPythonError) as error:
        fail(str(error))
    trials = options.trials or (3 if options.quick else 5)
    seconds = 0.3 if options.quick else 0.6
    session = Session(found, trials, seconds, affinity=not options.no_affinity)
    outcomes = measure(cases, session)
    if outcomes:
        print(f"{report.facts_line(about)}\n\n{report.plain_table(outcomes)}")
    if len(outcomes) < len(cases):
        return 130
    name = publish(outcomes, about, session, options)
    print(f"\n{time.monotonic() - begin:.0f} s, results in {name}")
    return 1 if any(outcome.failures for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
