"""Modules that programs reach with no more than `import zmq`, as PyZMQ loads them with it."""

from __future__ import annotations

import pytest

from helpers.processes import run_python

NAMES = """backend.cython backend.select constants error sugar.attrsettr sugar.context sugar.frame
    sugar.poll sugar.socket sugar.stopwatch sugar.tracker sugar.version utils.interop utils.jsonapi
    """.split()


@pytest.mark.parametrize("name", NAMES)
def test_a_bare_import_is_enough(name: str) -> None:
    (shown,) = run_python(f"import zmq; print(zmq.{name}.__name__)")
    assert shown == f"zmq.{name}"


def test_a_star_import_takes_no_more_than_the_import() -> None:
    """`from zmq import *` of zmq.green comes before its program patches the standard library."""
    program = """
        from zmq import *
        import sys
        print([name for name in ("threading", "zmq.devices") if name in sys.modules])
        """
    assert run_python(program) == ["[]"]
