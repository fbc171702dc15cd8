"""``ohmq recv``: messages of any socket to standard output."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from zmq.cli import options as opt
from zmq.cli.codec import check_format, read_delimiter
from zmq.cli.curve import CurveOptions
from zmq.cli.errors import UsageError
from zmq.cli.info import ipc_limit, refuse_mixed_installation
from zmq.cli.plan import check_seconds
from zmq.cli.sockets import SocketOptions, plan_socket

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

A SUB gets every topic unless --subscribe says which. A REP answers each request, with an empty
message unless --reply or --echo say with what.

ohmq recv pull -b tcp://127.0.0.1:5555 --count 1

{opt.EXIT_CODES}.
"""


def recv(
    type_name: opt.TypeArgument,
    bind: opt.Binds = None,
    connect: opt.Connects = None,
    form: opt.Format = "text",
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", "-d", metavar="TEXT", help="Separates parts.")
    ] = None,
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
    curve_key: opt.CurveKey = None,
    curve_server_key: opt.CurveServerKey = None,
    curve_server: opt.CurveServer = False,
    curve_allow: opt.CurveAllow = None,
    quiet: opt.Quiet = False,
) -> None:
    check_seconds("--timeout", timeout, longest=1e6)
    check_seconds("--duration", duration, longest=1e6)
    check_format(form)
    split = read_delimiter(delimiter)
    refuse_mixed_installation()
    curve = CurveOptions(curve_key, curve_server_key, curve_server, curve_allow)
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

    from zmq.cli.receiving import RecvPlan, receive

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


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("recv", help=_HELP)(recv)
