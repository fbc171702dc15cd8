"""Files of an installed distribution, kept while an installer removes others of the same names."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

from zmq.cli.installation import recorded


class SavedFiles:
    """A copy of every file that a distribution has installed.

    Uninstalling PyZMQ removes files by name, those of this package among them.

    Parameters
    ----------
    name
        Of the distribution; one that is not installed has no files.
    folder
        Where to keep the copies.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._kept: list[tuple[Path, Path]] = []
        for number, path in enumerate(_installed_files(name)):
            copy = folder / f"{name}-{number}"
            shutil.copy2(path, copy)
            self._kept.append((path, copy))

    def restore(self) -> None:
        """Put back what is gone or has changed since; may be called again."""
        for path, copy in self._kept:
            if not path.exists() or path.read_bytes() != copy.read_bytes():
                path.parent.mkdir(parents=True, exist_ok=True)
                # A new file: a library that is loaded must not change under its program.
                beside = path.with_name(f"{path.name}.ohmq-new")
                shutil.copy2(copy, beside)
                os.replace(beside, path)


def _installed_files(name: str) -> list[Path]:
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    paths = (Path(str(distribution.locate_file(each))) for each, _ in recorded(distribution))
    return [path for path in paths if path.is_file()]
