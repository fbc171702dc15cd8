"""The lines of the keys of a TOML document, which `tomllib` does not report. Pure functions."""

from __future__ import annotations

import tomllib
from typing import TypeAlias

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

Path: TypeAlias = tuple[str | int, ...]

_TOML = Language(tree_sitter_toml.language())


def key_lines(text: str) -> dict[Path, int]:
    """Find the line of every key and of every array element.

    Parameters
    ----------
    text
        A document that tomllib accepts.

    Returns
    -------
    dict
        From the path of a key, with indices for array elements, to its line, counted from 1. A
        table that only its children name has the line of the first of them.
    """
    found: dict[Path, int] = {}
    newest: dict[Path, int] = {}  # of the [[tables]] of a path, the index of the last one
    for node in _parts(Parser(_TOML).parse(text.encode()).root_node):
        if node.type == "pair":
            _note_pair(found, node, ())
            continue
        name, *pairs = _parts(node)
        *above, last = _names(name)
        path: Path = ()
        for part in above:
            path = _note_table(found, newest, node, (*path, part))
        path = (*path, last)
        if node.type == "table_array_element":
            newest[path] = newest.get(path, -1) + 1
        path = _note_table(found, newest, node, path)
        for pair in pairs:
            _note_pair(found, pair, path)
    return found


def _note_table(found: dict[Path, int], newest: dict[Path, int], node: Node, path: Path) -> Path:
    """Note a table; its path, which for an array of tables is that of the newest one."""
    _note(found, node, path)
    if path in newest:
        path = (*path, newest[path])
        _note(found, node, path)
    return path


def _note_pair(found: dict[Path, int], node: Node, path: Path) -> None:
    key, value = _parts(node)
    for name in _names(key):
        path = (*path, name)
        _note(found, node, path)
    _note_value(found, value, path)


def _note_value(found: dict[Path, int], node: Node, path: Path) -> None:
    if node.type == "inline_table":
        for pair in _parts(node):
            _note_pair(found, pair, path)
    elif node.type == "array":
        for index, each in enumerate(_parts(node)):
            _note(found, each, (*path, index))
            _note_value(found, each, (*path, index))


def _note(found: dict[Path, int], node: Node, path: Path) -> None:
    found.setdefault(path, node.start_point.row + 1)


def _names(key: Node) -> list[str]:
    if key.type == "dotted_key":
        return [name for part in _parts(key) for name in _names(part)]
    text = (key.text or b"").decode()
    return [text if key.type == "bare_key" else tomllib.loads(f"name = {text}")["name"]]


def _parts(node: Node) -> list[Node]:
    return [each for each in node.named_children if each.type != "comment"]
