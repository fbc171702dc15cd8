"""`python -m zmq adopt`, in environments with a distribution called pyzmq, of pip and of uv."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
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
    """A virtual environment whose index is a folder."""

    def __init__(self, folder: Path, index: Path, uv: str | None) -> None:
        self.index = index
        self.uv = uv
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.site = Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))

    def run(self, *words: str, fails: bool = False, index: bool = True) -> str:
        """Output of a command of this environment's Python, which succeeds unless it `fails`."""
        return self._run([str(self.python), *words], fails=fails, index=index)

    def installer(self, *words: str) -> str:
        """Output of pip, or of uv where there is no pip."""
        if self.uv is None:
            return self._run([str(self.python), "-m", "pip", *words])
        return self._run([self.uv, "pip", *words, "--python", str(self.python)])

    def _run(self, command: list[str], *, fails: bool = False, index: bool = True) -> str:
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_")) and name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        env |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        # uv has no variable for it.
        settings = self.index.with_name("uv.toml")
        settings.write_text("no-index = true\n")
        env["UV_CONFIG_FILE"] = str(settings)
        env["UV_CACHE_DIR"] = str(self.index.with_name("cache"))
        if self.uv is not None:
            env["PATH"] = os.pathsep.join([str(Path(self.uv).parent), env["PATH"]])
        if index:
            env["PIP_FIND_LINKS"] = env["UV_FIND_LINKS"] = str(self.index)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200)
        assert bool(done.returncode) is fails, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def install(self, *requirements: str) -> None:
        self.installer("install", "--quiet", *requirements)
        if "ohmq" in requirements:
            # The wheel of the tests is built without it, see the fixture.
            shutil.copy(zmq._native.__file__, self.site / "zmq")

    def whose(self) -> str:
        """Which of the two `import zmq` gives."""
        return self.run("-c", "import zmq; print(getattr(zmq, 'whose', 'ours'))")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """Environments with pip or without, and nothing else, to be copied: making one takes long."""

    @functools.cache
    def make(with_pip: bool) -> Path:
        folder = tmp_path_factory.mktemp("template")
        venv.create(folder, with_pip=with_pip, symlinks=os.name != "nt")
        return folder

    return make


@pytest.fixture(params=[pytest.param("pip", marks=pytest.mark.long), "uv"])
def environment(
    request: pytest.FixtureRequest,
    wheel_file: Path,
    templates: Callable[[bool], Path],
    tmp_path: Path,
) -> Environment:
    uv = None
    if request.param == "uv":
        uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
        if uv is None:
            pytest.skip("uv")
    index = tmp_path / "index"
    index.mkdir()
    shutil.copy(wheel_file, index)
    write_wheel(index, "pyzmq", "27.3.0", THEIR_FILES, "")
    write_wheel(index, "kernel", "1.0", {"kernel.py": ""}, "Requires-Dist: pyzmq>=25\n")
    shutil.copytree(templates(uv is None), tmp_path / "environment", symlinks=True)
    return Environment(tmp_path / "environment", index, uv)


def assert_adopted(environment: Environment) -> None:
    assert environment.whose() == "ours"
    assert not (environment.site / "zmq/backend/of_their_own.py").exists()
    checked = environment.installer("check").splitlines()[-1]
    assert checked in ("No broken requirements found.", "All installed packages are compatible")
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
    names = environment.installer("list", "--format=freeze")
    assert "ohmq" not in names
    assert "pyzmq==27.3.0" in names


def test_files_that_pyzmq_has_overwritten(environment: Environment) -> None:
    environment.install("ohmq")
    environment.install("kernel")
    said = environment.run("-m", "zmq", "info", fails=True)
    first = f"{zmq.ohmq_version} is installed, but 'import zmq' loads another package"
    assert said.splitlines()[0].endswith(first)
    said = environment.run("-m", "zmq", "adopt")
    assert "2 of its files are missing or overwritten" in said
    assert_adopted(environment)


def test_files_that_went_with_pyzmq(environment: Environment) -> None:
    """One command gives the files back, and to programs what they require."""
    environment.install("ohmq")
    environment.install("kernel")
    environment.installer("uninstall", *([] if environment.uv else ["--yes"]), "pyzmq")
    said = environment.run("-m", "zmq", "info", fails=True)
    assert said.splitlines()[-1].strip() == "python -m zmq adopt"
    environment.run("-m", "zmq", "adopt")
    assert_adopted(environment)


def test_overwritten_files_of_a_wheel_that_no_index_has(
    environment: Environment, wheel_file: Path
) -> None:
    environment.install(str(wheel_file))
    shutil.copy(zmq._native.__file__, environment.site / "zmq")
    environment.install("kernel")
    assert environment.whose() == "theirs"
    environment.run("-m", "zmq", "adopt", index=False)
    assert_adopted(environment)


def test_overwritten_files_that_cannot_be_had_again(environment: Environment) -> None:
    """Everything stays as it was, and the next try finds it so."""
    environment.install("ohmq")
    environment.install("kernel")
    said = environment.run("-m", "zmq", "adopt", index=False, fails=True)
    assert "ohmq==" in said
    assert (environment.site / "zmq/backend/of_their_own.py").exists()
    environment.run("-m", "zmq", "adopt")
    assert_adopted(environment)


def test_a_program_that_requires_pyzmq_without_it(environment: Environment) -> None:
    environment.install("ohmq")
    environment.install("--no-deps", "kernel")
    assert "kernel requires pyzmq, which is not there" in environment.run("-m", "zmq", "info")
    environment.run("-m", "zmq", "adopt")
    assert_adopted(environment)


def test_the_stand_in_is_written_for_other_installers(
    environment: Environment, tmp_path: Path
) -> None:
    environment.install("ohmq")
    wheel = environment.run("-m", "zmq", "adopt", "--save", str(tmp_path / "new"))
    assert Path(wheel).parent == tmp_path / "new"
    environment.installer("install", "--quiet", wheel, "kernel")
    assert_adopted(environment)
    said = environment.run("-m", "zmq", "adopt", "--save", fails=True)
    assert said == "ohmq: --save wants a folder, and no other option"


def test_a_lock_file_that_wants_pyzmq(environment: Environment) -> None:
    environment.install("ohmq", "kernel")
    lock = Path(environment.python).parents[2] / "uv.lock"
    lock.write_text('[[package]]\nname = "pyzmq"\nsource = { registry = "https://index/" }\n')
    said = environment.run("-m", "zmq", "adopt")
    assert "Beware: 'uv sync' installs PyZMQ" in said
    assert "'uv sync' installs PyZMQ" in environment.run("-m", "zmq", "info")


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
