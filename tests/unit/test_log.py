"""Log records over sockets, and the program that watches them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zmq
import zmq.asyncio
from helpers.processes import Child
from zmq.log.handlers import TOPIC_DELIM, PUBHandler, TopicLogger

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ raises, or loses the record"
)


def given() -> PUBHandler:
    """A handler with a socket of asyncio that it was given."""
    socket = zmq.asyncio.Context().socket(zmq.PUB)
    socket.bind("inproc://log")
    return PUBHandler(socket)


class Receiver:
    """The far side of a handler."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    def __call__(self) -> list[bytes]:
        received: list[bytes] = self.socket.recv_multipart()
        return received

    def is_empty(self) -> bool:
        return not self.socket.poll(50)


@pytest.fixture
def near_far(pair: Callable[..., tuple[Any, Any]]) -> tuple[Any, Receiver]:
    # PAIR, because it loses nothing before the first subscription.
    near, far = pair()
    return near, Receiver(far)


@pytest.fixture
def logger(request: pytest.FixtureRequest) -> Iterator[logging.Logger]:
    logger = logging.getLogger(f"test.{request.node.name}")
    logger.setLevel(1)
    logger.propagate = False
    yield logger
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()


def test_default_formats(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    near, receive = near_far
    logger.addHandler(PUBHandler(near))
    logger.debug("hello %s", "wörld")
    topic, text = receive()
    assert topic == b"DEBUG"
    assert text.startswith(b"DEBUG test_log.py:")
    assert text.endswith(" - hello wörld\n".encode())
    logger.info("x")
    assert receive() == [b"INFO", b"x\n"]
    for level in ("warning", "critical"):
        getattr(logger, level)("x")
        topic, text = receive()
        assert topic == level.upper().encode()
        assert text.startswith(topic + b" test_log.py:")
        assert text.endswith(b" - x\n")
    logger.error("x")
    assert receive()[1].endswith(b" - x - None\n")


def test_topics(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    near, receive = near_far
    handler = PUBHandler(near)
    logger.addHandler(handler)
    assert handler.root_topic == ""
    assert handler.socket is near
    assert handler.ctx is near.context
    cases: list[tuple[str, str, list[bytes]]] = [
        ("", "x", [b"INFO", b"x\n"]),
        ("", "a::x", [b"INFO.a", b"x\n"]),
        ("root", "x", [b"root.INFO", b"x\n"]),
        ("root", "a.b::x", [b"root.INFO.a.b", b"x\n"]),
        ("root", "a::b::c", [b"root.INFO.a", b"b::c\n"]),
        ("root", "::x", [b"root.INFO", b"x\n"]),
        ("root", "a::", [b"root.INFO.a", b"\n"]),
        ("wö", "é::x", ["wö.INFO.é".encode(), b"x\n"]),
    ]
    for root, message, expected in cases:
        handler.setRootTopic(root)
        logger.info(message)
        assert receive() == expected
    handler.root_topic = b"bytes"  # type: ignore[assignment]
    logger.info("t::%s and %d", "a::b", 1)
    assert receive() == [b"bytes.INFO.t", b"a::b and 1\n"]


@pytest.mark.parametrize("message", [3, None, b"a", ("a",)])
def test_messages_that_are_no_text(
    near_far: tuple[Any, Receiver], logger: logging.Logger, message: Any
) -> None:
    near, receive = near_far
    logger.addHandler(PUBHandler(near))
    logger.info(message)
    assert receive() == [b"INFO", f"{message}\n".encode()]


def test_other_handlers_get_the_record_as_it_was(
    near_far: tuple[Any, Receiver], logger: logging.Logger
) -> None:
    seen: list[str] = []

    class Other(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    near, receive = near_far
    logger.addHandler(PUBHandler(near))
    logger.addHandler(Other())
    logger.info("t::%s", "a")
    assert receive() == [b"INFO.t", b"a\n"]
    assert seen == ["t::a"]


def test_formatters_by_level(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    near, receive = near_far
    handler = PUBHandler(near)
    logger.addHandler(handler)
    handler.setFormatter(logging.Formatter("all %(message)s"))
    handler.setFormatter(logging.Formatter("error %(message)s"), logging.ERROR)
    handler.setFormatter(logging.Formatter("odd %(message)s"), 25)
    logger.info("x")
    assert receive() == [b"INFO", b"all x"]
    logger.error("x")
    assert receive() == [b"ERROR", b"error x"]
    logger.log(25, "x")
    assert receive() == [b"Level 25", b"odd x"]
    handler.setFormatter(logging.Formatter("again %(message)s"))
    logger.error("x")
    assert receive() == [b"ERROR", b"again x"]


@ours_only
def test_levels_without_a_formatter(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    near, receive = near_far
    handler = PUBHandler(near)
    logger.addHandler(handler)
    logger.log(25, "x")
    topic, text = receive()
    assert topic == b"Level 25"
    assert text.endswith(b" - x\n")
    handler.setFormatter(logging.Formatter("all %(message)s"))
    logger.log(26, "x")
    assert receive() == [b"Level 26", b"all x"]
    handler.setFormatter(None)
    logger.info("x")
    assert receive() == [b"INFO", b"x\n"]


def test_exceptions(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    near, receive = near_far
    logger.addHandler(PUBHandler(near))
    try:
        raise LookupError("lost")
    except LookupError:
        logger.exception("boom")
    topic, text = receive()
    assert topic == b"ERROR"
    assert b"boom" in text
    assert text.endswith(b"LookupError: lost")


def test_a_record_that_cannot_be_formatted(
    near_far: tuple[Any, Receiver], logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, receive = near_far
    handler = PUBHandler(near)
    failed: list[logging.LogRecord] = []
    monkeypatch.setattr(handler, "handleError", failed.append)
    handler.handle(logger.makeRecord("x", logging.INFO, "x.py", 1, "%d", ("x",), None))
    assert len(failed) == 1
    assert receive.is_empty()


def test_an_address(context: zmq.Context, logger: logging.Logger) -> None:
    handler = PUBHandler("tcp://127.0.0.1:*", context=context, root_topic="shop")
    assert handler.ctx is context
    assert handler.socket.type == zmq.PUB
    assert handler.root_topic == "shop"
    with context.socket(zmq.SUB) as sub:
        sub.rcvtimeo = 100
        sub.subscribe(b"shop.INFO")
        sub.connect(handler.socket.getsockopt_string(zmq.LAST_ENDPOINT))
        logger.addHandler(handler)
        for _ in range(100):
            # Until the subscription has arrived.
            logger.info("orders::7 new")
            try:
                assert sub.recv_multipart() == [b"shop.INFO.orders", b"7 new\n"]
                break
            except zmq.Again:
                continue
        else:
            pytest.fail("nothing came")
    handler.socket.close()


@ours_only
def test_wrong_addresses(context: zmq.Context) -> None:
    with pytest.raises(zmq.ZMQError):
        PUBHandler("nope://x", context)
    with pytest.raises(TypeError):
        PUBHandler(3, context)  # type: ignore[arg-type]


@ours_only
def test_close_closes_what_the_handler_made(
    context: zmq.Context, near_far: tuple[Any, Receiver], capsys: pytest.CaptureFixture[str]
) -> None:
    handler = PUBHandler("inproc://log", context)
    handler.close()
    assert handler.socket.closed
    # At the end of a program records may still come.
    handler.handle(logging.makeLogRecord({"msg": "late", "levelno": 20, "levelname": "INFO"}))
    assert capsys.readouterr().err == ""
    given = PUBHandler(near_far[0])
    given.close()
    assert not given.socket.closed


def test_without_a_context_it_has_one_of_its_own() -> None:
    handlers = [PUBHandler("tcp://127.0.0.1:*") for _ in range(2)]
    assert handlers[0].ctx is not handlers[1].ctx
    assert zmq.Context.instance() not in [handler.ctx for handler in handlers]
    for handler in handlers:
        handler.close()
        handler.socket.close()
        handler.ctx.term()


@ours_only
def test_close_ends_the_context_that_the_handler_made() -> None:
    handler = PUBHandler("tcp://127.0.0.1:*")
    handler.close()
    assert handler.socket.closed
    assert handler.ctx.closed


@pytest.mark.parametrize("end", ["socket.close", "ctx.destroy"])
@pytest.mark.parametrize("made", [None, zmq.Context, given])
def test_a_call_raises_when_it_cannot_send(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], end: str, made: Any
) -> None:
    handler = given() if made is given else PUBHandler("inproc://log", made and made())
    context = handler.ctx
    logger.addHandler(handler)
    logger.info("x")
    owner, method = end.split(".")
    getattr(getattr(handler, owner), method)()
    for _ in range(2):
        with pytest.raises(zmq.ZMQError):
            logger.info("one")
    assert capsys.readouterr().err == ""
    context.destroy()


def test_a_root_topic_that_is_no_text(near_far: tuple[Any, Receiver], logger: Any) -> None:
    handler = PUBHandler(near_far[0])
    handler.setRootTopic(3)  # type: ignore[arg-type]
    logger.addHandler(handler)
    with pytest.raises(TypeError):
        logger.info("x")


def test_the_topic_of_an_object(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    class Order:
        def __str__(self) -> str:
            return "orders::7 new"

    near, receive = near_far
    logger.addHandler(PUBHandler(near))
    logger.info(Order())
    assert receive() == [b"INFO.orders", b"7 new\n"]


@ours_only
def test_a_logger_that_keeps_it_goes_on_after_close(logger: logging.Logger) -> None:
    # As logging.config.dictConfig does with every handler of the process.
    handler = PUBHandler("inproc://log")
    logger.addHandler(handler)
    logging.shutdown([lambda: handler])  # type: ignore[list-item]
    with handler.ctx.socket(zmq.SUB) as sub:
        sub.rcvtimeo = 5000
        sub.subscribe(b"")
        sub.connect("inproc://log")
        logger.info("still")
        assert sub.recv_multipart() == [b"INFO", b"still\n"]
    logger.removeHandler(handler)
    handler.close()
    assert handler.socket.closed


@ours_only
@pytest.mark.parametrize("as_socket", [False, True])
def test_the_context_of_an_event_loop(logger: logging.Logger, as_socket: bool) -> None:
    # Logged in a thread that has no loop, and read here.
    context = zmq.asyncio.Context()
    if as_socket:
        publisher = context.socket(zmq.PUB)
        publisher.bind("inproc://log")
        handler = PUBHandler(publisher)
        assert handler.socket is publisher
    else:
        handler = PUBHandler("inproc://log", context)
    assert handler.ctx is context
    with zmq.Context(context).socket(zmq.SUB) as sub:
        sub.rcvtimeo = 5000
        sub.subscribe(b"")
        sub.connect("inproc://log")
        logger.addHandler(handler)
        thread = threading.Thread(target=logger.info, args=("x",))
        thread.start()
        assert sub.recv_multipart() == [b"INFO", b"x\n"]
        thread.join()
    context.destroy(linger=0)


def test_many_threads(near_far: tuple[Any, Receiver], logger: logging.Logger) -> None:
    near, receive = near_far
    logger.addHandler(PUBHandler(near))

    def work(name: int) -> None:
        for number in range(50):
            logger.info(f"{name}::{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    got: dict[bytes, list[int]] = {}
    for _ in range(200):
        topic, text = receive()
        got.setdefault(topic, []).append(int(text))
    for thread in threads:
        thread.join()
    assert got == {f"INFO.{name}".encode(): list(range(50)) for name in range(4)}


@pytest.fixture
def topic_logger(near_far: tuple[Any, Receiver]) -> TopicLogger:
    logger = TopicLogger("topics", 1)
    logger.addHandler(PUBHandler(near_far[0]))
    return logger


def test_log_under_a_topic(near_far: tuple[Any, Receiver], topic_logger: TopicLogger) -> None:
    topic_logger.log(logging.INFO, "orders", "%s new", 7)
    assert near_far[1]() == [b"INFO.orders", b"7 new\n"]
    assert TOPIC_DELIM == "::"


@ours_only
@pytest.mark.parametrize(
    ("method", "level"),
    [
        ("debug", b"DEBUG"),
        ("info", b"INFO"),
        ("warn", b"WARNING"),
        ("warning", b"WARNING"),
        ("error", b"ERROR"),
        ("critical", b"CRITICAL"),
        ("fatal", b"CRITICAL"),
    ],
)
def test_levels_under_a_topic(
    near_far: tuple[Any, Receiver], topic_logger: TopicLogger, method: str, level: bytes
) -> None:
    topic_logger.handlers[0].setFormatter(logging.Formatter("%(funcName)s %(message)s"))
    getattr(topic_logger, method)("a", "%d%%", 5)
    assert near_far[1]() == [level + b".a", b"test_levels_under_a_topic 5%"]


@ours_only
def test_an_exception_under_a_topic(
    near_far: tuple[Any, Receiver], topic_logger: TopicLogger
) -> None:
    try:
        raise LookupError("lost")
    except LookupError:
        topic_logger.exception("a", "boom")
    topic, text = near_far[1]()
    assert topic == b"ERROR.a"
    assert text.endswith(b"LookupError: lost")


class TestWatcher:
    @pytest.fixture
    def watch(self, context: zmq.Context, child: Callable[..., Child]) -> Iterator[Any]:
        with context.socket(zmq.XPUB) as publisher:
            publisher.linger = 0
            publisher.rcvtimeo = 20000
            publisher.bind("tcp://127.0.0.1:*")

            def start(*options: str) -> tuple[Any, Child]:
                address = publisher.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
                watcher = child(["-m", "zmq.log", address, *options])
                for _ in range(max(1, options.count("-t"))):
                    # A subscription says that the watcher is there.
                    assert publisher.recv()[:1] == b"\x01"
                return publisher, watcher

            yield start

    def test_prints_what_comes(self, watch: Any) -> None:
        publisher, watcher = watch()
        publisher.send_multipart([b"INFO", b"hello\n"])
        publisher.send_multipart([b"root.ERROR.sub", "bad wö".encode()])
        assert watcher.line() == "INFO | hello"
        assert watcher.line() == "root.ERROR.sub | bad wö"

    def test_options(self, watch: Any) -> None:
        publisher, watcher = watch(
            "-t", "a", "--separator", "=", "--timestamp", "--dateformat", "%%T"
        )
        publisher.send_multipart([b"b", b"unwanted\n"])
        publisher.send_multipart([b"a.INFO", b"x\n"])
        assert watcher.line() == "%T a.INFO=x"

    @ours_only
    def test_colors_and_columns(self, watch: Any) -> None:
        publisher, watcher = watch("--color", "--align")
        publisher.send_multipart([b"x.ERROR", b"bad\n"])
        publisher.send_multipart([b"none", b"plain\n"])
        assert watcher.line() == "\x1b[31mx.ERROR\x1b[0m | bad"
        assert watcher.line() == "none    | plain"

    @ours_only
    def test_survives_messages_of_another_shape(self, watch: Any) -> None:
        publisher, watcher = watch()
        publisher.send(b"one")
        publisher.send_multipart([b"a", b"b", b"c\xff"])
        assert watcher.line() == "one"
        assert watcher.line() == "a | b c\ufffd"

    def test_ctrl_c_ends_it(self, watch: Any) -> None:
        publisher, watcher = watch()
        publisher.send_multipart([b"INFO", b"hello\n"])
        watcher.line()
        watcher.process.send_signal(2)
        assert watcher.wait() == 0
        assert "Traceback" not in watcher.complaint()

    @ours_only
    def test_a_wrong_address_is_one_line(self, child: Callable[..., Child]) -> None:
        watcher = child(["-m", "zmq.log", "nope://x"])
        assert watcher.wait() == 1
        assert watcher.complaint().count("\n") == 1


def test_the_watcher_can_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    from zmq.log.__main__ import main

    monkeypatch.setattr("sys.argv", ["watch", "--help"])
    with pytest.raises(SystemExit, match="0"):
        main()
