"""A monitored queue with real clients and workers, each in a process of its own.

    python demo.py [--duration SECONDS] [--workers N] [--clients N] [--rate N]

With the extra ohmq[dashboard] it prints the address of a page that shows the traffic.

It ends with Ctrl-C, or by itself after the duration. The exit code is 0 only when every request
was answered and the monitor saw every request and every answer.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import queue
import re
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from processes import Child, Family
from screen import Screen

import zmq

HERE = Path(__file__).resolve().parent
START_S = 20.0
CLIENT_PATIENCE_S = 10.0
PAUSED_S = 2.0
MONITOR_PATIENCE_S = 30.0
ANY_PORT = "tcp://127.0.0.1:*"
PAGE_PACKAGES = ("tornado", "bokeh", "prometheus_client")
TOKEN_VARIABLE = "OHMQ_DASHBOARD_TOKEN"
RATES = re.compile(r"\d+:\d\d:\d\d \| (.*)")


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass
class Counts:
    """The reports of the processes so far."""

    sent: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    seen_in: int = 0
    seen_out: int = 0

    @property
    def all_sent(self) -> int:
        return sum(self.sent.values())

    @property
    def all_answered(self) -> int:
        return sum(self.answered.values())


class Demo:
    """Starts the processes, listens to what they print, and judges the result."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.screen = Screen()
        self.counts = Counts()
        self.rates = ""
        self.ready = False
        self.endpoints: dict[str, str] = {}
        self.signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: self.signals.append(number))
        self.family = Family()

    # ---- listening

    def listen(self, timeout_s: float) -> None:
        """Take in what the processes printed; wait at most so long for the first line."""
        try:
            self.take(*self.family.lines.get(block=timeout_s > 0, timeout=timeout_s))
            while True:
                self.take(*self.family.lines.get_nowait())
        except queue.Empty:
            return

    def take(self, name: str, line: str) -> None:
        """Handle a line of output of a process."""
        match line.split(maxsplit=3):
            case ["in" | "out" | "monitor" as side, kind, "bind", address] if name == "queue":
                self.endpoints[side] = address
                self.screen.say("queue", f"{side:<8}{kind:<7}{address}")
            case ["page", url] if name == "queue":
                # Browsers do not send the part after the #: the token, which the buttons need.
                self.screen.say("page", f"{url}#token={os.environ[TOKEN_VARIABLE]}", "bold cyan")
            case ["total" | "ran", *_] if name == "queue":
                self.screen.say("queue", line)
            case ["ready"] if name == "monitor":
                self.ready = True
            case ["sample", side, sizes, text] if name == "monitor":
                self.show_sample(side, sizes, text)
            case ["seen", seen_in, seen_out] if name == "monitor":
                self.counts.seen_in, self.counts.seen_out = int(seen_in), int(seen_out)
            case ["count", sent, answered] if name.startswith("client"):
                self.counts.sent[name] = int(sent)
                self.counts.answered[name] = int(answered)
            case []:
                pass
            case _ if name == "queue" and (found := RATES.fullmatch(line)):
                self.rates = found[1]
            case _:
                self.screen.say(name, line, "red")

    def show_sample(self, side: str, sizes: str, text: str) -> None:
        """One message that the monitor picked out."""
        style = "green" if side == "in" else "yellow"
        arrow = "in  -->" if side == "in" else "out <--"
        self.screen.say(arrow, f"{text:<40} parts of {sizes} bytes", style)

    def wait_for(self, what: str, condition: Callable[[], bool]) -> Iterator[None]:
        """Yield again and again until the condition holds; raise when it takes too long."""
        deadline = time.monotonic() + START_S
        while not condition():
            self.listen(0.05)
            self.check_children()
            if self.signals:
                raise DemoError("interrupted before the first request")
            if time.monotonic() > deadline:
                raise DemoError(f"timed out after {START_S:.0f} s: {what}")
            yield

    def check_children(self) -> None:
        """Raise when a process has ended that should be running."""
        for child in self.family.children:
            if child.failed:
                self.listen(0.2)  # its last lines
                raise DemoError(child.failed)

    # ---- running

    def run(self) -> bool:
        """Start everything, watch it, stop it in order; return whether all went well."""
        options = self.options
        device = self.start_queue()
        monitor = self.family.start("monitor", [here("monitor.py"), self.endpoints["monitor"]])
        workers = [
            self.family.start(
                f"worker-{n}", [here("worker.py"), self.endpoints["out"], f"worker-{n}"]
            )
            for n in range(1, options.workers + 1)
        ]
        self.screen.say("workers", f"pid {pids(workers)}, connected to the out side")
        self.probe_until_monitored()
        text = f"pid {pids([monitor])}, subscribed to the queue's PUB socket, sees traffic"
        self.screen.say("monitor", text)
        clients = [self.start_client(f"client-{n}") for n in range(1, options.clients + 1)]
        self.screen.say("clients", f"pid {pids(clients)}, asking the in side")
        trouble = self.watch()
        self.screen.close()
        self.screen.say("demo", "stopping: clients, monitor, workers, queue")
        if not self.family.ask_to_end(clients, PAUSED_S):
            # The queue may be paused, on its page: its end hands on what waits there.
            self.family.ask_to_end([device], START_S)
        for group, limit_s in (
            (clients, CLIENT_PATIENCE_S),
            ([monitor], MONITOR_PATIENCE_S),
            (workers, START_S),
            ([device], START_S),
        ):
            self.family.stop(group, limit_s)
            self.listen(0)
        failed = [child.failed for child in self.family.children if child.failed]
        return self.judge([trouble] if trouble else failed)

    def start_queue(self) -> Child:
        """Run the command `ohmq device queue`, and read which ports it has bound."""
        arguments = ["-m", "zmq", "device", "queue", "--interval", "1"]
        for side in ("--in", "--out", "--monitor"):
            arguments += [side, ANY_PORT]
        # A PUB socket drops messages above its high-water mark. Without one, all are seen.
        arguments += ["--monitor-hwm", "0"]
        if all(importlib.util.find_spec(package) for package in PAGE_PACKAGES):
            arguments += ["--dashboard", "127.0.0.1:*"]
            os.environ.setdefault(TOKEN_VARIABLE, secrets.token_urlsafe(24))
        else:
            self.screen.say("page", "none; for a live page: pip install 'ohmq[dashboard]'")
        self.screen.say("demo", "starting: python " + " ".join(arguments))
        device = self.family.start("queue", arguments)
        for _ in self.wait_for("endpoints of the queue", lambda: len(self.endpoints) == 3):
            pass
        return device

    def start_client(self, name: str) -> Child:
        rate = str(self.options.rate)
        return self.family.start(name, [here("client.py"), self.endpoints["in"], name, rate])

    def probe_until_monitored(self) -> None:
        """Send probes until the monitor sees one: a subscription takes a moment to arrive.

        The monitor does not count probes, so from here on the counts must agree exactly.
        """
        with zmq.Context() as context, context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(self.endpoints["in"])
            waiting = False
            for _ in self.wait_for("a probe seen by the monitor", lambda: self.ready):
                if waiting and socket.poll(0):
                    socket.recv()
                    waiting = False
                if not waiting:
                    socket.send(b"probe")
                    waiting = True
            if waiting and socket.poll(int(START_S * 1000)):
                socket.recv()

    def watch(self) -> str | None:
        """Show the traffic until it is time to stop; return the error, if there is one."""
        duration_s = self.options.duration
        end_at = None if duration_s is None else time.monotonic() + duration_s
        if end_at is None:
            self.screen.say("demo", "Ctrl-C ends it")
        while not self.signals and (end_at is None or time.monotonic() < end_at):
            self.listen(0.1)
            if self.rates and self.counts.all_sent:
                self.screen.status(self.status())
            try:
                self.check_children()
            except DemoError as error:
                return str(error)
        return None

    def status(self) -> str:
        """The counts and rates, as one line."""
        counts = self.counts
        return (
            f"answered {counts.all_answered:,} of {counts.all_sent:,} | "
            f"monitor saw {counts.seen_in:,} + {counts.seen_out:,} | {self.rates}"
        )

    def judge(self, troubles: list[str]) -> bool:
        """Print the result: every request answered, and every message seen by the monitor."""
        counts = self.counts
        answered = 0 < counts.all_sent == counts.all_answered
        seen = (counts.seen_in, counts.seen_out) == (counts.all_sent, counts.all_answered)
        for trouble in troubles:
            self.print_result(False, "process", trouble)
        self.print_result(
            answered, "answers", f"{counts.all_answered:,} of {counts.all_sent:,} requests answered"
        )
        self.print_result(
            seen,
            "monitor",
            f"saw {counts.seen_in:,} of {counts.all_sent:,} requests and "
            f"{counts.seen_out:,} of {counts.all_answered:,} answers",
        )
        good = answered and seen and not troubles
        self.screen.say(
            "demo", "PASSED" if good else "FAILED", "bold green" if good else "bold red"
        )
        return good

    def print_result(self, good: bool, label: str, text: str) -> None:
        self.screen.say(label, f"{text}: {'ok' if good else 'FAILED'}", "green" if good else "red")


def here(name: str) -> str:
    """A script beside this one."""
    return str(HERE / name)


def pids(children: list[Child]) -> str:
    return ", ".join(str(child.process.pid) for child in children)


def positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A monitored queue with real traffic.")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="end after this time")
    parser.add_argument("--workers", type=positive, default=2, metavar="N")
    parser.add_argument("--clients", type=positive, default=3, metavar="N")
    parser.add_argument(
        "--rate", type=float, default=1000, metavar="N", help="requests/s a client; 0: no limit"
    )
    return parser.parse_args(arguments)


def main() -> int:
    demo = Demo(parse())
    try:
        return 0 if demo.run() else 1
    except DemoError as error:
        demo.screen.close()
        demo.screen.say("demo", f"FAILED: {error}", "red")
        return 1
    finally:
        demo.screen.close()
        demo.family.close()


if __name__ == "__main__":
    sys.exit(main())
