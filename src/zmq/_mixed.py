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


def warn_of_pyzmq() -> None:
    """Warn that files of PyZMQ lie among those of this package."""
    import warnings

    warnings.warn(
        "PyZMQ is installed in the folder of ohmq, and uninstalling or upgrading it removes files "
        f"of ohmq: {_HOW}",
        RuntimeWarning,
        stacklevel=3,
    )


def explain(error: ImportError) -> NoReturn:
    """Raise what to do about a package that cannot be imported; its command runs all the same.

    Parameters
    ----------
    error
        Of the import that failed.

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
    ours = (error.name or "").partition(".")[0] == "zmq"
    if not ours or (error.path or "").endswith((".so", ".pyd", ".dylib")):
        raise error
    raise ImportError(
        f"{error}: this installation of ohmq is incomplete, or mixed with files of PyZMQ; {_HOW}",
        name=error.name,
        path=error.path,
    ) from error


def _typed() -> list[str] | None:
    """The words after the name of the command, if the command is what Python is starting."""
    words = sys.orig_argv
    for at, word in enumerate(words[1:], 1):
        if word == "-m":
            return words[at + 2 :] if words[at + 1 : at + 2] == ["zmq"] else None
        if not word.startswith("-"):
            return words[at + 1 :] if _is_script(word) else None
    return None


def _is_script(path: str) -> bool:
    name = os.path.basename(path)
    return name in ("ohmq", "ohmq.exe", "ohmq-script.py")
