"""Packages that have no build for a Python without the GIL: a test that needs one is skipped there.

Elsewhere they are installed, and a test that does not find one fails.
"""

from __future__ import annotations

import re
import sysconfig
from importlib.util import find_spec

PACKAGES = (
    "bokeh",
    "cffi",
    "eventlet",
    "gevent",
    "greenlet",
    "matplotlib",
    "msgspec",
    "paramiko",
    "tree_sitter",
    "tree_sitter_toml",
    "uvloop",
)
# The dashboard tells of its packages in words of its own.
_NOT_FOUND = re.compile(
    rf"No module named '({'|'.join(PACKAGES)})[.']|zmq\.dashboard needs tornado, (bokeh)"
)


def package_missing_for(error: BaseException | None) -> str | None:
    """The package for want of which a test, or a program that it has run, came to an error."""
    while error is not None:
        if name := package_named_in(str(error)):
            return name
        error = error.__cause__ or error.__context__
    return None


def package_named_in(text: str) -> str | None:
    found = _NOT_FOUND.search(text)
    if found is None or not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None
    name = found[1] or found[2]
    return name if find_spec(name) is None else None
