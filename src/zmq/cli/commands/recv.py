"""``ohmq recv``: messages of any socket to standard output."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Annotated, Any

import typer

import zmq
from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.curve import NO_CURVE, CurveOptions
from zmq.cli.sockets.inbox import Inbox, subscribe
from zmq.cli.sockets.options import with_curve
from zmq.cli.sockets.plan import SocketOptions, SocketPlan, plan_socket
from zmq.cli.sockets.session import Session
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.codec import check_format, format_message, read_delimiter
from zmq.cli.terminal.display import Ticker, write_bytes
from zmq.cli.terminal.errors import UsageError
from zmq.cli.terminal.rates import format_bytes
from zmq.cli.terminal.stopper import Stopper

# An answer to a peer that is gone would otherwise keep the program from ending.
_LAST_REPLY_S = 1.0
_TYPES = (
    "PULL",
    "SUB",
    "XSUB",
    "XPUB",
    "REP",
    "DEALER",
    "ROUTER",
    "PAIR",
    "STREAM",
)
_DRAFTS = ("DISH", "GATHER", "CLIENT", "CHANNEL")
_WHY_NOT = "; one that receives first is. 'ohmq send req TEXT' asks and prints the reply"
_HELP = f"""Receive messages and print them, a line each.

A SUB gets every topic unless --subscribe says which. A REP answers each request, with an
empty message, or as --reply or --echo say.

ohmq recv pull -b tcp://127.0.0.1:5555 --count 1

{opt.EXIT_CODES}.
"""


@with_curve
def recv(
    type_name: Annotated[str, opt.type_argument(_TYPES)],
    bind: opt.Binds = None,
    connect: opt.Connects = None,
    form: opt.Format = "text",
    delimiter: opt.Delimiter = None,
    subscribe: Annotated[
        list[str] | None,
        typer.Option("--subscribe", "-s", metavar="TEXT", help="Topic or group; repeatable."),
    ] = None,
    count: opt.Count = None,
    timeout: opt.Timeout = None,
    duration: opt.Duration = None,
    reply: Annotated[str | None, typer.Option(metavar="TEXT", help="What a REP answers.")] = None,
    echo: Annotated[bool, typer.Option("--echo", help="A REP sends back what it got.")] = False,
    hwm: opt.Hwm = None,
    settings: opt.Settings = None,
    curve: CurveOptions = NO_CURVE,
    quiet: opt.Quiet = False,
) -> None:
    opt.check_waits(timeout=timeout, duration=duration)
    check_format(form)
    split = read_delimiter(delimiter)
    refuse_mixed_installation()
    typed = SocketOptions(type_name, bind or (), connect or (), settings or (), hwm, curve)
    plan = plan_socket(typed, (*_TYPES, *_DRAFTS), _WHY_NOT, ipc_limit=ipc_limit())
    if subscribe is not None and plan.type_name not in {"SUB", "XSUB", "DISH"}:
        raise UsageError(f"--subscribe: {plan.type_name} has no topics; SUB and XSUB do")
    if plan.type_name == "DISH" and not subscribe:
        raise UsageError("--subscribe: a DISH needs the name of a group")
    if (reply is not None or echo) and plan.type_name != "REP":
        raise UsageError(f"--reply, --echo: are for REP, not for {plan.type_name}")
    if reply is not None and echo:
        raise UsageError("--reply and --echo: take one of them")

    receive(
        plan,
        RecvPlan(
            form=form,
            delimiter=split,
            topics=tuple(text.encode("utf-8", "surrogateescape") for text in subscribe or [""]),
            count=count,
            timeout_s=timeout,
            duration_s=duration,
            reply=None if echo else (reply or "").encode("utf-8", "surrogateescape"),
        ),
        quiet=quiet,
        shown=sys.stdout is not None and sys.stdout.isatty(),
    )


@dataclass(frozen=True, slots=True)
class RecvPlan:
    """The messages to receive, and when to end; times in s, None for no limit."""

    form: str = "text"
    delimiter: bytes | None = None
    topics: tuple[bytes, ...] = (b"",)
    count: int | None = None
    timeout_s: float | None = None
    duration_s: float | None = None
    #: The answer of a REP; None for the request itself.
    reply: bytes | None = b""


def receive(plan: SocketPlan, wanted: RecvPlan, *, quiet: bool, shown: bool) -> None:
    """Receive and print until count, time or a signal ends it. Blocks; for the main thread.

    Parameters
    ----------
    plan
        The socket.
    wanted
        What to receive, and when to end.
    quiet
        Whether to say nothing but errors on standard error.
    shown
        Whether standard output is a terminal, where a status line would be in the way.

    Raises
    ------
    TimedOut, EndedBySignal, CommandError
        What ended it; everything that was received has been printed.
    """
    with (
        Stopper() as stopper,
        Ticker(quiet=quiet or shown) as ticker,
        Session(plan) as session,
    ):
        socket = session.socket
        if wanted.count is not None and plan.sides[0].hwm is None:
            # Messages that are fetched beyond the last wanted one would be lost. Not less than 2:
            # at 1, libzmq 4.3.4 loses the message of a client that authenticates, sends and goes.
            socket.rcvhwm = min(max(2, wanted.count), socket.rcvhwm)
        session.open()
        subscribe(socket, wanted.topics)
        for line in session.chosen_addresses():
            opt.say(line, quiet=quiet)
        inbox = Inbox(socket, stopper, timeout_s=wanted.timeout_s, duration_s=wanted.duration_s)
        _print_all(inbox, socket, wanted, stopper, ticker)
        if plan.type_name == "REP":
            session.flush(_LAST_REPLY_S)


def _print_all(
    inbox: Inbox, socket: zmq.Socket[Any], wanted: RecvPlan, stopper: Stopper, ticker: Ticker
) -> None:
    count = size = 0
    started = time.monotonic()

    def progress() -> str:
        rate = count / max(time.monotonic() - started, 1e-9)
        return f"{count:,} received, {format_bytes(size)} | {rate:,.0f} msg/s; Ctrl-C ends it"

    try:
        for message in inbox:
            if message is None:
                with stopper.writing():
                    write_bytes(b"", flush=True)
            else:
                with stopper.writing():
                    write_bytes(format_message(message, wanted.form, wanted.delimiter))
                if socket.type == zmq.REP:
                    socket.send_multipart(message if wanted.reply is None else [wanted.reply])
                count += 1
                size += sum(map(len, message))
                if count == wanted.count:
                    return
            ticker.tick(progress)
    finally:
        with stopper.writing():
            write_bytes(b"", flush=True)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("recv", help=_HELP)(recv)
