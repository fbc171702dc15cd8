"""``ohmq dashboard``: a page about a monitored queue that runs already, anywhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zmq.cli.devices.page import TOKEN_VARIABLE, open_dashboard
from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.curve import CurveOptions, apply_keys, load_keys
from zmq.cli.sockets.endpoints import parse_endpoint
from zmq.cli.sockets.options import CurveKey, CurveServerKey
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.display import choose_display
from zmq.cli.terminal.errors import UsageError
from zmq.cli.terminal.stopper import Stopper

if TYPE_CHECKING:
    import zmq

# Longest of one wait, in s; waits are repeated.
_LONG_S = 3600.0


_Endpoint: TypeAlias = Annotated[
    str, typer.Argument(metavar="ENDPOINT", help="Where the queue has its PUB monitor.")
]
_Listen: TypeAlias = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Address of the page; port * is a free one.")
]
_InPrefix: TypeAlias = Annotated[
    str, typer.Option(metavar="TEXT", help="First part of copies of in>out messages.")
]
_OutPrefix: TypeAlias = Annotated[
    str, typer.Option(metavar="TEXT", help="First part of copies of out>in messages.")
]
_Host: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Name that browsers call this machine by; repeatable."),
]
_Private: TypeAlias = Annotated[
    bool, typer.Option("--private", help="Ask for the token on loopback, too.")
]


def dashboard(
    endpoint: _Endpoint,
    listen: _Listen = "127.0.0.1:8080",
    in_prefix: _InPrefix = "in",
    out_prefix: _OutPrefix = "out",
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Name on the page.")] = None,
    host: _Host = None,
    private: _Private = False,
    curve_key: CurveKey = None,
    curve_server_key: CurveServerKey = None,
    duration: opt.Duration = None,
    quiet: opt.OnlyErrors = False,
) -> None:
    """Show the messages of a monitored queue on a web page, until Ctrl-C.

    The queue may run in any program, also one of PyZMQ: only its monitor is read.
    Its messages are counted, a sample of them is shown; it cannot be paused or stopped
    from here. Example:

    ohmq dashboard tcp://127.0.0.1:5557

    A reader over another address than loopback needs the token in the environment variable
    OHMQ_DASHBOARD_TOKEN.
    """
    opt.check_seconds("--duration", duration)
    place = parse_endpoint(
        endpoint.removeprefix(">"), "ENDPOINT", ipc_limit=ipc_limit(), bind=False
    )
    refuse_mixed_installation()
    keys = load_keys(CurveOptions(curve_key, curve_server_key))

    def prepare(socket: zmq.Socket[Any]) -> None:
        apply_keys(socket, keys)

    shown = sys.stdout is not None and sys.stdout.isatty()
    display = choose_display(quiet=quiet)
    # Signals first: one that comes while the page is being set up ends it, too.
    with (
        Stopper() as stopper,
        open_dashboard(
            place.address,
            listen,
            option="--listen",
            title=title,
            in_prefix=os.fsencode(in_prefix),
            out_prefix=os.fsencode(out_prefix),
            hosts=host or (),
            private=private,
            prepare=prepare,
        ) as page,
    ):
        if page.private and not shown and TOKEN_VARIABLE not in os.environ:
            raise UsageError(f"--listen {listen}: readers need a token; set {TOKEN_VARIABLE}")
        try:
            display.lines([f"monitor   {place.address}", f"dashboard {page.url}"])
            if page.private and shown:
                display.hint(f"with its token: {page.link}")
            _wait(stopper, duration)
        finally:
            display.close()


def _wait(stopper: Stopper, duration_s: float | None) -> None:
    end_at = None if duration_s is None else time.monotonic() + duration_s
    while True:
        left = _LONG_S if end_at is None else end_at - time.monotonic()
        if left <= 0 or stopper.wait(min(left, _LONG_S)):
            return


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("dashboard")(dashboard)
