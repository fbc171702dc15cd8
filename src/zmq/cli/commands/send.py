"""``ohmq send``: messages from arguments, files or a pipe to any socket."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TypeAlias

import typer

from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.curve import NO_CURVE, CurveOptions
from zmq.cli.sockets.options import with_curve
from zmq.cli.sockets.plan import SocketOptions, SocketPlan, plan_socket
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.codec import (
    check_format,
    format_message,
    read_arguments,
    read_delimiter,
    read_stream,
)
from zmq.cli.terminal.display import Ticker, write_bytes
from zmq.cli.terminal.errors import CommandError, UsageError

if TYPE_CHECKING:
    from zmq.cli.sockets.outbox import SendPlan

_TYPES = (
    "PUSH",
    "PUB",
    "XPUB",
    "XSUB",
    "REQ",
    "DEALER",
    "ROUTER",
    "PAIR",
    "STREAM",
)
_DRAFTS = ("CLIENT", "RADIO", "SCATTER", "CHANNEL")
_WHY_NOT = "; one that sends first is. 'ohmq recv rep --reply TEXT' answers requests"
_HELP = f"""Send messages, and wait until they have left.

Each MESSAGE is one message; without any, each line of the files or of standard input is. A REQ
prints the reply to each. A PUB waits for a subscriber before it sends.

ohmq send push -c tcp://127.0.0.1:5555 hello

{opt.EXIT_CODES}.
"""


_Files: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="FILE", help="Read messages here; '-' is standard input."),
]
_Multipart: TypeAlias = Annotated[
    bool, typer.Option("--multipart", "-m", help="The arguments are parts of one message.")
]
_Count: TypeAlias = Annotated[
    int | None,
    typer.Option("--count", "-n", min=1, metavar="N", help="Send N; repeats the arguments."),
]
_Interval: TypeAlias = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Time between two messages.")
]
_Timeout: TypeAlias = Annotated[
    float | None,
    typer.Option("--timeout", "-t", min=0, metavar="SECONDS", help="Longest of each wait."),
]
_Peers: TypeAlias = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Wait for N peers first; of a PUB, subscriptions."),
]


@with_curve
def send(
    type_name: Annotated[str, opt.type_argument(_TYPES)],
    messages: Annotated[
        list[str] | None, typer.Argument(metavar="[MESSAGE]...", show_default=False)
    ] = None,
    bind: opt.Binds = None,
    connect: opt.Connects = None,
    files: _Files = None,
    form: opt.Format = "text",
    delimiter: opt.Delimiter = None,
    multipart: _Multipart = False,
    count: _Count = None,
    interval: _Interval = 0.0,
    timeout: _Timeout = None,
    peers: _Peers = None,
    group: Annotated[str | None, typer.Option(metavar="TEXT", help="Group of a RADIO.")] = None,
    hwm: opt.Hwm = None,
    settings: opt.Settings = None,
    curve: CurveOptions = NO_CURVE,
    quiet: opt.Quiet = False,
) -> None:
    opt.check_waits(timeout=timeout, interval=interval)
    check_format(form)
    split = read_delimiter(delimiter)
    if messages and files:
        raise UsageError("messages as arguments and --file: take one of them")
    if multipart and not messages:
        raise UsageError("--multipart: is for messages that are given as arguments")
    refuse_mixed_installation()
    typed = SocketOptions(type_name, bind or (), connect or (), settings or (), hwm, curve)
    plan = plan_socket(typed, (*_TYPES, *_DRAFTS), _WHY_NOT, ipc_limit=ipc_limit())
    if (plan.type_name == "RADIO") != (group is not None):
        raise UsageError("--group: a RADIO needs it, and no other type has it")
    if peers is None:
        peers = 1 if plan.type_name in {"PUB", "XPUB"} else 0
    given = read_arguments(messages or (), form, split, multipart=multipart)

    from zmq.cli.sockets.outbox import SendPlan, repeated

    plan_to_send = SendPlan(timeout, interval, peers, group)
    with contextlib.ExitStack() as stack:
        source: Iterable[list[bytes]] = repeated(given, count)
        if not given:
            streams = [stack.enter_context(_open(name, quiet=quiet)) for name in files or ["-"]]
            lines = (read_stream(stream, name, form, split) for stream, name in streams)
            source = itertools.islice(itertools.chain.from_iterable(lines), count)
        _run(plan, plan_to_send, source, form, split, quiet=quiet)


def _run(
    plan: SocketPlan,
    plan_to_send: SendPlan,
    source: Iterable[list[bytes]],
    form: str,
    split: bytes | None,
    *,
    quiet: bool,
) -> None:
    from zmq.cli.sockets.outbox import EVENTS, Outbox
    from zmq.cli.sockets.session import Session
    from zmq.cli.terminal.stopper import signals_raise

    def print_reply(parts: list[bytes]) -> None:
        write_bytes(format_message(parts, form, split), flush=True)

    published = plan.type_name == "PUB"
    # An XPUB is a PUB that receives the subscriptions.
    plan = plan.as_type("XPUB") if published else plan
    shows_replies = plan.type_name == "REQ" and sys.stdout is not None and sys.stdout.isatty()
    with (
        signals_raise(),
        Ticker(quiet=quiet or shows_replies) as ticker,
        Session(plan) as session,
    ):
        socket = session.socket
        if plan.type_name == "XPUB":
            socket.xpub_verbose = True  # else the second subscription of a topic is not received
        if plan.type_name in {"ROUTER", "STREAM"}:
            socket.router_mandatory = True  # else it drops messages without a peer
        with _monitored(socket, EVENTS) as monitor:
            session.open()
            for line in session.chosen_addresses():
                opt.say(line, quiet=quiet)
            sender = Outbox(session, monitor, plan_to_send, ticker, print_reply)
            sender.await_peers()
            sender.run(source)


@contextlib.contextmanager
def _monitored(socket: Any, events: int) -> Iterator[Any]:
    monitor = socket.get_monitor_socket(events)
    try:
        yield monitor
    finally:
        if not socket.closed:
            socket.disable_monitor()
        monitor.close(linger=0)


@contextlib.contextmanager
def _open(name: str, *, quiet: bool) -> Iterator[tuple[BinaryIO, str]]:
    if name == "-":
        if sys.stdin is None:
            raise CommandError("standard input is closed: nothing to send")
        if sys.stdin.isatty():
            opt.say("each line is a message; Ctrl-D ends", quiet=quiet)
        yield sys.stdin.buffer, "standard input"
        return
    try:
        stream = open(name, "rb")  # noqa: SIM115 - closed below; reading has errors of its own
    except OSError as error:
        raise CommandError(f"--file {name}: {error.strerror}") from error
    with stream:
        yield stream, name


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("send", help=_HELP)(send)
