"""Measure how cost grows, and draw it into the documentation.

The two interpreters that are named have the wheels of ohmq and of PyZMQ; the second one has also
the other libraries that are compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from curves import draw
from curves.charts import BUSY, CHARTS, OTHERS
from curves.model import Drawn, measure
from harness.compiler import CompileError, build_worker
from harness.facts import gather
from harness.model import OURS, THEIRS, C, Implementation, Session
from harness.processes import BENCHMARKS
from harness.report import facts_line

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = BENCHMARKS.parent / "docs" / "benchmarks"


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--wheels",
        nargs=2,
        type=Path,
        metavar=("OHMQ", "PYZMQ"),
        required=True,
        help="interpreters",
    )
    parser.add_argument("--quick", action="store_true", help="1 short trial of each point")
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=[chart.name for chart in CHARTS]
    )
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks/curves.md")
    return parser.parse_args()


def implementations(ours: Path, theirs: Path) -> dict[str, Implementation]:
    """Return the programs that take part, by name."""
    found = {
        OURS: Implementation(OURS, ours),
        BUSY: Implementation(BUSY, ours, {"busy_wait_us": "100"}),
        THEIRS: Implementation(THEIRS, theirs),
        C: Implementation(C, build_worker()),
    }
    return found | {name: Implementation(name, theirs) for name in OTHERS}


def page(every: Sequence[Drawn], about: str, begun: str) -> str:
    """Return the page, in Markdown."""
    parts = [
        "# How cost grows",
        f"Made by `make bench-curves ARGS=--page`, with the wheels of both packages. {about}. The "
        f"C program has the libzmq of the system.\n\n{begun} Each point is a median; both axes "
        "are logarithmic.",
    ]
    for drawn in every:
        chart = drawn.chart
        better = "Less is better." if chart.less_is_better else "More is better."
        parts += [
            f"## {chart.title}",
            f"{chart.text} {better}",
            f"![{chart.title}]({chart.name}.svg)",
            draw.table(drawn),
            *draw.best(chart, drawn),
            *(f"{name} has no more points: {why}" for name, why in drawn.failures.items()),
        ]
    return "\n\n".join(parts) + "\n"


def fail(why: str) -> NoReturn:
    """End with one line."""
    sys.exit(f"benchmarks: {why}")


def interrupt(_number: int, _frame: object) -> NoReturn:
    """End the measurement, and with it the workers, from a signal."""
    raise KeyboardInterrupt


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    # Many sockets need many descriptors; the workers inherit the limit.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    begun = time.monotonic()
    try:
        found = implementations(*(path.absolute() for path in options.wheels))
    except CompileError as error:
        fail(str(error))
    session = Session(found, 1 if options.quick else 3, 0.2 if options.quick else 0.4)
    chosen = [chart for chart in CHARTS if not options.only or chart.name in options.only]
    FOLDER.mkdir(exist_ok=True)
    every = []
    for chart in chosen:
        every.append(measure(chart, session, lambda text: print(text, file=sys.stderr)))
        print(f"\n{chart.title}\n{draw.table(every[-1])}\n", flush=True)
        for name, why in every[-1].failures.items():
            print(f"{name}: {why}")
    results = BENCHMARKS / "results" / "curves.json"
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps({each.chart.name: each.values for each in every}, indent=1))
    seconds = time.monotonic() - begun
    if options.page:
        for drawn in every:
            draw.picture(drawn, FOLDER / f"{drawn.chart.name}.svg")
        about = facts_line(gather(found, self_test=False, compare_c=False))
        text = page(every, about, f"{session.trials} trials of each point, {seconds:.0f} s.")
        (FOLDER / "curves.md").write_text(text, encoding="utf-8")
    print(f"{seconds:.0f} s, results in {results.relative_to(BENCHMARKS.parent)}")
    return 1 if any(each.failures for each in every) else 0


if __name__ == "__main__":
    sys.exit(main())
