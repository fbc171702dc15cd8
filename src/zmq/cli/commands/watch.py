"""``ohmq watch``: follow a monitor, or topics, and see what passes and how much."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, TypeAlias

import typer

from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.curve import NO_CURVE, CurveOptions
from zmq.cli.sockets.options import with_curve
from zmq.cli.sockets.plan import SocketOptions, SocketPlan, plan_socket
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.codec import check_format, json_parts, printable, to_json
from zmq.cli.terminal.display import choose_display, is_live
from zmq.cli.terminal.errors import UsageError
from zmq.cli.terminal.rates import format_bytes, format_clock

FORMS = ("text", "hex", "json")
# A part that is binary is shown in hex, and no longer than this many bytes at first.
_MOST_UNPRINTABLE = 0.3
_KINDS_SHOWN = 3
_KINDS_KEPT = 1000
_TYPES = ("SUB", "XSUB", "PULL", "PAIR")
# On a terminal; a pipe gets every line.
_LINES_PER_S = 50
_HELP = f"""Follow a monitor or topics: show the messages and their rates.

Connects a SUB to each ENDPOINT, or with --type the socket that the other side wants: pull for a
PUSH monitor, pair for a PAIR. On a terminal no more than {_LINES_PER_S} messages a second are
shown (all are counted), and a line below has the rates. A pipe gets every message.

ohmq watch tcp://127.0.0.1:5557 --topic in --grep error

{opt.EXIT_CODES}.
"""


_Topic: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--topic", "-s", metavar="TEXT", help="Begin of first part; repeatable."),
]
_Grep: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--grep", "-g", metavar="REGEX", help="Only messages with this; repeatable."),
]
_Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--exclude", "-x", metavar="REGEX", help="No messages with this; repeatable."),
]
_Interval: TypeAlias = Annotated[
    float, typer.Option(min=0.05, metavar="SECONDS", help="Time between two rates.")
]
_Form: TypeAlias = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{', '.join(FORMS)}.",
        autocompletion=opt.one_of(FORMS),
    ),
]
_Width: TypeAlias = Annotated[
    int, typer.Option(min=1, max=100_000, metavar="N", help="Characters shown of a part.")
]
_AllLines: TypeAlias = Annotated[
    bool, typer.Option("--all", help="Every message, on a terminal as well.")
]
_TypeName: TypeAlias = Annotated[
    str,
    typer.Option("--type", metavar="TYPE", help="Socket type.", autocompletion=opt.one_of(_TYPES)),
]
_Bind: TypeAlias = Annotated[
    bool, typer.Option("--bind", "-b", help="Bind to the endpoints; others connect.")
]


@with_curve
def watch(
    endpoints: Annotated[
        list[str], typer.Argument(metavar="ENDPOINT...", help="Of a monitor or publisher.")
    ],
    topic: _Topic = None,
    grep: _Grep = None,
    exclude: _Exclude = None,
    rates: Annotated[bool, typer.Option("--rates", "-r", help="Show rates, no messages.")] = False,
    interval: _Interval = 1.0,
    form: _Form = "text",
    width: _Width = 40,
    all_lines: _AllLines = False,
    type_name: _TypeName = "sub",
    bind: _Bind = False,
    count: opt.Count = None,
    timeout: opt.Timeout = None,
    duration: opt.Duration = None,
    hwm: opt.Hwm = None,
    settings: opt.Settings = None,
    curve: CurveOptions = NO_CURVE,
    quiet: opt.Quiet = False,
) -> None:
    opt.check_waits(timeout=timeout, duration=duration, interval=interval)
    check_format(form)
    if form not in FORMS:
        raise UsageError(f"--format {form}: 'ohmq recv' does that; here are {', '.join(FORMS)}")
    refuse_mixed_installation()
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


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages to show."""

    grep: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    def admits(self, parts: Sequence[bytes]) -> bool:
        """Whether each pattern of `grep` is in some part, and none of `exclude` in any."""
        if not self.grep and not self.exclude:
            return True
        texts = [part.decode("utf-8", "backslashreplace") for part in parts]
        if any(pattern.search(text) for pattern in self.exclude for text in texts):
            return False
        return all(any(pattern.search(text) for text in texts) for pattern in self.grep)


def show_part(part: bytes, form: str, width: int) -> str:
    """One part: as text when it is mostly that, otherwise in hex; cut to a width."""
    if not part:
        return "''"
    # A character has up to four bytes; the rest is cut anyway.
    head = part[: width * 4 + 4]
    text = printable(head)
    if form != "hex" and len(text) <= len(head) * (1 + _MOST_UNPRINTABLE):
        shown = text
    else:
        shown = "x" + part[: width // 2 + 1].hex()
    more = len(shown) > width or len(head) < len(part)
    return shown[: max(1, width - 1)] + "\u2026" if more else shown


def format_line(parts: Sequence[bytes], form: str, width: int, now: datetime) -> str:
    """One message.

    Parameters
    ----------
    parts
        The message.
    form
        One of `FORMS`.
    width
        How much of each part to show, in characters; ``json`` shows everything.
    now
        When it came.

    Returns
    -------
    str
        Time, number of parts, size, and the parts.
    """
    size = sum(map(len, parts))
    if form == "json":
        time = now.isoformat(timespec="milliseconds")
        return to_json({"time": time, "bytes": size, "parts": json_parts(parts)})
    clock = f"{now:%H:%M:%S}.{now.microsecond // 1000:03}"
    shown = " | ".join(show_part(part, form, width) for part in parts)
    return f"{clock} {len(parts):>2}p {format_bytes(size):>8}  {shown}"


@dataclass(slots=True)
class Tally:
    """Counts messages, in total and by their first part."""

    messages: int = 0
    size: int = 0
    shown: int = 0
    kinds: dict[bytes, int] = field(default_factory=dict)
    _before: tuple[int, int] = (0, 0)
    _kinds_before: dict[bytes, int] = field(default_factory=dict)

    def add(self, parts: Sequence[bytes]) -> None:
        """Count one message."""
        self.messages += 1
        self.size += sum(map(len, parts))
        kind = parts[0]
        if len(kind) <= 64 and (kind in self.kinds or len(self.kinds) < _KINDS_KEPT):
            self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def rates_line(self, clock: str, seconds: float) -> str:
        """Rates since the last call, in total and of the most frequent first parts."""
        seconds = max(seconds, 1e-9)
        messages = (self.messages - self._before[0]) / seconds
        size = (self.size - self._before[1]) / seconds
        self._before = (self.messages, self.size)
        recent = {
            kind: count - self._kinds_before.get(kind, 0) for kind, count in self.kinds.items()
        }
        self._kinds_before = dict(self.kinds)
        words = [clock, f"{messages:,.0f} msg/s {format_bytes(size)}/s"]
        top = sorted((n, kind) for kind, n in recent.items() if n)[: -_KINDS_SHOWN - 1 : -1]
        # Where nearly all first parts differ, they are no topics.
        if sum(n for n, _ in top) * 2 >= messages * seconds:
            words += [f"{show_part(kind, 'text', 16)} {n / seconds:,.0f}/s" for n, kind in top]
        return " | ".join(words)

    def totals_line(self, seconds: float) -> str:
        """The totals, as one line."""
        shown = "" if self.shown == self.messages else f", {self.shown:,} shown"
        rate = self.messages / max(seconds, 1e-9)
        return (
            f"total {self.messages:,} messages{shown}  {format_bytes(self.size)}  "
            f"{rate:,.0f} msg/s  {seconds:.1f} s"
        )


class Pace:
    """Limits output to a number of lines a second, as many as a reader can follow.

    Parameters
    ----------
    per_s
        Lines per s; None for all.
    """

    def __init__(self, per_s: int | None) -> None:
        self._per_s = per_s
        self._second = -1
        self._count = 0
        self.held_back: int = 0

    def admits(self, now_s: float) -> bool:
        """Whether one more line may be shown at a time, in s."""
        if self._per_s is None:
            return True
        if int(now_s) != self._second:
            self._second, self._count = int(now_s), 0
        self._count += 1
        if self._count <= self._per_s:
            return True
        self.held_back += 1
        return False


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
        from zmq.cli.sockets.inbox import Inbox, subscribe
        from zmq.cli.sockets.session import Session
        from zmq.cli.terminal.stopper import Stopper

        started = self._rates_at = time.monotonic()
        with Stopper() as stopper, Session(plan) as session:
            session.open()
            subscribe(session.socket, topics)
            for line in session.chosen_addresses():
                opt.say(line, quiet=quiet)
            self._display.hint("waiting for messages; Ctrl-C ends it")
            inbox = Inbox(session.socket, stopper, timeout_s=timeout_s, duration_s=duration_s)
            try:
                for message in inbox:
                    with stopper.writing():
                        if message is not None:
                            self._take(message)
                        self._print_rates(started)
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

    def _print_rates(self, started: float) -> None:
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
