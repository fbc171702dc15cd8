"""A module whose name begins with an underscore is imported by its own package only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import zmq

SOURCE = Path(zmq.__file__).resolve().parent
FILES = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.pyi")]


def module_of(path: Path) -> str:
    parts = ("zmq", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in FILES}


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Every dotted name that a module of a package imports, those for type checkers included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Two dots are the parent of the package, three the parent of that.
            start = package.rsplit(".", node.level - 1)[0] if node.level else None
            base = ".".join(filter(None, [start, node.module]))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def private_imports(source: str, package: str) -> list[str]:
    """The modules of other packages that source in a package imports against the rule."""
    found = set()
    for name in imported(ast.parse(source), package):
        parts = name.split(".")
        for i, part in enumerate(parts):
            module, owner = ".".join(parts[: i + 1]), ".".join(parts[:i])
            is_private = part.startswith("_") and not part.startswith("__") and module in MODULES
            if is_private and not f"{package}.".startswith(f"{owner}."):
                found.add(module)
    return sorted(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_private_modules_stay_in_their_package(path: Path) -> None:
    package = module_of(path if path.stem == "__init__" else path.parent / "__init__.py")
    assert private_imports(path.read_text(), package) == []


@pytest.mark.parametrize(
    ("source", "package", "wrong"),
    [
        ("from zmq.devices._run import Run", "zmq.devices", []),
        ("from ._run import Run", "zmq.devices", []),
        ("from zmq._native import Socket", "zmq.cli.commands", []),
        ("from zmq.devices import __name__", "zmq.cli", []),
        ("from zmq.devices._run import Run", "zmq.cli", ["zmq.devices._run"]),
        ("from zmq.devices._run import Run", "zmq", ["zmq.devices._run"]),
        ("from zmq.devices import _run", "zmq.cli", ["zmq.devices._run"]),
        ("import zmq.devices._run as run", "zmq.cli", ["zmq.devices._run"]),
        ("from ..devices import _run, Device", "zmq.cli", ["zmq.devices._run"]),
        ("if 0:\n    from ...devices._run import Run", "zmq.cli.commands", ["zmq.devices._run"]),
    ],
)
def test_the_rule_is_seen_to_be_broken(source: str, package: str, wrong: list[str]) -> None:
    assert private_imports(source, package) == wrong
