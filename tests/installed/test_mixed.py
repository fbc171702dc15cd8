"""Installations whose files PyZMQ has overwritten in part: imports and the command tell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)

HOW = "'python -m zmq info' says how to fix it"
IMPORT = "import zmq; print(zmq.ohmq_version != '', zmq.Context().term())"


def run(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), *words], capture_output=True, text=True, timeout=60)


@pytest.fixture
def package(wheel_site: Path, tmp_path: Path) -> Iterator[Path]:
    """The folder of the installed package, which is put back after the test."""
    folder = wheel_site / "zmq"
    shutil.copytree(folder, tmp_path / "kept")
    yield folder
    shutil.rmtree(folder)
    shutil.move(tmp_path / "kept", folder)


def fix_command(python: Path) -> str:
    """The one line of `python -m zmq info`, which fails."""
    done = run(python, "-m", "zmq", "info")
    assert done.returncode == 1, done.stderr
    assert "PyZMQ is installed in the folder of ohmq" not in done.stderr
    return done.stdout.splitlines()[-1].strip()


def test_a_whole_installation_says_nothing(wheel_python: Path) -> None:
    done = run(wheel_python, "-c", IMPORT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True None\n", "")


def test_files_of_pyzmq_beside_ours(wheel_python: Path, package: Path) -> None:
    (package / "backend/cffi").mkdir()
    (package / "backend/cffi/_cffi.abi3.so").touch()
    done = run(wheel_python, "-c", f"{IMPORT}; import zmq.asyncio")
    assert (done.returncode, done.stdout) == (0, "True None\n")
    assert done.stderr.count("RuntimeWarning: PyZMQ is installed in the folder of ohmq") == 1
    assert HOW in done.stderr
    assert fix_command(wheel_python) == f"rm -r {(package / 'backend/cffi').resolve()}"


@pytest.mark.parametrize("options", [["-m"], ["-W", "error", "-m"], ["-Xutf8", "-Wdefault", "-Im"]])
@pytest.mark.parametrize("command", [["adopt", "--help"], ["info"]])
def test_the_cure_does_not_warn(
    wheel_python: Path, package: Path, options: list[str], command: list[str]
) -> None:
    (package / "backend/cffi").mkdir()
    done = run(wheel_python, *options, "zmq", *command)
    assert done.stderr == ""
    assert "adopt" in done.stdout or "backend/cffi" in done.stdout


@pytest.mark.parametrize("words", [["-m", "zmq", "--version"], ["-c", "import zmq", "info"]])
def test_all_else_warns(wheel_python: Path, package: Path, words: list[str]) -> None:
    (package / "backend/cffi").mkdir()
    assert HOW in run(wheel_python, *words).stderr


@pytest.mark.parametrize("name", ["error.py", "constants.py", "core/poll.py", "core"])
def test_a_file_that_the_import_needs(
    wheel_python: Path, wheel_file: Path, package: Path, name: str
) -> None:
    """As another package has it, or gone with that package."""
    if (package / name).is_dir():
        shutil.rmtree(package / name)
    else:
        (package / name).write_text("# of another distribution\n")
    done = run(wheel_python, "-c", IMPORT)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "incomplete, or mixed with files of PyZMQ" in last
    assert last.endswith(HOW)
    # There is no pip.
    assert fix_command(wheel_python) == f"uv pip install --reinstall --no-deps {wheel_file}"


def test_the_line_fixes_it_when_it_is_typed(wheel_python: Path, package: Path) -> None:
    if shutil.which("uv", path=Path(sys.executable).parent) is None:
        pytest.skip("uv")
    (package / "error.py").unlink()
    (package / "constants.py").write_text("# of another distribution\n")
    folders = [str(Path(wheel_python).parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    env = os.environ | {
        "PATH": os.pathsep.join(folders),
        "VIRTUAL_ENV": str(Path(wheel_python).parents[1]),
    }
    line = fix_command(wheel_python)
    done = subprocess.run(line, shell=True, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    done = run(wheel_python, "-m", "zmq", "info")
    assert done.stdout.splitlines()[-1].split() == ["installation", "whole"]


def test_the_command_runs_where_the_import_fails(
    wheel_python: Path, package: Path, tmp_path: Path
) -> None:
    (package / "error.py").unlink()
    script = tmp_path / "ohmq"
    script.write_text("from zmq.cli.__main__ import main\nraise SystemExit(main())\n")
    done = run(wheel_python, str(script), "info")
    assert "1 files of ohmq are missing or overwritten: zmq/error.py" in done.stdout
    assert done.returncode == 1
    # A program that has the words among its own gets the error, and not the command.
    done = run(wheel_python, "-c", "import zmq", "-m", "zmq", "info")
    assert done.stdout == ""
    assert HOW in done.stderr


def test_a_library_that_is_missing_is_another_matter(wheel_python: Path, package: Path) -> None:
    (module,) = (each for each in package.glob("_native.*") if each.suffix != ".pyi")
    module.write_bytes(b"not a library")
    done = run(wheel_python, "-c", "import zmq")
    assert "ImportError" in done.stderr
    assert HOW not in done.stderr


@pytest.mark.parametrize("keep", [0, 1, None])
def test_half_of_pyzmq(
    wheel_python: Path, wheel_file: Path, package: Path, pyzmq: Path, keep: int | None
) -> None:
    """Every other file, or all: the command finds out, and an import hides nothing."""
    code = "import zmq; print(zmq.__path__[0])"
    theirs = Path(run(pyzmq, "-c", code).stdout.strip())
    files = sorted(each.relative_to(theirs) for each in theirs.rglob("*.py*") if each.is_file())
    assert len(files) > 50
    for position, file in enumerate(each for each in files if "__pycache__" not in each.parts):
        if position % 2 != keep and file != Path("__init__.py"):
            (package / file.parent).mkdir(exist_ok=True, parents=True)
            shutil.copy(theirs / file, package / file)
    done = run(wheel_python, "-c", "import zmq")
    assert HOW in done.stderr
    assert fix_command(wheel_python).split(" && ")[-1].endswith(f"--no-deps {wheel_file}")
