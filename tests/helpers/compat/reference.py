"""Compares this package with the recorded surface of PyZMQ 27.3.

Every function here returns or yields differences in words; none of them means that programs written
for PyZMQ find what they use. Annotations are not compared. Our functions may take more arguments
than PyZMQ's, if the new ones are optional and come last.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import pickle
import sys
from collections.abc import Iterator
from inspect import Parameter, Signature
from types import ModuleType
from typing import Any

from helpers.interpreters import TESTS

DATA = TESTS / "compat"
SURFACE: dict[str, dict[str, Any]] = json.loads((DATA / "pyzmq-27.3-surface.json").read_text())
PENDING = {
    line.strip()
    for line in (DATA / "reference_pending.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
}

# Where this package differs on purpose, and why.
DELIBERATE = {
    # Options as attributes are written in C there, as slots: no Python base, no signature to show.
    "zmq.sugar.frame:Frame is no subclass of zmq.sugar.attrsettr.AttributeSetter",
    "zmq.sugar.frame:Frame .__getattr__ has no signature, PyZMQ's is (key)",
    "zmq.sugar.frame:Message is no subclass of zmq.sugar.attrsettr.AttributeSetter",
    "zmq.sugar.frame:Message .__getattr__ has no signature, PyZMQ's is (key)",
    "zmq.sugar.socket:Socket is no subclass of zmq.sugar.attrsettr.AttributeSetter",
    "zmq.asyncio:Socket is no subclass of zmq.sugar.attrsettr.AttributeSetter",
    "zmq.eventloop.future:Socket is no subclass of zmq.sugar.attrsettr.AttributeSetter",
}

# What PyZMQ hands on to send() as **kwargs; naming them is as good.
HANDED_ON_TO_SEND = {"routing_id", "group"}


def exists(name: str) -> bool:
    """Say whether we have `name`, written as in the list of pending names."""
    module_name, _, path = name.partition(":")
    try:
        if importlib.util.find_spec(module_name) is None:
            return False
    except ModuleNotFoundError:  # the package it would be in is missing
        return False
    found: Any = importlib.import_module(module_name)
    for part in path.split(".") if path else ():
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def in_reference(name: str) -> bool:
    """Say whether PyZMQ has `name`, written as in the list of pending names."""
    module_name, _, path = name.partition(":")
    if not path:
        return module_name in SURFACE
    first, _, member = path.partition(".")
    fact = SURFACE.get(module_name, {}).get(first)
    return fact is not None and (not member or member in fact.get("members", {}))


def module_differences(module_name: str) -> Iterator[str]:
    """Yield how our module differs from PyZMQ's."""
    facts = SURFACE[module_name]
    ours = importlib.import_module(module_name)
    names = {name for name in facts if f"{module_name}:{name}" not in PENDING}
    for name in sorted(names):
        where = f"{module_name}:{name}"
        if hasattr(ours, name):
            for difference in differences(where, facts[name], getattr(ours, name)):
                if f"{where} {difference}" not in DELIBERATE:
                    yield f"{where} {difference}"
        else:
            yield f"{where} is missing"
    if hasattr(ours, "__all__"):
        exported = {name for name in names if facts[name]["kind"] != "module"}
        for name in sorted(exported - set(ours.__all__)):
            yield f"{module_name}:{name} is not in __all__"
        for name in ours.__all__:
            if not hasattr(ours, name):
                yield f"{module_name}:{name} is in __all__ but missing"


def differences(where: str, fact: dict[str, Any], ours: Any) -> Iterator[str]:
    """Yield how an object differs from what is recorded of PyZMQ's."""
    kind = fact["kind"]
    if kind == "constant":
        yield from constant_differences(fact, ours)
    elif kind == "enum":
        members = {member.name: int(member) for member in ours}
        if set(members) != set(fact["members"]):
            yield f"has other members: {set(members) ^ set(fact['members'])}"
        elif ours.__name__ != "Errno" and members != fact["members"]:
            yield "has other values"
    elif kind == "class":
        yield from class_differences(where, fact, ours)
    elif kind == "function":
        if not callable(ours):
            yield "is not callable"
        elif not isinstance(ours, type):  # SyncContext and SyncSocket are aliases of classes
            yield from signature_differences(fact["signature"], ours)
    elif kind == "module":
        if not isinstance(ours, ModuleType) or ours.__name__ != fact["name"]:
            yield f"is not the module {fact['name']}"
    elif type(ours).__name__ != fact.get("type", kind):
        yield f"is a {type(ours).__name__}, not a {fact.get('type', kind)}"


def constant_differences(fact: dict[str, Any], ours: Any) -> Iterator[str]:
    if type(ours).__name__ != fact["enum"]:
        yield f"is of {type(ours).__name__}, not of {fact['enum']}"
    # Error numbers were recorded on Linux; test_constants.py compares them with the platform's.
    if ours != fact["value"] and (fact["enum"] != "Errno" or sys.platform == "linux"):
        yield f"is {ours!r}, not {fact['value']}"


def resolve(name: str) -> Any:
    """Return the object with this dotted name."""
    module_name, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module_name), attribute)


def class_differences(where: str, fact: dict[str, Any], ours: Any) -> Iterator[str]:
    if not isinstance(ours, type):
        yield "is not a class"
        return
    if "same_as" in fact:
        module_name = fact["same_as"].rpartition(".")[0]
        if module_name not in PENDING and resolve(fact["same_as"]) is not ours:
            yield f"is not {fact['same_as']}"
        return
    for base in fact["bases"]:
        if base.rpartition(".")[2].startswith("_"):
            continue  # PyZMQ's own business
        if base == "typing.Generic":
            if not hasattr(ours, "__class_getitem__"):
                yield "is not generic"
        elif base.rpartition(".")[0] not in PENDING and not issubclass(ours, resolve(base)):
            yield f"is no subclass of {base}"
    if fact.get("signature"):  # an exception's is not recorded
        yield from signature_differences(fact["signature"], ours)
    for name, member in fact["members"].items():
        if f"{where}.{name}" in PENDING:
            continue
        if not hasattr(ours, name):
            yield f"has no {name}"
        elif not (name == "__init__" and "signature" in fact):  # compared as the class's own
            for difference in member_differences(name, member, ours):
                yield f".{name} {difference}"


def member_differences(name: str, fact: dict[str, Any], cls: type) -> Iterator[str]:
    kind, ours = fact["kind"], getattr(cls, name)
    if kind == "property":
        if not inspect.isdatadescriptor(inspect.getattr_static(cls, name)):
            yield "is not a property"
    elif kind in ("method", "classmethod"):
        if not callable(ours):
            yield "is not a method"
        elif (getattr(ours, "__self__", None) is cls) != (kind == "classmethod"):
            yield f"is not a {kind}"
        elif "signature" in fact:
            yield from signature_differences(fact["signature"], ours)


def signature_of(text: str) -> Signature:
    """Return the signature written in `text`."""
    return inspect.signature(eval(f"lambda {text[1:-1]}: None", {}))


def signature_differences(text: str, ours: Any) -> Iterator[str]:
    """Yield which calls that PyZMQ's signature allows ours does not, or understands differently."""
    expected = signature_of(text)
    try:
        parameters = list(inspect.signature(ours).parameters.values())
    except ValueError:
        yield f"has no signature, PyZMQ's is {text}"
        return
    if parameters and parameters[0].name == "self":  # PyZMQ's is not recorded
        del parameters[0]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    by_name = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    kinds = {p.kind for p in parameters}
    # Python itself calls most of these, never with keywords.
    names_matter = not ours.__name__.startswith("__") or ours.__name__ == "__init__"
    matched = set()
    for index, theirs in enumerate(expected.parameters.values()):
        if theirs.kind is Parameter.VAR_KEYWORD:
            if theirs.kind not in kinds and not by_name.keys() >= HANDED_ON_TO_SEND:
                yield f"does not take **{theirs.name}"
            continue
        if theirs.kind is Parameter.VAR_POSITIONAL:
            if theirs.kind not in kinds:
                yield f"does not take *{theirs.name}"
            continue
        if theirs.kind is Parameter.KEYWORD_ONLY:
            mine = by_name.get(theirs.name)
        else:
            mine = positional[index] if index < len(positional) else None
            by_position_only = theirs.kind is Parameter.POSITIONAL_ONLY or not names_matter
            if mine and not by_position_only and by_name.get(theirs.name) is not mine:
                yield f"has {mine.name} where PyZMQ has {theirs.name}"
        if mine is None:
            yield f"does not take {theirs.name}, PyZMQ's signature is {text}"
            continue
        matched.add(mine.name)
        if not same_default(theirs, mine):
            yield f"has the default {mine.name}={mine.default!r} where PyZMQ has {theirs}"
    for mine in parameters:
        variable = mine.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        if mine.default is Parameter.empty and not variable and mine.name not in matched:
            yield f"requires {mine.name}, PyZMQ's signature is {text}"


def same_default(theirs: Parameter, mine: Parameter) -> bool:
    if theirs.default is Parameter.empty:
        return True
    if theirs.name == "protocol" and theirs.default == 4:  # that of Python 3.11, where it was read
        return bool(mine.default == pickle.DEFAULT_PROTOCOL)
    return bool(mine.default == theirs.default)
