"""Print what a `PUBHandler` publishes: ``python -m zmq.log tcp://127.0.0.1:5558``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import zmq

# By the name of the level, wherever it stands in the topic.
_COLORS = {
    "DEBUG": "\x1b[36m",
    "INFO": "\x1b[32m",
    "WARNING": "\x1b[33m",
    "ERROR": "\x1b[31m",
    "CRITICAL": "\x1b[1;31m",
}
_PLAIN = "\x1b[0m"


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m zmq.log", description="Print the log messages that a program publishes."
    )
    parser.add_argument("zmq_pub_url", help="address of the publisher")
    parser.add_argument(
        "-t", "--topic", action="append", help="only topics that begin so; may be repeated"
    )
    parser.add_argument("--timestamp", action="store_true", help="begin lines with local time")
    parser.add_argument("--separator", default=" | ", help="text between topic and message")
    parser.add_argument(
        "--dateformat", default="%Y-%m-%d %H:%M:%S", help="strftime format of --timestamp"
    )
    parser.add_argument("--align", action="store_true", help="pad topics to the longest so far")
    parser.add_argument("--color", action="store_true", help="color topics by their level")
    return parser.parse_args(argv)


def _color(topic: str) -> str:
    level = next((part for part in topic.split(".") if part in _COLORS), None)
    return f"{_COLORS[level]}{topic}{_PLAIN}" if level else topic


def _watch(subscriber: zmq.Socket, options: argparse.Namespace) -> None:
    width = 0
    while True:
        parts = subscriber.recv_multipart()
        topic, *rest = (part.decode("utf8", "replace") for part in parts)
        line = f"{time.strftime(options.dateformat)} " if options.timestamp else ""
        padding = ""
        if options.align:
            width = max(width, len(topic))
            padding = " " * (width - len(topic))
        line += (_color(topic) if options.color else topic) + padding
        # Whatever else is published there is shown as it is, without an error.
        line += options.separator + " ".join(rest).rstrip("\n") if rest else ""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Print what a publisher logs, until Ctrl-C; return the exit status."""
    options = _parse(argv)
    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.linger = 0
        for topic in options.topic or [""]:
            subscriber.subscribe(topic)
        try:
            subscriber.connect(options.zmq_pub_url)
        except zmq.ZMQError as error:
            print(f"cannot connect to {options.zmq_pub_url}: {error}", file=sys.stderr)
            return 1
        try:
            _watch(subscriber, options)
        except KeyboardInterrupt:
            return 0
        except BrokenPipeError:
            # The reader of our output has gone, `| head` for one.
            sys.stderr.close()
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
