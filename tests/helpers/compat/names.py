"""Writes what a program sees of zmq as JSON: names of modules and classes, parameters of calls.

Runs under this package and under PyZMQ, and imports nothing but zmq and the standard library.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pkgutil
import re
import sys
import types
import warnings
from typing import Any

# Modules that are not for programs, that run something, or that need what is not installed.
NOT_FOR_PROGRAMS = re.compile(r"zmq\.(tests|backend\.cffi|.*__main__|.*\._.*|_.*)")


def modules() -> dict[str, Any]:
    """Import all modules of zmq; those that cannot be imported have their error."""
    import zmq

    found: dict[str, Any] = {"zmq": zmq}
    # Not walk_packages: it imports packages that are not for programs.
    packages = [zmq]
    while packages:
        package = packages.pop()
        for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            if NOT_FOR_PROGRAMS.match(info.name):
                continue
            try:
                found[info.name] = importlib.import_module(info.name)
            except Exception as error:
                found[info.name] = error
            else:
                packages += [found[info.name]] if info.ispkg else []
    return found


def reached(module: str) -> list[str]:
    """The modules of zmq that a program reaches by dots when it has imported one of them."""
    importlib.import_module(module)
    return [name for name in sorted(sys.modules) if name.startswith("zmq.") and is_reached(name)]


def is_reached(name: str) -> bool:
    found: Any = sys.modules["zmq"]
    for part in name.split(".")[1:]:
        if part.startswith("_") or not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def of_zmq(value: Any) -> bool:
    """Whether a value is the business of zmq, and not a module or class of the library."""
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] == "zmq"
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return str(value.__module__).partition(".")[0] == "zmq" or not value.__module__
    module = getattr(type(value), "__module__", "")
    return module not in ("typing", "__future__", "types")


def parameters(thing: Any) -> list[list[Any]] | None:
    """The parameters of a call as (name, kind, whether it is optional); None if it is not told."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return None
    found = [[p.name, p.kind.name, p.default is not p.empty] for p in signature.parameters.values()]
    return found[1:] if found and found[0][0] in ("self", "cls") else found


def class_facts(cls: type) -> dict[str, Any]:
    names = sorted(n for n in dir(cls) if not n.startswith("_") or n in ("__enter__", "__aenter__"))
    calls = {}
    for name in [*names, "__init__", "__getattr__", "__setattr__"]:
        try:
            member = getattr(cls, name)
        except AttributeError:
            continue
        if callable(member) and not isinstance(member, type):
            calls[name] = parameters(member)
    return {"names": names, "calls": calls}


def facts() -> dict[str, Any]:
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, module in modules().items():
            if isinstance(module, Exception):
                found[name] = {"error": f"{type(module).__name__}: {module}"}
                continue
            values = {n: getattr(module, n) for n in dir(module) if not n.startswith("__")}
            found[name] = {
                "names": sorted(n for n, v in values.items() if of_zmq(v) and n[0] != "_"),
                "all": sorted(getattr(module, "__all__", ())),
                "classes": {
                    n: class_facts(v)
                    for n, v in values.items()
                    if isinstance(v, type)
                    and of_zmq(v)
                    and n[0] != "_"
                    and not issubclass(v, enum.Enum)
                },
                "calls": {
                    n: parameters(v)
                    for n, v in values.items()
                    if n[0] != "_"
                    and of_zmq(v)
                    and isinstance(v, (types.FunctionType, types.BuiltinFunctionType))
                },
            }
        found["instances"] = instances()
    return found


def instances() -> dict[str, list[str]]:
    """The names in dir() of objects that programs hold."""
    import zmq
    import zmq.asyncio

    found = {}
    for front in (zmq, zmq.asyncio):
        with front.Context() as context, context.socket(zmq.REP) as socket:
            for thing in (context, socket, front.Poller(), zmq.Frame(b"x")):
                cls = type(thing)
                name = f"{front.__name__}.{cls.__name__}"
                found[name] = sorted(n for n in dir(thing) if not n.startswith("_"))
    return found


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    # Where gevent and others are found that this interpreter has not.
    sys.path += paths
    json.dump(facts() if what == "facts" else reached(what), sys.stdout)
