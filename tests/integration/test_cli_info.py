"""`python -m zmq info` from the outside, on a whole and on a mixed installation."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import zmq
import zmq.cli
from helpers.processes import run_python


def test_this_installation_is_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zmq", "info"], capture_output=True, text=True, timeout=20
    )
    pairs = [line.partition("  ") for line in done.stdout.splitlines()]
    facts = {name: text.strip() for name, _, text in pairs}
    assert facts["ohmq"] == zmq.ohmq_version
    assert facts["PyZMQ API"] == zmq.__version__
    assert facts["libzmq"] == zmq.zmq_version()
    assert sys.executable in facts["Python"]
    assert facts["installation"] == "whole"
    assert ("curve" in facts["has"].split()) == zmq.has("curve")
    assert ("draft" in facts["has"].split()) == zmq.has("draft")
    assert str(zmq.IPC_PATH_MAX_LEN) in facts["ipc path"]
    assert facts["max sockets"].split()[0].isdecimal()
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away() -> None:
    script = f"{sys.executable} -m zmq info | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_files_that_went_with_an_uninstalled_pyzmq(tmp_path: Path) -> None:
    """Only what PyZMQ does not have in its own package is left of this one."""
    (cli,) = zmq.cli.__path__
    shutil.copytree(cli, tmp_path / "zmq" / "cli")
    shutil.copy(Path(cli).parent / "__main__.py", tmp_path / "zmq")
    # Without site-packages: a whole package anywhere on the path wins over a torn one.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "zmq", "info"],
        capture_output=True,
        text=True,
        timeout=20,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert "'import zmq' does not load ohmq's zmq" in done.stdout
    assert done.stderr == ""


def test_pyzmq_installed_over_this_one(pyzmq: Path, tmp_path: Path) -> None:
    """The files of both lie in one folder, and PyZMQ's came last."""
    where = run_python(
        "import importlib.metadata as m, json\n"
        "d = m.distribution('pyzmq')\n"
        "print(json.dumps([str(d.locate_file('zmq')), str(d._path)]))",
        python=pyzmq,
    )
    package, info = map(Path, json.loads(where[-1]))
    shutil.copytree(package, tmp_path / "zmq")
    shutil.copytree(info, tmp_path / info.name)
    (cli,) = zmq.cli.__path__
    shutil.copytree(cli, tmp_path / "zmq" / "cli")
    shutil.copy(Path(cli).parent / "__main__.py", tmp_path / "zmq")
    command = [pyzmq, "-m", "zmq"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([*command, "info"], capture_output=True, text=True, timeout=20, env=env)
    assert done.returncode == 1
    assert f"pyzmq 27.3.0 in {tmp_path} owns files of the same zmq package" in done.stdout
    assert "'import zmq' does not load ohmq's zmq" in done.stdout
    assert done.stdout.splitlines()[-2:] == ["Fix it with:", "  python -m zmq adopt"]
    assert done.stderr == ""
