"""The installer of this environment: pip where it is there, uv otherwise."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zmq.cli.terminal.errors import CommandError


@dataclass(frozen=True, slots=True)
class Installer:
    """Commands of one installer, for the environment of this interpreter."""

    name: str
    install: tuple[str, ...]
    uninstall: tuple[str, ...]
    reinstall: str
    offline: str

    def install_file(self, wheel: Path) -> None:
        """Install a wheel in place of whatever has its name; asks no index."""
        run([*self.install, "--no-deps", self.offline, self.reinstall, str(wheel)])

    def install_release(self, requirement: str) -> None:
        """Install a release of the index, or what a path names, in place of what has its name."""
        run([*self.install, "--no-deps", self.reinstall, requirement])

    def remove(self, names: Sequence[str]) -> None:
        """Uninstall distributions; those that are not there are passed over."""
        run([*self.uninstall, *names])


def find_installer() -> Installer:
    """Choose the installer of this environment.

    Returns
    -------
    Installer
        pip, or uv in an environment without pip.

    Raises
    ------
    CommandError
        Neither was found, or this Python belongs to the system's own installer.
    """
    if _belongs_to_the_system():
        raise CommandError(
            f"{sys.executable} belongs to the system, which installs its packages: "
            "make a virtual environment"
        )
    if importlib.util.find_spec("pip") is not None:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
        return Installer(
            "pip",
            (*pip, "install"),
            (*pip, "uninstall", "--yes"),
            "--force-reinstall",
            "--no-index",
        )
    uv = shutil.which("uv")
    if uv is not None:
        python = ("--quiet", "--python", sys.executable)
        return Installer(
            "uv",
            (uv, "pip", "install", *python),
            (uv, "pip", "uninstall", *python),
            "--reinstall",
            "--offline",
        )
    raise CommandError("neither pip nor uv was found; install one of them first")


def _belongs_to_the_system() -> bool:
    """Whether installers refuse to change this environment (PEP 668)."""
    mark = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return sys.prefix == sys.base_prefix and mark.exists()


def run(command: Sequence[str]) -> None:
    """Run an installer's command.

    Raises
    ------
    CommandError
        It failed; the message has its last line.
    """
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        errors = [line for line in said if "error" in line.lower()]
        last = (errors or said or [f"ended with {done.returncode}"])[-1]
        raise CommandError(f"{' '.join(command)}: {last}")
