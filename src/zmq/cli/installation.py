"""Finds out whether this ``zmq`` package is whole, or mixed with the files of PyZMQ.

Both distributions install a package called ``zmq`` into the same folder. Whichever comes second
overwrites files of the first, and uninstalling either takes files away from the other. The
diagnosis is a pure function of what was found on disk.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

OWN_NAME = "ohmq"
_ADOPT = "python -m zmq adopt"
_CONDA = "conda remove --force pyzmq && python -m zmq adopt"
_REINSTALL = "python -m pip install --force-reinstall --no-deps"
_REINSTALL_BY_UV = "uv pip install --reinstall --no-deps"
# Files of PyZMQ that have no place in this package. Its stubs would hide our types from checkers.
_FOREIGN_PATTERNS = (
    "__init__.pyi",
    "backend/__init__.pyi",
    "backend/cffi",
    "backend/cython/*.pyd",
    "backend/cython/*.so",
    "sugar/__init__.pyi",
)
# Projects whose tool installs what its lock file says, PyZMQ perhaps.
_LOCKS = {"uv.lock": "uv sync", "poetry.lock": "poetry install", "pdm.lock": "pdm sync"}


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution that is called like an owner of the package ``zmq``, or has files of it.

    One without files only satisfies requirements of other distributions.
    """

    name: str
    version: str
    location: Path
    damaged: tuple[str, ...] = ()
    has_files: bool = True
    installer: str = ""
    origin: str = ""
    """The file or address that it was installed from, where that was not an index."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The files and distributions that were found on disk."""

    package_dirs: tuple[Path, ...]
    distributions: tuple[Distribution, ...]
    foreign_files: tuple[Path, ...]
    imported_is_own: bool
    dependents: tuple[str, ...] = ()
    has_pip: bool = True
    python_path: tuple[Path, ...] = ()
    """The folders that PYTHONPATH names."""
    locks: tuple[Path, ...] = ()
    """Lock files of this environment's project that would have PyZMQ installed."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The meaning of the findings: `problems` break the installation, `notes` do not."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fix: list[str] = field(default_factory=list)


def diagnose(findings: Findings) -> Diagnosis:
    """Find out whether the installation is mixed or damaged.

    Parameters
    ----------
    findings
        What `collect` found.

    Returns
    -------
    Diagnosis
        Without problems when all is well; otherwise with the commands that fix it.
    """
    diagnosis = Diagnosis()
    places = {path.parent for path in findings.package_dirs}
    others = [each for each in findings.distributions if each.name != OWN_NAME]
    own = [each for each in findings.distributions if each.name == OWN_NAME]
    for each in others:
        where = f"{each.name} {each.version} in {each.location}"
        if not each.has_files:
            diagnosis.notes.append(
                f"{where} is a stand-in without files: programs that require it get ohmq"
            )
        elif each.location in places:
            diagnosis.problems.append(f"{where} owns files of the same zmq package")
        else:
            diagnosis.notes.append(f"{where} is hidden behind this one")
    mixed = [each for each in others if each.has_files and each.location in places]
    if not mixed:
        for path in findings.foreign_files:
            diagnosis.problems.append(f"{path} belongs to PyZMQ")
    for each in own:
        if each.damaged:
            diagnosis.problems.append(
                f"{len(each.damaged)} files of ohmq are missing or overwritten: "
                + _some(each.damaged)
            )
    if not findings.imported_is_own:
        diagnosis.problems.append("'import zmq' does not load ohmq's zmq")
    if diagnosis.problems:
        diagnosis.fix.append(_fix_command(findings, mixed))
    diagnosis.notes.extend(warning_of_lock(lock) for lock in findings.locks)
    dependents = [name for name in findings.dependents if not others]
    if dependents and not diagnosis.problems:
        require = "requires" if len(dependents) == 1 else "require"
        diagnosis.notes.append(
            f"{_some(dependents)} {require} pyzmq, which is not there: '{_ADOPT}' gives ohmq"
        )
    return diagnosis


def _fix_command(findings: Findings, mixed: Sequence[Distribution]) -> str:
    """The one command that makes the installation whole."""
    own = [each for each in findings.distributions if each.name == OWN_NAME]
    origin = next((each.origin for each in own if each.origin), OWN_NAME)
    command = _REINSTALL if findings.has_pip else _REINSTALL_BY_UV
    reinstall = f"{command} {shlex.quote(origin)}"
    if own and not findings.imported_is_own and _hidden_by_path(findings, own):
        return "unset PYTHONPATH"
    if any(each.installer == "conda" for each in mixed):
        return _CONDA
    others = sorted({each.name for each in mixed} - {"pyzmq"})
    if others:
        pip = "python -m pip uninstall -y" if findings.has_pip else "uv pip uninstall"
        return f"{pip} {' '.join(others)} && {reinstall}"
    unmet = findings.dependents and not any(each.name == "pyzmq" for each in findings.distributions)
    if mixed or not own or (unmet and not findings.foreign_files):
        return _ADOPT
    steps = []
    if findings.foreign_files:
        steps.append(f"rm -r {' '.join(str(path) for path in findings.foreign_files)}")
    if not steps or any(each.damaged for each in own):
        steps.append(reinstall)
    return " && ".join(steps)


def _hidden_by_path(findings: Findings, own: Sequence[Distribution]) -> bool:
    """Whether PYTHONPATH names a folder with another zmq, which comes first."""
    places = {path.parent for path in findings.package_dirs}
    return bool(places & set(findings.python_path)) and not places & {each.location for each in own}


def _some(names: Sequence[str], limit: int = 3) -> str:
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown}, ..."


def collect(*, imported_is_own: bool) -> Findings:
    """Look at the distributions on the path and into the folder of the package.

    Reads files, and hashes those of this package.

    Parameters
    ----------
    imported_is_own
        Whether the module that ``import zmq`` gave is this project's.

    Returns
    -------
    Findings
        For `diagnose`.
    """
    spec = importlib.util.find_spec("zmq")
    found = spec.submodule_search_locations if spec is not None else None
    folders = tuple(dict.fromkeys(Path(each).resolve() for each in found or ()))
    return Findings(
        package_dirs=folders,
        distributions=tuple(find_distributions()),
        foreign_files=tuple(_foreign_files(folders)),
        imported_is_own=imported_is_own,
        dependents=tuple(sorted(_dependents())),
        has_pip=importlib.util.find_spec("pip") is not None,
        python_path=tuple(_python_path()),
        locks=tuple(locks(Path(sys.prefix).parent)),
    )


def _python_path() -> Iterable[Path]:
    for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        if folder:
            yield Path(folder).resolve()


def locks(project: Path) -> Iterable[Path]:
    """Find lock files that name a release of PyZMQ.

    Parameters
    ----------
    project
        The folder to look in.

    Yields
    ------
    Path
        Of uv, Poetry or PDM.
    """
    for name in _LOCKS:
        try:
            lock = tomllib.loads((project / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        # An override of uv's says what pyzmq is, or that it is not installed.
        overrides = lock.get("manifest", {}).get("overrides", ())
        if any(each.get("name") == "pyzmq" for each in overrides):
            continue
        packages = [each for each in lock.get("package", ()) if each.get("name") == "pyzmq"]
        if any(map(_is_release, packages)):
            yield project / name


def warning_of_lock(lock: Path) -> str:
    """Say which command would bring PyZMQ, as a lock file wants it."""
    command = _LOCKS[lock.name]
    return f"'{command}' installs PyZMQ, as {lock} says: docs/start/install.md has the way out"


def _is_release(package: dict[str, Any]) -> bool:
    """Whether a lock file has PyZMQ of an index, and not a file, which is the stand-in."""
    source = package.get("source", {})
    if source:
        return "registry" in source or source.get("type") == "legacy"
    return "path" not in package


def _dependents() -> Iterable[str]:
    """Names of the installed distributions that require pyzmq without condition."""
    for each in importlib.metadata.distributions():
        for requirement in each.requires or ():
            if re.match(r"pyzmq\b(?![^;]*;)", requirement, re.IGNORECASE):
                yield each.metadata["Name"]


def find_distributions() -> Iterable[Distribution]:
    """Find the distributions of this environment that are, or say that they are, ohmq or PyZMQ."""
    seen: set[tuple[str, Path]] = set()
    for each in importlib.metadata.distributions():
        name = re.sub(r"[-_.]+", "-", each.metadata["Name"] or "").lower()
        has_files = _has_files(each)
        if name not in {OWN_NAME, "pyzmq"} and not has_files:
            continue
        location = Path(str(each.locate_file(""))).resolve()
        if (name, location) in seen:
            continue
        seen.add((name, location))
        damaged = tuple(damaged_files(each)) if name == OWN_NAME else ()
        installer = (each.read_text("INSTALLER") or "").strip()
        origin = _origin(each) if name == OWN_NAME else ""
        yield Distribution(name, each.version, location, damaged, has_files, installer, origin)


def recorded(distribution: importlib.metadata.Distribution) -> Iterable[tuple[str, str]]:
    """Yield path and hash of each file that the distribution has installed.

    `Distribution.files` would not do: since Python 3.12 it leaves out files that are missing.
    """
    record = (distribution.read_text("RECORD") or "").splitlines()
    for row in csv.reader(record):
        if row:
            yield row[0], row[1] if len(row) > 1 else ""


def _recorded(distribution: importlib.metadata.Distribution) -> Iterable[tuple[str, str]]:
    """Yield path and hash of each recorded file of ``zmq/``."""
    for name, digest in recorded(distribution):
        if name.replace("\\", "/").startswith("zmq/"):
            yield name, digest


def _has_files(distribution: importlib.metadata.Distribution) -> bool:
    if any(_recorded(distribution)):
        return True
    # Old installations, and those of system packages, keep no record of their files.
    return "zmq" in (distribution.read_text("top_level.txt") or "").split()


def damaged_files(distribution: importlib.metadata.Distribution) -> Iterable[str]:
    """Find the package's files that are gone or are no longer what was installed.

    Parameters
    ----------
    distribution
        An installed distribution.

    Yields
    ------
    str
        Paths as recorded, of files under ``zmq/`` only.
    """
    if _is_editable(distribution):
        return  # a copy of the source, built in place
    for name, recorded in _recorded(distribution):
        if name.endswith(".pyc"):
            continue
        try:
            content = Path(str(distribution.locate_file(name))).read_bytes()
        except OSError:
            yield name
            continue
        mode, _, value = recorded.partition("=")
        if mode not in hashlib.algorithms_guaranteed:
            continue
        digest = hashlib.new(mode, content).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != value.rstrip("="):
            yield name


def _direct_url(distribution: importlib.metadata.Distribution) -> dict[str, Any]:
    """What an installer has written of a distribution that came from no index."""
    return dict(json.loads(distribution.read_text("direct_url.json") or "{}"))


def _is_editable(distribution: importlib.metadata.Distribution) -> bool:
    return bool(_direct_url(distribution).get("dir_info", {}).get("editable"))


def _origin(distribution: importlib.metadata.Distribution) -> str:
    """What an installer takes to install it again; nothing if that is its name, or is gone."""
    origin = _direct_url(distribution)
    url = origin.get("url", "")
    if version := origin.get("vcs_info"):
        return f"{version['vcs']}+{url}@{version['commit_id']}"
    if not url.startswith("file:"):
        return str(url)
    path = url2pathname(urlsplit(url).path)
    return path if os.path.exists(path) and not _is_editable(distribution) else ""


def _foreign_files(folders: Iterable[Path]) -> Iterable[Path]:
    for folder in folders:
        for pattern in _FOREIGN_PATTERNS:
            yield from sorted(folder.glob(pattern))
