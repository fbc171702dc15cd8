"""Fixtures of all tests: contexts, sockets and connected pairs that are always closed."""

from __future__ import annotations

import os
import random
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import zmq
from helpers.interpreters import NO_PYZMQ, pyzmq_python
from helpers.missing import package_missing_for, package_named_in
from helpers.processes import Child

TRANSPORTS = ("inproc", "ipc", "tcp")

# Where it is not set, libzmq makes the folders of ipc://* in the working directory: the checkout.
os.environ.setdefault("TMPDIR", tempfile.gettempdir())


# A slow machine is no fault of what is tested.
with suppress(ImportError):
    from hypothesis import HealthCheck, settings

    settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shuffle",
        nargs="?",
        const=secrets.token_hex(4),
        metavar="SEED",
        help="run the tests in another order, the same one for the same seed",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("shuffle")
    return f"shuffled: --shuffle={seed} repeats this order" if seed else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle the tests, and let --timeout lengthen the limits that tests have of their own."""
    if seed := config.getoption("shuffle"):
        random.Random(seed).shuffle(items)
    limit_s = config.getoption("timeout")
    for item in items:
        own = item.get_closest_marker("timeout")
        if own is not None and limit_s is not None and own.args[0] < limit_s:
            item.add_marker(pytest.mark.timeout(limit_s), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[pytest.CollectReport]:
    report = yield
    if report.failed and (name := package_named_in(str(report.longrepr))):
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"Skipped: {name} is not installed")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    return (yield from skipped_without_package())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    return (yield from skipped_without_package())


def skipped_without_package() -> Iterator[None]:
    try:
        return (yield)
    except Exception as error:
        if name := package_missing_for(error):
            pytest.skip(f"{name} is not installed")
        raise


@pytest.fixture(autouse=True)
def no_instance_left() -> Iterator[None]:
    """Give each test an instance() of its own: another one's may have messages that never leave."""
    yield
    for kind in [zmq.Context, *subclasses(zmq.Context)]:
        instance = vars(kind).get("_instance")
        if instance is not None:
            kind._instance = None
            end(instance)


def subclasses(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def end(context: zmq.Context) -> None:
    """End a context, or leave it to libzmq where closed sockets wait for peers that are gone."""
    if context.closed or not context._owned_here():
        return
    for socket in context._sockets_open():
        socket.close(0)
    with suppress(zmq.TermTimeout):
        context.term(timeout=1)


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
        one.rcvtimeo = one.sndtimeo = 20_000
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
