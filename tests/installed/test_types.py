"""Type checkers accept programs that use an installed package, in their strict modes too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.compat.reference import SURFACE
from helpers.interpreters import ROOT
from helpers.processes import run_python

pytestmark = pytest.mark.timeout(300)

PROGRAMS = ROOT / "tests" / "typing" / "programs"
# Each is a function as well as a module: which of them `zmq.green.device` is, imports decide.
AMBIGUOUS = {"zmq.green.device", "zmq.devices.monitoredqueue"}
# Modules of this package beside those of PyZMQ.
OWN = ("zmq.anyio", "zmq.eventlet")


# Prints module and name of what is public, a pair a line: PyZMQ's names that are here, and our own.
LIST_NAMES = """
import importlib, json, sys
for module_name, names in json.loads(sys.argv[1]).items():
    module = importlib.import_module(module_name)
    for name in sorted({*names, *getattr(module, "__all__", ())}):
        private = name.startswith("_") and not name.startswith("__")
        if hasattr(module, name) and not private:
            print(module_name, name)
"""


def all_names() -> str:
    """Text of a program that uses every public name of every public module."""
    wanted = {
        module: [name for name, entry in names.items() if entry["kind"] != "module"]
        for module, names in SURFACE.items()
        if "._" not in module and not module.startswith("zmq.backend.") and module not in AMBIGUOUS
    }
    wanted |= {module: [] for module in OWN}
    # Elsewhere: the tests need not live with everything that gevent and eventlet do when imported.
    pairs = run_python(LIST_NAMES, json.dumps(wanted), options=["-W", "ignore"])
    uses = ["print({}.{})".format(*pair.split()) for pair in pairs]
    assert len(uses) > 1000
    imports = [f"import {module}" for module in sorted({pair.split()[0] for pair in pairs})]
    return "\n".join(["from __future__ import annotations", *imports, *uses, ""])


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, wheel_site: Path) -> Iterator[Path]:
    """A folder outside the repository with the programs to check."""
    folder = tmp_path_factory.mktemp("programs")
    shutil.copytree(PROGRAMS, folder, dirs_exist_ok=True)
    (folder / "all_names.py").write_text(all_names())
    # Tornado and others, of which public names are made, come from the tools' environment. A
    # folder that is added like this has its own .pth files ignored: this repository stays unseen.
    link = wheel_site / "tools.pth"
    link.write_text(sysconfig.get_path("purelib") + "\n")
    yield folder
    link.unlink()


def check(command: list[str], folder: Path) -> str:
    """Run a checker outside the repository, and return what it says when it objects."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MYPYPATH")}
    env["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("mode", [pytest.param("basic", marks=pytest.mark.long), "strict"])
def test_pyright(programs: Path, wheel_python: Path, mode: str) -> None:
    settings = {"typeCheckingMode": mode, "pythonVersion": "3.11"}
    (programs / "pyrightconfig.json").write_text(json.dumps(settings))
    said = check(["pyright", "--pythonpath", str(wheel_python)], programs)
    assert not said, said


def test_mypy(programs: Path, wheel_python: Path) -> None:
    files = sorted(each.name for each in programs.glob("*.py"))
    command = ["mypy", "--strict", "--python-version", "3.11", "--python-executable"]
    said = check([*command, str(wheel_python), *files], programs)
    assert not said, said


def test_checkers_look_at_the_installed_package(programs: Path, wheel_python: Path) -> None:
    """A mistake is found: the tests above do not pass because nothing was read."""
    folder = programs / "mistakes"
    folder.mkdir()
    (folder / "mistake.py").write_text("import zmq\n\nprint(zmq.REQ + '', zmq.NO_SUCH_NAME)\n")
    mypy = ["mypy", "--strict", "--python-executable", str(wheel_python), "mistake.py"]
    for command in (mypy, ["pyright", "--pythonpath", str(wheel_python), "mistake.py"]):
        said = check(command, folder)
        assert "NO_SUCH_NAME" in said
        assert 'Operator "+" not supported' in said or "Unsupported operand types for +" in said
    shutil.rmtree(folder)
