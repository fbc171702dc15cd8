"""Count the instructions that one message costs on each side: ohmq, PyZMQ and C.

Unlike times they hardly depend on what else the machine does. Linux's perf counts them, in user
space alone, for the threads of the program and for libzmq's I/O threads.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cases.common import BIND
from cases.relay import QUEUE, STREAM, queue_peers, relay, stream_peers
from harness.compiler import build_worker
from harness.model import OURS, THEIRS, C, Implementation, Session
from harness.processes import BENCHMARKS, Worker, run_workers

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = BENCHMARKS.parent / "docs" / "benchmarks" / "instructions.md"
_SECONDS = 3.0
# From the end of the warm-up to shortly before the end.
_COUNTED_S = _SECONDS - 0.2


def receiver(**args: int) -> tuple[list[Worker], int]:
    """Return the workers of a stream to a receiver that is counted, and its number."""
    sink = Worker("sink", {"at": BIND["tcp"], **args}, half=0)
    return [sink, Worker("source", {"at": "{0}", **args}, always_c=True, half=1)], 0


def sender(**args: int) -> tuple[list[Worker], int]:
    """Return the workers of a stream from a sender that is counted, and its number."""
    sink = Worker("sink", {"at": BIND["tcp"], **args}, always_c=True, half=0)
    return [sink, Worker("source", {"at": "{0}", **args}, half=1)], 1


# What is counted: its workers, and which of them. The last but a receiver's measures the rate.
CASES: dict[str, tuple[list[Worker], int]] = {
    "recv, 32 bytes": receiver(),
    "send, 32 bytes": sender(),
    "recv_multipart, three parts of 32 bytes": receiver(parts=3),
    "send_multipart, three parts of 32 bytes": sender(parts=3),
    "device, PULL to PUSH": ([relay("device", STREAM), *stream_peers()], 0),
    "device, ROUTER and DEALER, request and reply": ([relay("device", QUEUE), *queue_peers()], 0),
    "proxy, PULL to PUSH": ([relay("proxy", STREAM), *stream_peers()], 0),
    "proxy, ROUTER and DEALER, request and reply": ([relay("proxy", QUEUE), *queue_peers()], 0),
    "monitored_queue, PULL to PUSH, none connected to the monitor": (
        [relay("monitored", STREAM, monitor=True), *stream_peers()],
        0,
    ),
}


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=3, metavar="N", help="of each case")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks/instructions.md")
    return parser.parse_args()


def count(worker: int, counts: dict[str, int], pids: Sequence[int]) -> None:
    """Count the instructions of a worker for a while, by the kind of thread."""
    time.sleep(_SECONDS / 5)
    command = ["perf", "stat", "-x", ";", "-e", "instructions:u", "--per-thread"]
    command += ["-p", str(pids[worker]), "--", "sleep", str(_COUNTED_S)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stderr.splitlines():
        thread, number, *_ = (*line.split(";"), "")
        if number.isdigit():
            kind = "io" if thread.lstrip().startswith("ZMQbg/IO") else "program"
            counts[kind] += int(number)
    if not sum(counts.values()):
        raise SystemExit(f"perf counts no instructions here: {done.stderr.strip()[-500:]}")


def trial(
    case: tuple[list[Worker], int], session: Session, subject: Implementation
) -> tuple[float, float]:
    """Return the instructions a message: of the program, and of libzmq's I/O threads."""
    workers, counted = case
    reporter = next(i for i, each in enumerate(workers) if each.role in ("sink", "client"))
    counts: dict[str, int] = defaultdict(int)
    watch = partial(count, counted, counts)
    rate = run_workers(session, subject, workers, reporter=reporter, watch=watch)[0]
    messages = rate * _COUNTED_S
    return counts["program"] / messages, counts["io"] / messages


def row(name: str, found: dict[str, list[tuple[float, float]]]) -> str:
    """Return a line of the table."""
    cells = []
    for each in found.values():
        program, io = (statistics.median(column) for column in zip(*each, strict=True))
        cells.append(f"{program:,.0f} + {io:,.0f}")
    return f"| {name} | {' | '.join(cells)} |"


def page(rows: list[str], trials: int) -> str:
    """Return the page, in Markdown."""
    return "\n".join(
        [
            "# Instructions a message",
            "",
            "Made by `make bench-instructions ARGS=--page`: what one message costs in instructions "
            "of user space, counted by perf over tcp. The first number is the program's threads, "
            "the second libzmq's I/O threads. The other side is a program in C, so that each line "
            f"is one side alone. Medians of {trials} runs. System calls are not in them, nor is "
            "the kernel's work. A program in Python adds to those of C its objects (bytes, lists), "
            "the interpreter's loop, and the calls of the binding.",
            "",
            "| what | ohmq | PyZMQ | C |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    named = os.environ.get("OHMQ_PYZMQ_PYTHON")
    if not named or shutil.which("perf") is None:
        what = "perf (Linux)" if named else "OHMQ_PYZMQ_PYTHON, a Python that has PyZMQ"
        raise SystemExit(f"missing: {what}")
    found = {
        OURS: Implementation(OURS, Path(sys.executable)),
        THEIRS: Implementation(THEIRS, Path(named)),
        C: Implementation(C, build_worker()),
    }
    session = Session(found, options.trials, _SECONDS)
    rows = []
    for name, case in CASES.items():
        numbers: dict[str, list[tuple[float, float]]] = {each: [] for each in found}
        for _ in range(options.trials):
            for each, implementation in found.items():
                numbers[each].append(trial(case, session, implementation))
        rows.append(row(name, numbers))
        print(rows[-1], flush=True)
    if options.page:
        PAGE.write_text(page(rows, options.trials), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
