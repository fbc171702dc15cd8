"""Sphinx's settings: `make docs` builds the site, and every warning is an error."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import zmq  # noqa: E402

project = "ohmq"
author = "The ohmq developers"
project_copyright = "The ohmq developers"
release = version = zmq.ohmq_version

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]

source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
# Docstrings write ZMQError and Socket, which are names of several modules: any of them will do.
suppress_warnings = ["ref.python"]
# What a docstring puts in single quotes is code.
default_role = "code"

html_theme = "furo"
html_title = f"ohmq {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
pygments_style = "xcode"
pygments_dark_style = "monokai"
