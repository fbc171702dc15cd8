"""Fixtures of all tests: contexts, sockets and connected pairs that are always closed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The tests are imported by path, so what they share has to be made importable.
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "compat")]

import zmq
from support import NO_PYZMQ, Child, pyzmq_python

DEFAULT_TIMEOUT_S = 30
TRANSPORTS = ("inproc", "ipc", "tcp")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test has a deadline; one that needs another says so with the mark."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(DEFAULT_TIMEOUT_S))


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    """A context of this test's own; whatever it left open is closed at the end."""
    context = zmq.Context()
    try:
        yield context
    finally:
        context.destroy(linger=0)


@pytest.fixture
def socket(context: zmq.Context) -> Iterator[Callable[..., zmq.Socket]]:
    """Makes sockets that neither linger nor wait for ever, and are closed at the end."""
    made: list[zmq.Socket] = []

    def make(socket_type: int, **options: object) -> zmq.Socket:
        one = context.socket(socket_type)
        made.append(one)
        one.linger = 0
        one.rcvtimeo = one.sndtimeo = 5000
        for name, value in options.items():
            setattr(one, name, value)
        return one

    yield make
    for one in made:
        one.close(0)


@pytest.fixture
def endpoint() -> Iterator[Callable[[str], str]]:
    """Makes addresses to bind: `endpoint("tcp")`, `endpoint("ipc")`, `endpoint("inproc")`."""
    # Short, because an ipc path has to fit in about a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="ohmq") as directory:
        count = 0

        def make(transport: str) -> str:
            nonlocal count
            count += 1
            if transport == "tcp":
                return "tcp://127.0.0.1:*"
            if transport == "ipc":
                return f"ipc://{directory}/{count}"
            return f"inproc://{directory}-{count}"

        yield make


Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


@pytest.fixture
def pair(socket: Callable[..., zmq.Socket], endpoint: Callable[[str], str]) -> Pair:
    """Makes two connected sockets: `pair(zmq.PUSH, zmq.PULL, "tcp", sndhwm=1)`."""

    def make(
        first: int = zmq.PAIR, second: int = zmq.PAIR, transport: str = "inproc", **options: object
    ) -> tuple[zmq.Socket, zmq.Socket]:
        a, b = socket(first, **options), socket(second, **options)
        if second == zmq.SUB:
            b.subscribe(b"")
        a.bind(endpoint(transport))
        b.connect(a.getsockopt_string(zmq.LAST_ENDPOINT))
        return a, b

    return make


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """Runs the test once for each transport."""
    return str(request.param)


@pytest.fixture
def child() -> Iterator[Callable[..., Child]]:
    """Starts child interpreters that do not outlive the test."""
    children: list[Child] = []

    def start(*args: object, **kwargs: object) -> Child:
        children.append(Child(*args, **kwargs))  # type: ignore[arg-type]
        return children[-1]

    yield start
    for one in children:
        one.kill()


@pytest.fixture(scope="session")
def pyzmq() -> Path:
    """The interpreter that has PyZMQ."""
    path = pyzmq_python()
    if path is None:
        pytest.skip(NO_PYZMQ)
    return path
