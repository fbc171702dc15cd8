"""The time that ``import zmq`` takes, in fresh interpreters."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

from harness.model import OURS, THEIRS, Case
from harness.processes import TrialError

if TYPE_CHECKING:
    from harness.model import Implementation, Session

# Single runs of a few ms are noisy: one trial is the best of this many.
_REPEATS = 5


def _run(subject: Implementation, *args: str) -> tuple[float, str]:
    """Return the milliseconds that an interpreter ran, and what it said on stderr."""
    # An installed package is compiled; so must be what is measured, whatever the shell says.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    done = subprocess.run(
        [str(subject.program), *args], capture_output=True, text=True, check=False, env=env
    )
    took = time.perf_counter() - begin
    if done.returncode:
        raise TrialError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return took * 1000, done.stderr


def _wall(_session: Session, subject: Implementation) -> float:
    """The time that the import adds to the run of an interpreter, as a user sees it."""
    pairs = [
        (_run(subject, "-c", "import zmq")[0], _run(subject, "-c", "pass")[0])
        for _ in range(_REPEATS)
    ]
    return min(full for full, _ in pairs) - min(empty for _, empty in pairs)


def _importtime(_session: Session, subject: Implementation) -> float:
    """The cumulative time of ``zmq``, as ``-X importtime`` gives it."""

    def once() -> float:
        _, report = _run(subject, "-X", "importtime", "-c", "import zmq")
        for line in reversed(report.splitlines()):
            columns = line.removeprefix("import time:").split("|")
            if len(columns) == 3 and columns[2].strip() == "zmq":
                return int(columns[1]) / 1000
        raise TrialError("-X importtime does not mention zmq")

    return min(once() for _ in range(_REPEATS))


CASES = tuple(
    Case(
        name,
        what,
        "ms",
        run,
        over_pyzmq=3,
        less_is_better=True,
        measured=(OURS, THEIRS),
        trials_factor=2,
    )
    for name, what, run in (
        ("import/wall", "python -c 'import zmq' minus python -c pass", _wall),
        ("import/importtime", "import zmq by -X importtime", _importtime),
    )
)
