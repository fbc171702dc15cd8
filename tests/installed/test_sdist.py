"""The source distribution: it is made without git, and has all that a build needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from helpers.interpreters import ROOT

pytestmark = pytest.mark.timeout(300)

SDIST = """
import sys
from scikit_build_core.build import build_sdist as build
print(build(sys.argv[1]))
"""
# Without the compiled module, which takes long.
WHEEL = SDIST.replace("sdist", "wheel").replace("argv[1]", "argv[1], {'wheel.cmake': 'false'}")
# What a checkout has beside the sources: made by builds, tests and ipc://* there, or the history.
MADE = (
    ".git",
    ".venv*",
    "build",
    "dist",
    "*.so",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "tmp??????",
)


def run(command: list[str], folder: Path, tools: str) -> str:
    """Output of a command that finds its programs on the path `tools`."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env["PATH"] = tools
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A search path where git fails, and where the tools of this environment come next."""
    folder = tmp_path_factory.mktemp("tools")
    (folder / "git").write_text("#!/bin/sh\nexit 1\n")
    (folder / "git").chmod(0o755)
    here = Path(sys.executable).parent
    return os.pathsep.join([str(folder), str(here), os.environ["PATH"]])


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory, tools: str) -> Path:
    """The unpacked source distribution of a tree without a history."""
    folder = tmp_path_factory.mktemp("sdist")
    shutil.copytree(ROOT, folder / "tree", ignore=shutil.ignore_patterns(*MADE))
    command = [sys.executable, "-c", SDIST, str(folder)]
    name = run(command, folder / "tree", tools).splitlines()[-1]
    with tarfile.open(folder / name) as archive:
        archive.extractall(folder, filter="data")
    return folder / name.removesuffix(".tar.gz")


@pytest.mark.long
def test_it_compiles(sdist: Path, tools: str, tmp_path: Path) -> None:
    """CMake finds every file that it asks for, and Cython all that the module includes."""
    if shutil.which("cc") is None or shutil.which("pkg-config") is None:
        pytest.skip("cc and pkg-config")
    python = f"-DPython_EXECUTABLE={sys.executable}"
    run(["cmake", "-S", ".", "-B", str(tmp_path), "-G", "Ninja", python], sdist, tools)
    run(["ninja", "_native.c"], tmp_path, tools)
    assert (tmp_path / "_native.c").stat().st_size > 1_000_000


def test_its_wheel_has_every_file_of_the_package(
    sdist: Path, tools: str, tmp_path: Path, wheel_file: Path
) -> None:
    """As many as the wheel that is made in the checkout."""
    command = [sys.executable, "-c", WHEEL, str(tmp_path)]
    name = run(command, sdist, tools).splitlines()[-1]
    assert files(tmp_path / name) == files(wheel_file)


def files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.mark.parametrize(
    "name", ["tests/installed/smoke.py", "cmake/bundled_libzmq.cmake", "LICENSE"]
)
def test_it_has(sdist: Path, name: str) -> None:
    assert (sdist / name).read_bytes() == (ROOT / name).read_bytes()
