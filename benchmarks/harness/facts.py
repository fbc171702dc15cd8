"""Facts about the machine and the programs, without which the numbers mean little."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model import OURS, THEIRS, C

if TYPE_CHECKING:
    from harness.model import Implementation

# Event loops, and libraries on them, that cases use.
_LOOPS = ("tornado", "gevent", "eventlet", "anyio", "trio")
_RIVALS = ("zmq-anyio", "pyomq")

_ASK = f"""
import importlib.metadata as installed, json, platform, zmq

def version(name):
    try:
        return installed.version(name)
    except installed.PackageNotFoundError:
        return None

print(json.dumps({{
    "python": platform.python_version(),
    "zmq": zmq.__version__,
    "ohmq": getattr(zmq, "ohmq_version", None),
    "libzmq": zmq.zmq_version(),
    **{{name: version(name) for name in {(*_LOOPS, *_RIVALS)}}},
}}))
"""


class WrongPythonError(Exception):
    """An interpreter does not have the package that it should have; the text says which."""


def versions(implementation: Implementation, *, self_test: bool) -> dict[str, str | None]:
    """Ask an interpreter what its ``zmq`` is."""
    command = [str(implementation.program), "-c", _ASK]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except OSError as error:
        raise WrongPythonError(f"{implementation.name}: {error}") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or ["no message"]
        raise WrongPythonError(f"{implementation.name}: {said[-1]}") from None
    answer: dict[str, str | None] = json.loads(done.stdout)
    if not self_test and (answer["ohmq"] is not None) != (implementation.name == OURS):
        raise WrongPythonError(
            f"{implementation.name}: that interpreter has "
            f"{'ohmq' if answer['ohmq'] else 'PyZMQ'} {answer['ohmq'] or answer['zmq']}"
        )
    return answer


def gather(
    implementations: dict[str, Implementation], *, self_test: bool, compare_c: bool = True
) -> dict[str, object]:
    """Return the facts of this run; they name neither the machine nor its folders."""
    found = {
        name: versions(each, self_test=self_test)
        for name, each in implementations.items()
        if name in (OURS, THEIRS)
    }
    libzmq = {name: answer["libzmq"] for name, answer in found.items()}
    if compare_c:
        command = [str(implementations[C].program), "version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        libzmq[C] = done.stdout.strip()
    if len(set(libzmq.values())) > 1:
        raise WrongPythonError(f"the versions of libzmq differ: {libzmq}")
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "implementations": found,
        "beside": _beside(list(found.values())),
    }


def _beside(found: list[dict[str, str | None]]) -> dict[str, str]:
    """Take the versions of event loops and rivals out of the answers; loops must agree."""
    beside: dict[str, str] = {}
    for name in (*_LOOPS, *_RIVALS):
        versions = [version for each in found if (version := each.pop(name))]
        if len(set(versions)) > 1:
            raise WrongPythonError(f"the versions of {name} differ: {versions}")
        if versions:
            beside[name] = versions[0]
    return beside


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
