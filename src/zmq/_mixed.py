"""Tells of an installation that is mixed with the files of PyZMQ, or incomplete.

`zmq` imports this module only where it has found something of the kind: an import of a whole
installation costs one look for a folder. PyZMQ has no file of this name, so it is not overwritten.
Where PyZMQ has overwritten everything, ``import zmq`` runs PyZMQ's code: there the command tells.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points
from typing import NoReturn

_HOW = "'python -m zmq info' says how to fix it"
# The commands that say it, and do it.
_CURES = ("adopt", "info")
# What of Python's own options has its value in the next word.
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def warn_of_pyzmq() -> None:
    """Warn that files of PyZMQ lie among those of this package; not in a command that cures it."""
    import warnings

    if (_typed() or [""])[0] in _CURES:
        return

    warnings.warn(
        "PyZMQ is installed in the folder of ohmq, and uninstalling or upgrading it removes files "
        f"of ohmq: {_HOW}",
        RuntimeWarning,
        stacklevel=3,
    )


def explain(error: ImportError | AttributeError) -> NoReturn:
    """Raise what to do about a package that cannot be imported; its command runs all the same.

    Parameters
    ----------
    error
        Of the import that failed: a module or a name is not there, or what has the name is PyZMQ's.

    Raises
    ------
    ImportError
        With the way out; or the same error, where a library that is needed was not found.
    SystemExit
        The command has run: ``python -m zmq`` begins with an import of this package.
    """
    typed = _typed()
    if typed is not None:
        for command in entry_points(group="console_scripts", name="ohmq"):
            sys.exit(command.load()(typed))
    name = path = None
    if isinstance(error, ImportError):
        name, path = error.name, error.path
        ours = (name or "").partition(".")[0] == "zmq"
        if not ours or (path or "").endswith((".so", ".pyd", ".dylib")):
            raise error
    raise ImportError(
        f"{error}: this installation of ohmq is incomplete, or mixed with files of PyZMQ; {_HOW}",
        name=name,
        path=path,
    ) from error


def _typed() -> list[str] | None:
    """The words after the name of the command, if the command is what Python is starting."""
    words = sys.orig_argv
    at = 1
    while at < len(words) and words[at].startswith("-"):
        if _names_a_module(words[at]):
            return words[at + 2 :] if words[at + 1 : at + 2] == ["zmq"] else None
        at += 2 if words[at] in _WITH_VALUE else 1
    return words[at + 1 :] if at < len(words) and _is_script(words[at]) else None


def _names_a_module(option: str) -> bool:
    """Whether the next word is a module: ``-m``, or other letters before it, as in ``-Im``."""
    letters = option[1:]
    return letters.endswith("m") and letters.isalpha() and letters[0] not in "WXc"


def _is_script(path: str) -> bool:
    name = os.path.basename(path)
    return name in ("ohmq", "ohmq.exe", "ohmq-script.py")
