"""`python -m zmq adopt`, in an environment with a distribution called pyzmq and pip."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

import zmq._native

pytestmark = pytest.mark.timeout(300)

# Files as PyZMQ's wheel has them: two that this package has as well, and one of its own.
THEIR_FILES = {
    "zmq/__init__.py": "whose = 'theirs'\n",
    "zmq/error.py": "",
    "zmq/backend/of_their_own.py": "",
}


def write_wheel(
    folder: Path, name: str, version: str, files: dict[str, str], metadata: str
) -> Path:
    """A wheel of pure Python."""
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        record = ""
        for file, text in content.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{file},sha256={digest.rstrip(b'=').decode()},{len(text)}\n"
            wheel.writestr(file, text)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


class Environment:
    """A virtual environment with pip, whose index is a folder."""

    def __init__(self, folder: Path, index: Path) -> None:
        self.index = index
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.site = Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))

    def run(self, *words: str, fails: bool = False, index: bool = True) -> str:
        """Output of a command of this environment's Python, which succeeds unless it `fails`."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        env.pop("PYTHONPATH", None)
        env |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        if index:
            env["PIP_FIND_LINKS"] = str(self.index)
        command = [str(self.python), *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200)
        assert bool(done.returncode) is fails, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def install(self, *requirements: str) -> None:
        self.run("-m", "pip", "install", "--quiet", *requirements)
        if "ohmq" in requirements:
            # The wheel of the tests is built without it, see the fixture.
            shutil.copy(zmq._native.__file__, self.site / "zmq")

    def whose(self) -> str:
        """Which of the two `import zmq` gives."""
        return self.run("-c", "import zmq; print(getattr(zmq, 'whose', 'ours'))")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip and nothing else, to be copied: making one takes long."""
    folder = tmp_path_factory.mktemp("template")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    return folder


@pytest.fixture
def environment(wheel_file: Path, template: Path, tmp_path: Path) -> Environment:
    index = tmp_path / "index"
    index.mkdir()
    shutil.copy(wheel_file, index)
    write_wheel(index, "pyzmq", "27.3.0", THEIR_FILES, "")
    write_wheel(index, "kernel", "1.0", {"kernel.py": ""}, "Requires-Dist: pyzmq>=25\n")
    shutil.copytree(template, tmp_path / "environment", symlinks=True)
    return Environment(tmp_path / "environment", index)


def assert_adopted(environment: Environment) -> None:
    assert environment.whose() == "ours"
    assert not (environment.site / "zmq/backend/of_their_own.py").exists()
    assert environment.run("-m", "pip", "check") == "No broken requirements found."
    assert environment.run("-m", "zmq", "info").splitlines()[-1].split() == [
        "installation",
        "whole",
    ]


def test_beside_pyzmq_and_back(environment: Environment) -> None:
    environment.install("kernel")
    assert environment.whose() == "theirs"
    environment.install("ohmq")
    said = environment.run("-m", "zmq", "info", fails=True)
    assert said.splitlines()[-1].strip() == "python -m zmq adopt"

    would = environment.run("-m", "zmq", "adopt", "--dry-run")
    assert "replace pyzmq 27.3.0 with a stand-in" in would
    assert (environment.site / "zmq/backend/of_their_own.py").exists()

    # No index is needed.
    assert "Done." in environment.run("-m", "zmq", "adopt", index=False)
    assert_adopted(environment)
    assert "Nothing to do" in environment.run("-m", "zmq", "adopt")
    environment.install("--upgrade", "kernel")
    assert_adopted(environment)

    # Without an index PyZMQ cannot be had: everything stays as it was.
    environment.run("-m", "zmq", "adopt", "--undo", index=False, fails=True)
    assert_adopted(environment)
    environment.run("-m", "zmq", "adopt", "--undo")
    assert environment.whose() == "theirs"
    names = environment.run("-m", "pip", "list", "--format=freeze")
    assert "ohmq" not in names
    assert "pyzmq==27.3.0" in names


def test_files_that_pyzmq_has_overwritten(environment: Environment) -> None:
    environment.install("ohmq")
    environment.install("kernel")
    environment.run("-m", "zmq", "info", fails=True)
    said = environment.run("-m", "zmq", "adopt")
    assert "2 of its files are missing or overwritten" in said
    assert_adopted(environment)


def test_a_program_that_requires_pyzmq_without_it(environment: Environment) -> None:
    environment.install("ohmq")
    environment.install("--no-deps", "kernel")
    assert "kernel asks for pyzmq" in environment.run("-m", "zmq", "info")
    environment.run("-m", "zmq", "adopt")
    assert_adopted(environment)


def test_wrong_option(environment: Environment) -> None:
    environment.install("ohmq")
    said = environment.run("-m", "zmq", "adopt", "--und", fails=True)
    assert said == "ohmq: no such option: --und; see 'ohmq adopt --help'"


def test_pyzmq_of_conda_is_left_alone(environment: Environment) -> None:
    environment.install("kernel")
    environment.install("ohmq")
    (environment.site / "pyzmq-27.3.0.dist-info/INSTALLER").write_text("conda\n")
    assert "conda remove --force pyzmq" in environment.run("-m", "zmq", "adopt", fails=True)
    assert "conda remove --force pyzmq" in environment.run("-m", "zmq", "info", fails=True)
    assert (environment.site / "zmq/backend/of_their_own.py").exists()
