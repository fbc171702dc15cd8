"""Measure whole programs on ohmq and on PyZMQ, in turn.

The two environments are those of `make ecosystem`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.model import OURS, THEIRS
from harness.processes import BENCHMARKS

PROGRAMS = sorted(path.stem for path in (BENCHMARKS / "programs").glob("[a-z]*.py"))
PAGE = BENCHMARKS.parent / "docs" / "benchmarks" / "programs.md"
_LIMIT_S = 300

# What was measured: by program and thing, the numbers of each package.
Results = dict[tuple[str, str], dict[str, list[float]]]


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs=2, type=Path, metavar="PYTHON", help="ohmq's and PyZMQ's")
    parser.add_argument("--trials", type=int, default=5, metavar="N", help="of each program")
    parser.add_argument("--only", action="append", choices=PROGRAMS, metavar="PROGRAM")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks/programs.md")
    return parser.parse_args()


def run(python: Path, program: str) -> dict[str, float]:
    """Run a program once; return its numbers, by what they are."""
    command = [str(python.absolute()), str(BENCHMARKS / "programs" / f"{program}.py")]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise SystemExit(f"{program}: no end after {_LIMIT_S} s") from None
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{program}: {error.stderr.strip()[-2000:]}") from None
    lines = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {what: float(number) for number, what in lines}


def table(results: Results) -> str:
    """All numbers as a table in Markdown; a ratio is the median over pairs of runs."""
    rows = [
        ("program", "what", "unit", OURS, THEIRS, "ohmq is"),
        ("---",) * 6,
    ]
    for (program, what), values in results.items():
        ours, theirs = values[OURS], values[THEIRS]
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        spread = f"({min(ratios):.2f}-{max(ratios):.2f})"
        unit, text = what.split(" ", 1)
        middle = (f"{statistics.median(each):,.0f}" for each in (ours, theirs))
        ratio = f"{statistics.median(ratios):.2f} {spread} times as fast"
        rows.append((program.split("_")[0], text, unit, *middle, ratio))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    pythons = dict(zip((OURS, THEIRS), options.pythons, strict=True))
    results: Results = {}
    for program in options.only or PROGRAMS:
        for trial in range(options.trials):
            for name, python in pythons.items():
                print(f"{program}: {name}, trial {trial + 1}", file=sys.stderr, flush=True)
                for what, number in run(python, program).items():
                    values = results.setdefault((program, what), {OURS: [], THEIRS: []})
                    values[name].append(number)
    print(table(results))
    if options.page:
        PAGE.write_text(
            "# Whole programs\n\nMade by `make bench-programs ARGS=--page`: programs that were "
            "written for PyZMQ, as they are, on ohmq and on PyZMQ's wheel in turn; medians over "
            f"{options.trials} pairs of runs, with the smallest and the largest ratio.\n\n"
            f"{table(results)}\n",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
