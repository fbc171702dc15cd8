"""Every name and every parameter that programs see in PyZMQ is here, too: both are asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

import zmq
from helpers.compat.names import parameters
from helpers.interpreters import NO_PYZMQ, TESTS, environment, pyzmq_python

NAMES = TESTS / "helpers" / "compat" / "names.py"
pytestmark = [
    pytest.mark.skipif(pyzmq_python() is None, reason=NO_PYZMQ),
]

# What a call takes under another name, and why.
OTHERWISE = {
    "zmq.green.Socket.recv_into",  # the name of what can be given by its place only
}


def is_unnamed_slot(where: str, wanted: list[Any] | None) -> bool:
    """Whether a call is a slot of C: of those Python tells no names, there or, for Frame, here."""
    if not re.search(r"__[gs]etattr__$", where):
        return False
    return not wanted or wanted[0][0] != "key" or ".Frame." in where or ".Message." in where


def ask(python: Any, *args: str) -> Any:
    ended = subprocess.run(
        [str(python), "-W", "ignore", str(NAMES), *args, sysconfig.get_path("purelib")],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=environment(python),
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def facts() -> tuple[dict[str, Any], dict[str, Any]]:
    return ask(pyzmq_python(), "facts"), ask(sys.executable, "facts")


def lacks_a_package(error: str) -> bool:
    """Whether a module was not imported as a package of others is missing here."""
    named = re.search(r"No module named '(\w+)'|needs (.+): pip install", error)
    packages = re.findall(r"[\w-]+", named[1] or named[2]) if named else []
    return any(
        find_spec(package.replace("-", "_")) is None for package in packages if package != "and"
    )


def left_out(name: str, ours: Any) -> bool:
    """Whether a module cannot be here, as it or one above it lacks a package."""
    above = [name[:end] for end, letter in enumerate(name + ".") if letter == "."]
    return any(lacks_a_package(ours.get(each, {}).get("error", "")) for each in above)


def test_every_module_is_there(facts: Any) -> None:
    theirs, ours = facts
    assert len(theirs) > 40
    assert {name for name in theirs.keys() - ours.keys() if not left_out(name, ours)} == set()
    broken = [name for name, fact in ours.items() if "error" in fact and not left_out(name, ours)]
    assert [name for name in broken if "error" not in theirs.get(name, {})] == []


def both(facts: Any) -> Iterator[tuple[str, Any, Any]]:
    """The modules that both have, with what is known of them."""
    theirs, ours = facts
    for name in theirs.keys() & ours.keys() - {"instances"}:
        if "error" not in theirs[name] and "error" not in ours[name]:
            yield name, theirs[name], ours[name]


def test_every_name_of_a_module_is_there(facts: Any) -> None:
    missing = []
    for module, theirs, ours in both(facts):
        missing += [f"{module}.{n}" for n in theirs["names"] if n not in ours["names"]]
        missing += [f"{module}.__all__ {n}" for n in theirs["all"] if n not in ours["all"]]
    assert [name for name in missing if not left_out(name, facts[1])] == []


def test_every_name_of_a_class_is_there(facts: Any) -> None:
    missing = [
        f"{module}.{cls}.{name}"
        for module, theirs, ours in both(facts)
        for cls, fact in theirs["classes"].items()
        for name in fact["names"]
        if name not in ours["classes"][cls]["names"]
    ]
    assert missing == []


def test_dir_of_objects(facts: Any) -> None:
    theirs, ours = (fact["instances"] for fact in facts)
    for name, names in theirs.items():
        assert set(names) - set(ours[name]) == set(), name


def test_parameters(facts: Any) -> None:
    different = []
    for module, theirs, ours in both(facts):
        calls = [(f"{module}.{n}", p, ours["calls"].get(n)) for n, p in theirs["calls"].items()]
        for cls, fact in theirs["classes"].items():
            known = ours["classes"][cls]["calls"]
            calls += [(f"{module}.{cls}.{n}", p, known.get(n)) for n, p in fact["calls"].items()]
        calls = [call for call in calls if not is_unnamed_slot(*call[:2])]
        different += [
            f"{where}: {wanted} there, {found} here"
            for where, wanted, found in calls
            if where not in OTHERWISE and not takes(wanted, found)
        ]
    assert different == []


def takes(wanted: list[Any] | None, found: list[Any] | None) -> bool:
    """Whether a call takes what another takes, under the same names and at the same places."""
    if wanted is None or found is None:
        return wanted is None
    variable = ("VAR_POSITIONAL", "VAR_KEYWORD")
    kinds = {kind for _, kind, _ in found}
    given = [p for p in wanted if p[1] not in variable]
    for index, (name, kind, optional) in enumerate(given):
        places = [p for p in found if p[0] == name]
        if not places or (optional and not places[0][2]):
            return False
        if kind != places[0][1] and not (
            kind != "POSITIONAL_OR_KEYWORD" and places[0][1] == "POSITIONAL_OR_KEYWORD"
        ):
            return False
        if kind != "KEYWORD_ONLY" and found.index(places[0]) != index:
            return False
    added = [p for p in found if p[0] not in [g[0] for g in given] and p[1] not in variable]
    if any(not optional for _, _, optional in added):
        # What goes through *args there may have a name here.
        return any(kind == "VAR_POSITIONAL" for _, kind, _ in wanted)
    # Naming what goes on to send() is as good as **kwargs.
    named = {"routing_id", "group"} <= {p[0] for p in found}
    return not (
        any(kind == "VAR_KEYWORD" for _, kind, _ in wanted)
        and "VAR_KEYWORD" not in kinds
        and not named
        and not any(kind == "VAR_POSITIONAL" for _, kind, _ in wanted)
    )


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("(a, b=1)", "(a, b=1)", True),
        ("(a)", "(a, b=1)", True),
        ("(a)", "(b)", False),
        ("(a)", "(a, b)", False),
        ("(a, b)", "(b, a)", False),
        ("(a, /)", "(a)", True),
        ("(a)", "(a, /)", False),
        ("(*, a)", "(a)", True),
        ("(a=1)", "(a)", False),
        ("(**k)", "(a=1)", False),
        ("(**k)", "(routing_id=1, group=1)", True),
        ("(*a, **k)", "(x, y=1)", True),
    ],
)
def test_parameters_are_compared(wanted: str, found: str, same: bool) -> None:
    one, other = (parameters(eval(f"lambda {text[1:-1]}: None", {})) for text in (wanted, found))
    assert takes(one, other) is same


@pytest.mark.parametrize(
    "module",
    [
        "zmq",
        "zmq.auth.thread",
        "zmq.devices",
        "zmq.eventloop.zmqstream",
        "zmq.green.eventloop",
        "zmq.ssh",
        "zmq.utils.monitor",
    ],
)
def test_what_else_an_import_makes_reachable(module: str) -> None:
    if module.startswith("zmq.green"):
        pytest.importorskip("gevent", reason="gevent is not installed")
    wanted = ask(pyzmq_python(), module)
    assert "zmq.error" in wanted
    code = f"import {module}, zmq\n" + "\n".join(wanted)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_names_that_are_asked_for_are_listed() -> None:
    assert {"Stopwatch", "backend", "sugar", "utils"} <= set(dir(zmq))
