r"""Send the records of the standard `logging` module to subscribers.

A message has two frames: the topic, and the formatted record in UTF-8. The topic is the root
topic, the name of the level, and the topic of the record, joined by dots; those that are
missing are left out. A record has a topic when its message is ``"topic::text"``::

    logger.addHandler(PUBHandler("tcp://127.0.0.1:5558", root_topic="shop"))
    logger.info("orders::7 new")        # b"shop.INFO.orders", b"7 new\n"
"""

from __future__ import annotations

import contextlib
import copy
import logging
from typing import TYPE_CHECKING, Any

import zmq
from zmq.core.queued import AwaitableSocket

# TYPE_CHECKING and zmq are among the names that PyZMQ has here.
__all__ = ["TOPIC_DELIM", "TYPE_CHECKING", "PUBHandler", "TopicLogger", "zmq"]

TOPIC_DELIM = "::"

# How long close() waits for records that are not sent yet, in a context of the handler's own.
_CLOSE_S = 1.0

_WITH_PLACE = "%(levelname)s %(filename)s:%(lineno)d - %(message)s\n"
_DEFAULT_FORMATS = {
    logging.DEBUG: _WITH_PLACE,
    logging.INFO: "%(message)s\n",
    logging.WARNING: _WITH_PLACE,
    logging.ERROR: "%(levelname)s %(filename)s:%(lineno)d - %(message)s - %(exc_info)s\n",
    logging.CRITICAL: _WITH_PLACE,
}


class PUBHandler(logging.Handler):
    """A logging handler that publishes each record.

    Parameters
    ----------
    interface_or_socket
        An address to bind a new PUB socket to, or a socket that is already connected or bound.
    context
        The context of the new socket, which may be one of any event loop; by default the handler
        has a context of its own.
    root_topic
        The first part of every topic.

    Attributes
    ----------
    socket
        The socket in use. One that the handler made is closed by `close`; one that it was
        given stays open.

    Notes
    -----
    Any thread may log: `logging` calls the handler under its lock. Publishing never blocks,
    and without subscribers records are dropped. A record that cannot be formatted goes to
    `handleError`, as in other handlers of `logging`. A call that logs raises ZMQError when the
    socket is closed or cannot send, and TypeError when the root topic is no text.
    """

    socket: zmq.Socket
    ctx: zmq.Context

    def __init__(
        self,
        interface_or_socket: str | zmq.Socket,
        context: zmq.Context | None = None,
        root_topic: str = "",
    ) -> None:
        super().__init__()
        self._root_topic = root_topic
        self.formatters: dict[int, logging.Formatter | None] = {}
        self._default: logging.Formatter | None = None
        self.setFormatter(None)
        self._own_socket = not isinstance(interface_or_socket, zmq.Socket)
        self._own_context = self._own_socket and context is None
        self._ended = False
        if isinstance(interface_or_socket, zmq.Socket):
            self.socket = interface_or_socket
            self.ctx = self.socket.context
            return
        self.ctx = zmq.Context() if context is None else context
        # A blocking one, whatever the context's are: any thread may log.
        self.socket = self.ctx.socket(zmq.PUB, socket_class=zmq.SyncSocket)
        try:
            self.socket.bind(interface_or_socket)
        except BaseException:
            self._close_own()
            raise

    @property
    def root_topic(self) -> str:
        """The first part of every topic."""
        return self._root_topic

    @root_topic.setter
    def root_topic(self, value: str) -> None:
        self.setRootTopic(value)

    def setRootTopic(self, root_topic: str) -> None:
        """Set the first part of every topic; bytes are decoded as UTF-8."""
        if isinstance(root_topic, bytes):
            root_topic = root_topic.decode("utf8")
        self._root_topic = root_topic

    def setFormatter(self, fmt: logging.Formatter | None, level: int = logging.NOTSET) -> None:
        """Set how records are formatted.

        Parameters
        ----------
        fmt
            A formatter, or None for the one that the handler began with.
        level
            Only for records of exactly this level. `NOTSET` sets all levels, those included
            that had a formatter of their own.
        """
        if level != logging.NOTSET:
            self.formatters[level] = fmt or logging.Formatter(
                _DEFAULT_FORMATS.get(level, _WITH_PLACE)
            )
            return
        self._default = fmt or logging.Formatter(_WITH_PLACE)
        for each in [*_DEFAULT_FORMATS, *self.formatters]:
            self.formatters[each] = fmt or logging.Formatter(
                _DEFAULT_FORMATS.get(each, _WITH_PLACE)
            )

    def format(self, record: logging.LogRecord) -> str:
        """Format a record with the formatter of its level."""
        formatter = self.formatters.get(record.levelno) or self._default
        assert formatter is not None  # set by the constructor
        return formatter.format(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Publish a record; see the notes of the class for what is raised."""
        # After close() at the end of the program late records are dropped, without an error.
        if self._ended:
            return
        topic = [part for part in (self.root_topic, record.levelname) if part]
        said = str(record.msg)
        if TOPIC_DELIM in said:
            subtopic, text = said.split(TOPIC_DELIM, 1)
            if subtopic:
                topic.append(subtopic)
            # Other handlers get the same record, so only a copy loses the topic.
            record = copy.copy(record)
            record.msg = text
        try:
            message = self.format(record).encode("utf8")
        except Exception:
            self.handleError(record)
            return
        self._publish([".".join(topic).encode("utf8", "replace"), message])

    def _publish(self, parts: list[bytes]) -> None:
        if isinstance(self.socket, AwaitableSocket):
            # Awaited it cannot be here, and where it logs there may be no loop at all.
            if self.socket.closed:
                raise zmq.ZMQError(zmq.ENOTSOCK, "socket is closed")
            zmq.SyncSocket(shadow=self.socket).send_multipart(parts, zmq.DONTWAIT)
        else:
            self.socket.send_multipart(parts)

    def close(self) -> None:
        """Close the socket that the handler made, unless a logger still has the handler.

        `logging.config` closes handlers that go on being used. Records that are not sent yet are
        given a second.
        """
        if self._own_socket and hasattr(self, "socket") and not self._is_in_use():
            self._ended = True
            self._close_own()
        super().close()

    def _close_own(self) -> None:
        self.socket.close()
        if self._own_context:
            # What is not sent then is still on its way in the background.
            with contextlib.suppress(zmq.TermTimeout):
                self.ctx.term(_CLOSE_S)

    def _is_in_use(self) -> bool:
        loggers = [logging.root, *logging.root.manager.loggerDict.values()]
        return any(self in getattr(logger, "handlers", ()) for logger in loggers)


class TopicLogger(logging.Logger):
    """A logger whose methods take a topic before the message.

    ``logger.info("orders", "%d new", 7)`` logs the message ``"orders::7 new"``, which
    `PUBHandler` publishes under the topic ``orders``. To get them from `logging.getLogger`,
    call ``logging.setLoggerClass(TopicLogger)`` first.
    """

    # The signatures differ from those of Logger by design: that is what the class is for.
    # Each adds itself to stacklevel, so that a record names the line of the caller.

    def log(self, level: int, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log a message under a topic."""
        super().log(level, _join(topic, msg), *args, **_deeper(kwargs))

    def debug(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log with level DEBUG under a topic."""
        super().debug(_join(topic, msg), *args, **_deeper(kwargs))

    def info(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log with level INFO under a topic."""
        super().info(_join(topic, msg), *args, **_deeper(kwargs))

    def warning(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log with level WARNING under a topic."""
        super().warning(_join(topic, msg), *args, **_deeper(kwargs))

    warn = warning  # type: ignore[assignment]

    def error(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log with level ERROR under a topic."""
        super().error(_join(topic, msg), *args, **_deeper(kwargs))

    def exception(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log with level ERROR and the current exception under a topic."""
        kwargs.setdefault("exc_info", True)
        # Not super().exception: that would call the error() above, with its other signature.
        super().error(_join(topic, msg), *args, **_deeper(kwargs))

    def critical(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log with level CRITICAL under a topic."""
        super().critical(_join(topic, msg), *args, **_deeper(kwargs))

    fatal = critical  # type: ignore[assignment]


def _join(topic: str, msg: str) -> str:
    return f"{topic}{TOPIC_DELIM}{msg}"


def _deeper(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**kwargs, "stacklevel": kwargs.get("stacklevel", 1) + 1}
