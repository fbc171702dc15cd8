"""`python -m zmq info` of an installed package."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)


def info(python: Path) -> tuple[int, str]:
    """Exit status and output."""
    command = [str(python), "-m", "zmq", "info"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_whole(wheel_python: Path) -> None:
    status, said = info(wheel_python)
    assert said.splitlines()[-1].split() == ["installation", "whole"]
    assert status == 0


@pytest.mark.parametrize("name", ["asyncio.py", "utils/z85.py", "py.typed"])
def test_missing_file(wheel_python: Path, wheel_site: Path, tmp_path: Path, name: str) -> None:
    file = wheel_site / "zmq" / name
    shutil.move(file, tmp_path / "away")
    try:
        status, said = info(wheel_python)
    finally:
        shutil.move(tmp_path / "away", file)
    assert f"1 files of ohmq are missing or overwritten: zmq/{name}" in said
    assert status == 1


def test_overwritten_file(wheel_python: Path, wheel_site: Path) -> None:
    file = wheel_site / "zmq" / "asyncio.py"
    content = file.read_bytes()
    file.write_bytes(b"# of another distribution")
    try:
        status, said = info(wheel_python)
    finally:
        file.write_bytes(content)
    assert "1 files of ohmq are missing or overwritten: zmq/asyncio.py" in said
    assert status == 1


def test_pyzmq_that_is_metadata_only(wheel_python: Path, wheel_site: Path) -> None:
    """Such a distribution satisfies packages that require pyzmq, and has no files to mix in."""
    metadata = wheel_site / "pyzmq-27.3.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pyzmq\nVersion: 27.3.0\n")
    (metadata / "RECORD").write_text("pyzmq-27.3.0.dist-info/METADATA,,\n")
    try:
        status, said = info(wheel_python)
    finally:
        shutil.rmtree(metadata)
    assert f"pyzmq 27.3.0 in {wheel_site} is a stand-in without files" in said
    assert said.splitlines()[-1].split() == ["installation", "whole"]
    assert status == 0
