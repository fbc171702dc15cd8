"""The pages that errors point to: one for each pointer, and each with all that a page has."""

from __future__ import annotations

import re
from errno import EINVAL
from pathlib import Path

import pytest

import zmq
import zmq._reasons
from helpers.interpreters import ROOT
from zmq._reasons.pointers import page_of, pages, pages_of_number

FOLDER = Path(zmq._reasons.__file__).parent / "pages"
DOCS = ROOT / "docs" / "errors"
# On a site that is read from the source, for each page.
INCLUDE = "```{{include}} ../../src/zmq/_reasons/pages/{}.md\n```\n"


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def test_there_is_a_page_for_each_pointer_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.md" for name in pages()}


@pytest.mark.parametrize("name", pages())
def test_a_page_is_whole(name: str) -> None:
    text = text_of(name)
    assert re.fullmatch(r"[a-z-]+", name)
    assert re.match(r"# [A-Z][^\n]{5,70}\n\n\S", text)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Why", "What to do", "See more"]
    assert text.count("```python\n") == 1
    assert text.count("\n```\n") == 1
    assert 15 <= text.count("\n") <= 45
    # An 80-column terminal wraps a few lines, and no line of code.
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", pages())
def test_links_of_a_page_lead_to_other_pages(name: str) -> None:
    text = text_of(name)
    links = re.findall(r"\]\((.+?)\)", text)
    assert links
    assert set(links) <= {f"{other}.md" for other in pages() if other != name}
    assert {f"{label}.md" for label in re.findall(r"\[([a-z-]+)\]\(", text)} == set(links)


def test_titles_are_not_alike() -> None:
    assert len({text_of(name).partition("\n")[0] for name in pages()}) == len(pages())


def test_the_site_has_the_pages_of_the_package() -> None:
    files = {path.stem for path in DOCS.iterdir()}
    assert files == {"index", *pages()}
    for name in pages():
        assert (DOCS / f"{name}.md").read_text(encoding="utf-8").startswith(INCLUDE.format(name))
    trees = re.findall(
        r"^```{toctree}\n(.*?)^```$",
        (DOCS / "index.md").read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    entries = [
        line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")
    ]
    assert sorted(entries) == sorted(pages())


@pytest.mark.parametrize(
    ("number", "case", "page"),
    [
        (zmq.EAGAIN, "recv", "nothing-received"),
        (zmq.EAGAIN, "send", "cannot-send"),
        (zmq.EAGAIN, "handshake", "handshake-failed"),
        (zmq.EAGAIN, "wait_for_peers", "no-peers"),
        (zmq.ETERM, "bind", "context-ending"),
        (zmq.ETERM, "recv", "context-ending"),
        (zmq.ENOTSUP, "closed", "closed-socket"),
        (zmq.EADDRINUSE, "monitor", "address-in-use"),
        (EINVAL, "monitor", "bad-address"),
        (zmq.EMTHREAD, "bind", ""),
        (EINVAL, "join", "option-refused"),
        (zmq.ETERM, "set", "context-ending"),
        (zmq.EMTHREAD, "set", "option-refused"),
        (0, "unawaited", "not-awaited"),
        (zmq.EMTHREAD, "recv", ""),
        (zmq.EAGAIN, "poll", ""),
    ],
)
def test_the_page_of_a_failure(number: int, case: str, page: str) -> None:
    assert page_of(number, case) == page


def test_the_pages_of_a_number() -> None:
    assert pages_of_number(zmq.EAGAIN) == [
        "nothing-received",
        "cannot-send",
        "no-peers",
        "handshake-failed",
    ]
    assert pages_of_number(zmq.EFSM) == ["out-of-turn"]
    assert pages_of_number(zmq.EMTHREAD) == []
