"""``ohmq watch``: follow a monitor, or topics, and see what passes and how much."""

from __future__ import annotations

import re
import sys
import time
from datetime import datetime
from typing import Annotated

import typer

from zmq.cli import options as opt
from zmq.cli.codec import check_format
from zmq.cli.curve import CurveOptions
from zmq.cli.display import choose_display, is_live
from zmq.cli.errors import UsageError
from zmq.cli.info import ipc_limit, refuse_mixed_installation
from zmq.cli.plan import check_seconds
from zmq.cli.rates import format_clock
from zmq.cli.sockets import SocketOptions, SocketPlan, plan_socket
from zmq.cli.watching import FORMS, Filter, Pace, Tally, format_line

_TYPES = ("SUB", "XSUB", "PULL", "PAIR")
# On a terminal; a pipe gets every line.
_LINES_PER_S = 50
_HELP = f"""Follow a monitor or topics: what passes, and how much.

Connects a SUB to each ENDPOINT, or with --type the socket that the other side wants: pull for a
PUSH monitor, pair for a PAIR. On a terminal no more than {_LINES_PER_S} messages a second are
shown (all are counted), and a line below has the rates. A pipe gets every message.

ohmq watch tcp://127.0.0.1:5557 --topic in --grep error

{opt.EXIT_CODES}.
"""


def watch(
    endpoints: Annotated[list[str], typer.Argument(metavar="ENDPOINT...", help="Where to look.")],
    topic: Annotated[
        list[str] | None,
        typer.Option("--topic", "-s", metavar="TEXT", help="Begin of first part; repeatable."),
    ] = None,
    grep: Annotated[
        list[str] | None,
        typer.Option("--grep", "-g", metavar="REGEX", help="Only messages with this; repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", "-x", metavar="REGEX", help="None with this; repeatable."),
    ] = None,
    rates: Annotated[bool, typer.Option("--rates", "-r", help="Show rates, no messages.")] = False,
    interval: Annotated[
        float, typer.Option(min=0.05, metavar="SECONDS", help="Time between two rates.")
    ] = 1.0,
    form: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help=f"{', '.join(FORMS)}.")
    ] = "text",
    width: Annotated[
        int, typer.Option(min=1, max=100_000, metavar="N", help="Characters shown of a part.")
    ] = 40,
    all_lines: Annotated[
        bool, typer.Option("--all", help="Every message, on a terminal as well.")
    ] = False,
    type_name: Annotated[str, typer.Option("--type", metavar="TYPE", help="Of the socket.")] = (
        "sub"
    ),
    bind: Annotated[
        bool, typer.Option("--bind", "-b", help="Bind to the endpoints; others connect.")
    ] = False,
    count: opt.Count = None,
    timeout: opt.Timeout = None,
    duration: opt.Duration = None,
    hwm: opt.Hwm = None,
    settings: opt.Settings = None,
    curve_key: opt.CurveKey = None,
    curve_server_key: opt.CurveServerKey = None,
    curve_server: opt.CurveServer = False,
    curve_allow: opt.CurveAllow = None,
    quiet: opt.Quiet = False,
) -> None:
    check_seconds("--timeout", timeout, longest=1e6)
    check_seconds("--duration", duration, longest=1e6)
    check_seconds("--interval", interval, longest=1e6)
    check_format(form)
    if form not in FORMS:
        raise UsageError(f"--format {form}: 'ohmq recv' does that; here are {', '.join(FORMS)}")
    refuse_mixed_installation()
    curve = CurveOptions(curve_key, curve_server_key, curve_server, curve_allow)
    addresses = [text.removeprefix(">") for text in endpoints]
    binds, connects = (addresses, ()) if bind else ((), addresses)
    typed = SocketOptions(type_name, binds, connects, settings or (), hwm, curve)
    plan = plan_socket(typed, _TYPES, f"; {', '.join(_TYPES).lower()} are", ipc_limit=ipc_limit())
    topics = tuple(text.encode("utf-8", "surrogateescape") for text in topic or [""])
    if topic and plan.type_name not in {"SUB", "XSUB"}:
        raise UsageError(f"--topic: a {plan.type_name} gets everything; --grep selects")
    chosen = Filter(_patterns("--grep", grep), _patterns("--exclude", exclude))
    follower = Follower(form, width, chosen, interval, rates=rates, all_lines=all_lines)
    follower.run(plan, topics, count, timeout, duration, quiet=quiet)


def _patterns(option: str, texts: list[str] | None) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(text) for text in texts or ())
    except re.error as error:
        raise UsageError(f"{option} {error.pattern!r}: {error}") from None


class Follower:
    """Prints messages and rates of one socket."""

    def __init__(
        self,
        form: str,
        width: int,
        chosen: Filter,
        interval_s: float,
        *,
        rates: bool,
        all_lines: bool,
    ) -> None:
        self._form = form
        self._width = width
        self._chosen = chosen
        self._interval_s = interval_s
        self._rates = rates
        self._display = choose_display(quiet=False)
        self._live = is_live(self._display)
        self._pace = Pace(_LINES_PER_S if self._live and not all_lines else None)
        self._tally = Tally()

    def run(
        self,
        plan: SocketPlan,
        topics: tuple[bytes, ...],
        count: int | None,
        timeout_s: float | None,
        duration_s: float | None,
        *,
        quiet: bool,
    ) -> None:
        """Follow until a count, a time or a signal ends it; the totals go to standard error."""
        from zmq.cli.receiving import Inbox, subscribe
        from zmq.cli.session import Session
        from zmq.cli.stopper import Stopper

        started = self._rates_at = time.monotonic()
        with Stopper() as stopper, Session(plan) as session:
            session.open()
            subscribe(session.socket, topics)
            for line in session.unforeseen():
                opt.say(line, quiet=quiet)
            self._display.hint("waiting for messages; Ctrl-C ends it")
            inbox = Inbox(session.socket, stopper, timeout_s=timeout_s, duration_s=duration_s)
            try:
                for message in inbox:
                    with stopper.writing():
                        if message is not None:
                            self._take(message)
                        self._tell_rates(started)
                    if count is not None and self._tally.shown >= count:
                        return
            finally:
                with stopper.writing():
                    self._display.close()
                if sys.stderr is not None and (self._live or self._rates):
                    seconds = time.monotonic() - started
                    opt.say(self._tally.totals_line(seconds), quiet=quiet)

    def _take(self, message: list[bytes]) -> None:
        if not self._chosen.admits(message):
            return
        self._tally.add(message)
        if self._rates:
            self._tally.shown += 1
        elif self._pace.admits(time.monotonic()):
            self._tally.shown += 1
            now = datetime.now().astimezone()
            self._display.lines([format_line(message, self._form, self._width, now)])

    def _tell_rates(self, started: float) -> None:
        now = time.monotonic()
        if not (self._live or self._rates) or now - self._rates_at < self._interval_s:
            return
        line = self._tally.rates_line(format_clock(now - started), now - self._rates_at)
        self._rates_at = now
        if self._pace.held_back:
            line += f" | {self._pace.held_back:,} not shown"
        self._display.status(line)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("watch", help=_HELP)(watch)
