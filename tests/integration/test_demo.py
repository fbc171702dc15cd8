"""The demo: real clients, workers and a monitor around a queue, and its result."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

EXAMPLES = ROOT / "examples"
DEMO = str(EXAMPLES / "monitored_queue" / "demo.py")
Start = Callable[..., Child]


def lines_until(child: Child, wanted: str) -> list[str]:
    lines = [child.line()]
    while wanted not in lines[-1]:
        lines.append(child.line())
    return lines


def processes(group: int) -> list[int]:
    """Processes of a process group that have not ended."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc/*/stat to find processes in")
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            # The name in brackets may hold blanks; after it come state, parent and group.
            state, _, pgid = path.read_text().rpartition(")")[2].split()[:3]
            if int(pgid) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def act(page: str, token: str, action: str) -> None:
    """Press a button of a page."""
    request = urllib.request.Request(
        f"{page}api/{action}", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def worker_pid(lines: list[str]) -> int:
    """The process id of the first worker, as the demo printed it."""
    (line,) = [line for line in lines if line.startswith("workers")]
    return int(re.findall(r"\d+", line.partition("pid")[2])[0])


def test_every_request_is_answered_and_every_message_seen(child: Start) -> None:
    demo = child([DEMO, "--duration", "2"])
    lines = lines_until(demo, "PASSED")
    assert demo.wait() == 0
    (answered,) = [line for line in lines if line.startswith("answers")]
    count, asked = re.findall(r"[\d,]+", answered)[:2]
    assert count == asked != "0"
    assert any(line.startswith("in  -->") for line in lines)
    assert any(line.startswith("out <--") for line in lines)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_with_a_verdict(child: Start, name: str) -> None:
    demo = child([DEMO, "--workers", "1", "--clients", "1"])
    worker = worker_pid(lines_until(demo, "out <--"))
    group = os.getpgid(worker)
    demo.process.send_signal(getattr(signal, name))
    lines_until(demo, "PASSED")
    assert demo.wait() == 0
    assert processes(group) == []


def test_a_lost_worker_is_a_failure(child: Start) -> None:
    demo = child([DEMO, "--workers", "1", "--clients", "1"])
    worker = worker_pid(lines_until(demo, "out <--"))
    group = os.getpgid(worker)
    os.kill(worker, signal.SIGKILL)
    lines = lines_until(demo, "demo     FAILED")
    assert any("worker-1 ended by itself" in line for line in lines)
    assert demo.wait() == 1
    assert processes(group) == []


def test_nothing_outlives_a_demo_that_was_killed(child: Start) -> None:
    demo = child([DEMO])
    worker = worker_pid(lines_until(demo, "out <--"))
    group = os.getpgid(worker)
    assert len(processes(group)) == 8  # guard, queue, monitor, 2 workers, 3 clients
    demo.process.kill()
    until(lambda: processes(group) == [], 20)


def test_quickstart() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "quickstart.py")],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello, world\n", "")


@pytest.mark.long
@pytest.mark.parametrize("resumed", [True, False])
def test_a_queue_that_is_paused_on_its_page(child: Start, resumed: bool) -> None:
    """Requests wait for as long as it takes; at the end the queue hands on what is there."""
    pytest.importorskip("bokeh", reason="needs the extra ohmq[dashboard]")
    demo = child([DEMO])
    link = lines_until(demo, "#token=")[-1].split()[1]
    page, _, token = link.partition("#token=")
    act(page, token, "pause")
    time.sleep(7)  # longer than any limit of the demo
    if resumed:
        act(page, token, "resume")
    demo.process.send_signal(signal.SIGINT)
    lines_until(demo, "PASSED")
    assert demo.wait() == 0


def test_the_page(child: Start) -> None:
    pytest.importorskip("bokeh", reason="needs the extra ohmq[dashboard]")
    demo = child([DEMO])
    page = lines_until(demo, "#token=")[-1].split()[1].partition("#")[0]
    with urllib.request.urlopen(page + "healthz", timeout=10) as answer:
        assert answer.read() == b"ok\n"
    demo.process.send_signal(signal.SIGINT)
    lines_until(demo, "PASSED")
    assert demo.wait() == 0
