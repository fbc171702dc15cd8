"""``ohmq events``: open a socket, and follow what happens to its connections."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.curve import NO_CURVE, CurveOptions
from zmq.cli.sockets.options import with_curve
from zmq.cli.sockets.plan import DRAFT_TYPES, STABLE_TYPES, SocketOptions, SocketPlan, plan_socket
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.codec import to_json
from zmq.cli.terminal.display import write_bytes
from zmq.cli.terminal.errors import TimedOut, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zmq.cli.sockets.inbox import Inbox
    from zmq.cli.sockets.occurrences import ConnectionHistory, Occurrence

_HELP = f"""Open a socket and follow its connection events.

To find out why two programs do not connect: the socket connects and binds as theirs would, and each
step is printed. Messages that it receives are thrown away.

ohmq events dealer -c tcp://127.0.0.1:5555 --timeout 5

{opt.EXIT_CODES}.
"""
_SLICE_S = 0.2
_TIMEOUT_HELP = "Longest time without an event, retries not counted."


def format_occurrence(what: Occurrence, form: str, now: datetime) -> str:
    """One line. Pure."""
    if form == "json":
        facts: dict[str, Any] = {"time": now.isoformat(timespec="milliseconds")}
        facts |= {"event": what.name, "endpoint": what.endpoint}
        if what.unit:
            facts[what.unit] = what.value
        return to_json(facts | ({"text": what.text} if what.text else {}))
    text = what.text or (f"fd {what.value}" if what.unit == "fd" else "")
    line = f"{now:%H:%M:%S}.{now.microsecond // 1000:03} {what.name.lower():<26} {what.endpoint}"
    return f"{line}  {text}".rstrip()


@with_curve
def events(
    type_name: Annotated[str, opt.type_argument(STABLE_TYPES)],
    bind: opt.Binds = None,
    connect: opt.Connects = None,
    form: opt.TextOrJson = "text",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="EVENT", help="Show only these: connected, ...; repeatable"),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("--count", "-n", min=1, metavar="N", help="End after this many events."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            "-t",
            min=0,
            metavar="SECONDS",
            help=_TIMEOUT_HELP,
        ),
    ] = None,
    duration: opt.Duration = None,
    settings: opt.Settings = None,
    curve: CurveOptions = NO_CURVE,
    quiet: opt.Quiet = False,
) -> None:
    opt.check_waits(timeout=timeout, duration=duration)
    opt.check_text_or_json(form)
    refuse_mixed_installation()
    wanted = frozenset(_event_name(name) for name in only or ())
    typed = SocketOptions(type_name, bind or (), connect or (), settings or (), None, curve)
    plan = plan_socket(typed, (*STABLE_TYPES, *DRAFT_TYPES), ipc_limit=ipc_limit())
    _follow(plan, form, wanted, count, timeout, duration, quiet=quiet)


def _event_name(name: str) -> str:
    from zmq.constants import Event

    known = [each for each in Event.__members__ if not each.startswith(("PROTOCOL_", "ALL"))]
    if name.upper() not in known:
        names = ", ".join(known).lower()
        raise UsageError(f"--only {name!r}: no such event; there are {names}")
    return name.upper()


def _follow(
    plan: SocketPlan,
    form: str,
    wanted: frozenset[str],
    count: int | None,
    timeout_s: float | None,
    duration_s: float | None,
    *,
    quiet: bool,
) -> None:
    from zmq.cli.sockets.inbox import Inbox, subscribe
    from zmq.cli.sockets.occurrences import ConnectionHistory
    from zmq.cli.sockets.session import Session
    from zmq.cli.terminal.stopper import Stopper
    from zmq.core.monitor import parse_monitor_message

    with Stopper() as stopper, Session(plan) as session:
        monitor = session.socket.get_monitor_socket()
        try:
            session.open()
            subscribe(session.socket, (b"",))
            for line in session.chosen_addresses():
                opt.say(line, quiet=quiet)
            shown = 0
            history = ConnectionHistory(plan.security)
            inbox = Inbox(
                monitor, stopper, timeout_s=timeout_s, duration_s=duration_s, things="event"
            )
            for message in _with_reason(inbox, history):
                _drop_messages(session.socket)
                if message is None:
                    continue
                what = history.add(parse_monitor_message(message))
                if not what.news:
                    inbox.forget()
                if wanted and what.name not in wanted:
                    continue
                line = format_occurrence(what, form, datetime.now().astimezone())
                with stopper.writing():
                    write_bytes(line.encode() + b"\n", flush=True)
                shown += 1
                if shown == count:
                    return
        finally:
            session.socket.disable_monitor()
            monitor.close(linger=0)


def _with_reason(inbox: Inbox, history: ConnectionHistory) -> Iterator[list[bytes] | None]:
    """The events; a time-out names the reason for which the last attempt has failed."""
    try:
        yield from inbox
    except TimedOut as error:
        if not history.last_failure:
            raise
        raise TimedOut(f"{error}; {history.last_failure}") from None


def _drop_messages(socket: Any) -> None:
    """Keep peers from filling the socket, in turns that end."""
    import zmq

    until = time.monotonic() + _SLICE_S / 4
    while time.monotonic() < until:
        try:
            socket.recv_multipart(zmq.NOBLOCK)
        except zmq.ZMQError:  # no message, or a type that does not receive
            return


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("events", help=_HELP)(events)
