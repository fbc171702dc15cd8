"""Runs every scenario of this directory on every front."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator

import pytest

from helpers.fronts import FRONTS, Front


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "front" in metafunc.fixturenames:
        required = getattr(metafunc.function, "needs", frozenset())
        chosen = [front for front in FRONTS if required <= front.can]
        metafunc.parametrize("front", chosen, ids=[front.name for front in chosen], indirect=True)


@pytest.fixture
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """A front with a context of its own; what a test left open is closed at the end."""
    front = request.param()
    try:
        yield front
    finally:
        front.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test in its front's loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    arguments["front"].run(functools.partial(pyfuncitem.obj, **arguments))
    return True
