"""Fixtures of the dashboard's tests: a device, the dashboard that looks at it, traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # Where the dashboard's packages are missing tests are skipped; this file is always imported.
    from helpers.dashboard import MakeSocket, Pipe
    from zmq import dashboard


@pytest.fixture
def device() -> Iterator[Any]:
    from helpers.dashboard import start

    found = start()
    yield found
    found.stop(0.2)  # a test may have left messages that are not read


@pytest.fixture
def page(device: Any) -> Iterator[dashboard.Dashboard]:
    from helpers.dashboard import TOKEN
    from zmq import dashboard

    with dashboard.serve(device, "127.0.0.1:*", TOKEN) as found:
        yield found


@pytest.fixture
def pipe(device: Any, socket: MakeSocket) -> Pipe:
    from helpers.dashboard import Pipe

    return Pipe(device, socket)
