"""This package as users have it: a wheel, installed into an environment with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import zmq._native
from helpers.interpreters import ROOT

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="session")
def wheel_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this tree, built without its compiled module, which takes long."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--config-settings", "wheel.cmake=false"]
    # The build backend's tools stand beside the interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PATH": path}
    run([*PIP, *build, "--wheel-dir", str(folder), str(ROOT)], env=env)
    (wheel,) = folder.iterdir()
    return wheel


@pytest.fixture(scope="session")
def wheel_python(wheel_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment where the wheel and the compiled module are installed."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "environment", with_pip=False, symlinks=os.name != "nt")
    bin_ = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    python = bin_ / Path(sys.executable).name
    site = site_packages(python)
    run([*PIP, "install", "--no-deps", "--no-compile", "--target", str(site), str(wheel_file)])
    shutil.copy(zmq._native.__file__, site / "zmq")
    return python


@pytest.fixture(scope="session")
def wheel_site(wheel_python: Path) -> Path:
    """The folder that the wheel is installed in."""
    return site_packages(wheel_python)


def site_packages(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(run([str(python), "-c", code]).strip())


def run(command: list[str], *, env: dict[str, str] | None = None) -> str:
    """Run a command that has to succeed, and return its output."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
