"""Start the worker processes of one trial, take the result, and leave none behind."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.model import C

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.model import Implementation, Session

BENCHMARKS = Path(__file__).resolve().parent.parent

# A worker that hangs ends itself after so many seconds; the longest takes about ten.
_ALARM_S = 60


class TrialError(Exception):
    """A worker ended without doing its part; the text is the last thing it said."""


@dataclass(frozen=True)
class Worker:
    """One process of a trial.

    In the arguments, ``{tmp}`` stands for a folder of this trial, and ``{0}``, ``{1}``, ...
    for the endpoints that the workers before this one have bound, in order.
    """

    role: str
    args: dict[str, str | int] = field(default_factory=dict)
    always_c: bool = False
    """Played by the C worker whatever is measured: a peer, not the subject."""
    half: int | None = None
    """The half of the cores to stay on, 0 or 1; None may use them all.

    Left to itself the scheduler moves the four threads of a stream about, and the same
    program has rates that differ by a factor of three from one trial to the next.
    """


def run_workers(
    session: Session,
    subject: Implementation,
    workers: Sequence[Worker],
    *,
    reporter: int,
    watch: Callable[[Sequence[int]], None] | None = None,
) -> list[float]:
    """Start ``workers`` one after the other; return what number ``reporter`` measured.

    ``watch`` is called with the ids of their processes while it measures.
    """
    timing = {"seconds": session.seconds, "warm": session.seconds / 5, "alarm": _ALARM_S}
    endpoints: list[str] = []
    running: list[_Running] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _all_ended(running):
        for worker in workers:
            player = session.implementations[C] if worker.always_c else subject
            cores = _affinity(worker) if session.affinity else {}
            args = timing | worker.args | cores | player.args
            words = [
                f"{key}={value.format(*endpoints, tmp=folder) if isinstance(value, str) else value}"
                for key, value in args.items()
            ]
            running.append(_start(worker, [*player.command(), worker.role, *words]))
            endpoints += _read(running, running[-1], "ready")
        if watch is not None:
            watch([each.process.pid for each in running])
        return [float(value) for value in _read(running, running[reporter], "result")]


@dataclass
class _Running:
    worker: Worker
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    errors: IO[str]
    pending: bytes = b""


def _start(worker: Worker, command: list[str]) -> _Running:
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by _all_ended
    process = subprocess.Popen(
        command,
        cwd=BENCHMARKS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )
    assert process.stdout is not None
    return _Running(worker, process, process.stdout, errors)


def _affinity(worker: Worker) -> dict[str, str]:
    """Return the argument that keeps a worker on its half of the cores, if there is one."""
    if worker.half is None or not hasattr(os, "sched_getaffinity"):
        return {}
    cores = sorted(os.sched_getaffinity(0))
    middle = len(cores) // 2
    if middle == 0:
        return {}
    mine = cores[middle:] if worker.half else cores[:middle]
    return {"cores": ",".join(map(str, mine))}


def _read(running: list[_Running], reader: _Running, word: str) -> list[str]:
    """Return what follows ``word`` on the next line of ``reader``.

    A worker that fails meanwhile, this one or a peer that it waits for, ends the trial.
    """
    while b"\n" not in reader.pending:
        if select.select([reader.output], [], [], 0.2)[0]:
            got = os.read(reader.output.fileno(), 4096)
            if not got:
                raise _failure(reader, word)
            reader.pending += got
            continue
        for each in running:
            if each.process.poll() not in (None, 0):
                raise _failure(each, word)
    line, _, reader.pending = reader.pending.partition(b"\n")
    first, *others = line.decode().split()
    if first != word:
        raise TrialError(f"{reader.worker.role}: said {first!r} instead of {word!r}")
    return others


def _failure(failed: _Running, word: str) -> TrialError:
    failed.process.wait()
    failed.errors.seek(0)
    said = failed.errors.read().strip().splitlines()
    if failed.process.returncode == -signal.SIGALRM:
        said.append(f"no {word!r} in {_ALARM_S} s")
    ended = f"ended with {failed.process.returncode} before {word!r}"
    return TrialError(f"{failed.worker.role}: {said[-1] if said else ended}")


@contextlib.contextmanager
def _all_ended(running: list[_Running]) -> Iterator[None]:
    """Kill the process group of every worker, whatever happened."""
    try:
        yield
    finally:
        for each in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.process.pid, signal.SIGKILL)
        for each in running:
            each.process.wait()
            each.errors.close()
            each.output.close()
