"""The examples of the documentation run as they stand, each in an interpreter of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.interpreters import ROOT

FOLDERS = (ROOT / "docs", ROOT / "src" / "zmq" / "_reasons" / "pages")
PAGES = [ROOT / "README.md", *sorted(page for each in FOLDERS for page in each.rglob("*.md"))]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DEADLINE_S = 60.0
# Development mode has asyncio report steps that were slow, which a busy machine makes of any.
SLOW_STEP = re.compile(r"^Executing <.*> took [\d.]+ seconds\n", re.MULTILINE)


def examples(page: Path) -> list[tuple[int, str]]:
    """The line and the source of each block of Python on a page."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start(1)) + 1, m[1]) for m in FENCE.finditer(text)]


ALL = [
    pytest.param(source, id=f"{page.relative_to(ROOT)}:{line}")
    for page in PAGES
    for line, source in examples(page)
]


def test_every_new_name_has_an_example() -> None:
    page = ROOT / "docs" / "reference" / "additions.md"
    sources = [source for _, source in examples(page)]
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for heading in headings:
        for name in re.findall(r"`(?:[\w.]+\.)?(\w+)", heading):
            assert any(re.search(rf"\b{name}\b", source) for source in sources), name
    assert len(sources) == len(headings)


@pytest.mark.parametrize("source", ALL)
def test_example_runs(source: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", source],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    # An example that leaves a socket open is a bad one: development mode warns of it.
    assert not SLOW_STEP.sub("", ended.stderr)
