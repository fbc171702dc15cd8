"""Fixtures of the dashboard's tests: a device, the dashboard that looks at it, traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpers.dashboard import TOKEN, MakeSocket, Pipe, start
from zmq import dashboard


@pytest.fixture
def device() -> Iterator[Any]:
    found = start()
    yield found
    found.stop(0.2)  # a test may have left messages that are not read


@pytest.fixture
def page(device: Any) -> Iterator[dashboard.Dashboard]:
    with dashboard.serve(device, "127.0.0.1:*", TOKEN) as found:
        yield found


@pytest.fixture
def pipe(device: Any, socket: MakeSocket) -> Pipe:
    return Pipe(device, socket)
