"""The stand-in for the distribution ``pyzmq``: a wheel with metadata and no other file."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

NAME = "pyzmq"
# The release of PyZMQ whose API this package provides.
VERSION = "27.3.0"
_FOLDER = f"{NAME}-{VERSION}.dist-info"
_METADATA = f"""\
Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: Stands in for PyZMQ: satisfies requirements on pyzmq with ohmq
License: BSD-3-Clause
Requires-Python: >=3.11
Requires-Dist: ohmq
"""
_WHEEL = """\
Wheel-Version: 1.0
Generator: ohmq
Root-Is-Purelib: true
Tag: py3-none-any
"""


def write_standin(folder: Path) -> Path:
    """Write the wheel of the stand-in.

    Parameters
    ----------
    folder
        Where to write; has to exist.

    Returns
    -------
    Path
        The wheel. It has the metadata of ``compat/pyzmq``.
    """
    path = folder / f"{NAME}-{VERSION}-py3-none-any.whl"
    files = {f"{_FOLDER}/METADATA": _METADATA, f"{_FOLDER}/WHEEL": _WHEEL}
    record = "".join(_record_line(name, text.encode()) for name, text in files.items())
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{_FOLDER}/RECORD", f"{record}{_FOLDER}/RECORD,,\n")
    return path


def _record_line(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"
