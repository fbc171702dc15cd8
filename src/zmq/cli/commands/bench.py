"""``ohmq bench``: throughput and round trips, on this machine or between two."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zmq.cli.bench.report import (
    Result,
    check_plot,
    format_size,
    json_text,
    rich_table,
    table_lines,
    write_plot,
)
from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.curve import NO_CURVE, CurveOptions
from zmq.cli.sockets.options import with_curve
from zmq.cli.sockets.plan import SocketOptions, SocketPlan, plan_socket
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.display import choose_display, is_live, write_bytes
from zmq.cli.terminal.errors import CommandError, UsageError

if TYPE_CHECKING:
    from zmq.cli.bench.wire import Client

_TRANSPORTS = ("tcp", "ipc")
_PLACES = {"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*"}
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}
_LARGEST = 1 << 28
_START_S = 15.0
_HELP = f"""Measure throughput and round trips.

Between two processes of this machine; or between two machines, with 'ohmq bench --serve
tcp://*:5555' on one and 'ohmq bench --connect tcp://NAME:5555' on the other. Throughput is counted
by the receiver.

{opt.EXIT_CODES}.
"""


_Serve: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="ENDPOINT", help="Answer measurements of a client, until Ctrl-C."),
]
_Connect: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--connect", "-c", metavar="ENDPOINT", help="Measure with the server at this endpoint."
    ),
]
_Sizes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--size", "-s", metavar="BYTES", help="32, 64k, 1m; repeatable."),
]
_Transports: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--transport", metavar="NAME", help="On one machine: tcp, ipc; repeatable."),
]
_Seconds: TypeAlias = Annotated[
    float, typer.Option(min=0.01, metavar="SECONDS", help="Time of each measurement.")
]
_Timeout: TypeAlias = Annotated[
    float,
    typer.Option("--timeout", "-t", min=0.01, metavar="SECONDS", help="Longest of each wait."),
]
_Plot: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Draw a chart: a .png, .svg or .pdf.")
]
_Once: TypeAlias = Annotated[
    bool, typer.Option("--once", help="With --serve: end with its client.")
]


@with_curve
def bench(
    serve: _Serve = None,
    connect: _Connect = None,
    sizes: _Sizes = None,
    transports: _Transports = None,
    seconds: _Seconds = 1.0,
    only: Annotated[str | None, typer.Option(metavar="WHAT", help="throughput or latency.")] = None,
    timeout: _Timeout = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, no table.")] = False,
    plot: _Plot = None,
    once: _Once = False,
    hwm: opt.Hwm = None,
    settings: opt.Settings = None,
    curve: CurveOptions = NO_CURVE,
    quiet: opt.Quiet = False,
) -> None:
    opt.check_seconds("--seconds", seconds, longest=3600)
    opt.check_seconds("--timeout", timeout, longest=1e6)
    if serve is not None and (connect or sizes or transports or plot or only or as_json):
        raise UsageError("--serve: the client chooses the measurements")
    if connect is not None and transports:
        raise UsageError("--transport: is in the endpoint that --connect has")
    if only not in (None, "throughput", "latency"):
        raise UsageError(f"--only {only!r}: unknown; there are throughput, latency")
    if once and serve is None:
        raise UsageError("--once: is for --serve")
    refuse_mixed_installation()
    if curve.wanted and serve is None and connect is None:
        raise UsageError("--curve-key and the other keys: are for --serve and --connect")
    common = (settings or (), hwm, curve)
    if serve is not None:
        _serve(_plan([serve], (), *common), once=once, quiet=quiet)
        return
    chosen = [parse_size(text) for text in sizes or ("32", "1k", "64k")]
    if plot is not None:
        check_plot(plot)
    places = [(name, _PLACES[name]) for name in _known_transports(transports)]
    if connect is not None:
        places = [(connect.partition("://")[0], connect)]
    job = Job(chosen, seconds, timeout, only, quiet=quiet)
    results = []
    with job:
        for transport, place in places:
            with contextlib.ExitStack() as stack:
                if connect is None:
                    place = stack.enter_context(_other_side(place))
                results += job.measure(transport, _plan((), [place], *common), place)
    _report(results, as_json=as_json, plot=plot)


def parse_size(text: str) -> int:
    """Read a size: bytes, or with k or m KiB or MiB."""
    found = re.fullmatch(r"(\d{1,9})([km]?)", text.strip().lower())
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 1 <= size <= _LARGEST:
        raise UsageError(f"--size {text!r}: write bytes between 1 and 256m, for example 32 or 64k")
    return size


def _known_transports(names: Sequence[str] | None) -> Sequence[str]:
    for name in names or ():
        if name not in _TRANSPORTS:
            raise UsageError(f"--transport {name!r}: unknown; there are {', '.join(_TRANSPORTS)}")
    return names or ("tcp",)


def _plan(
    binds: Sequence[str],
    connects: Sequence[str],
    settings: Sequence[str],
    hwm: int | None,
    curve: CurveOptions,
) -> SocketPlan:
    typed = SocketOptions("pair", binds, connects, settings, hwm, curve)
    return plan_socket(typed, ("PAIR",), ipc_limit=ipc_limit())


def about() -> str:
    """The versions and the machine that the numbers depend on."""
    import zmq

    return (
        f"ohmq {zmq.ohmq_version}, libzmq {zmq.zmq_version()}, "
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs"
    )


def _serve(plan: SocketPlan, *, once: bool, quiet: bool) -> None:
    import zmq
    from zmq.cli.bench.wire import Server
    from zmq.cli.sockets.session import Session
    from zmq.cli.terminal.stopper import Stopper

    with Stopper() as stopper, Session(plan) as session:
        monitor = session.socket.get_monitor_socket(zmq.Event.DISCONNECTED)
        try:
            session.open()
            for _, real in session.bound:
                opt.say(f"bound {real}", quiet=quiet)
            Server(session.socket, monitor, stopper, once=once).run()
        finally:
            session.socket.disable_monitor()
            monitor.close(linger=0)


@contextlib.contextmanager
def _other_side(place: str) -> Iterator[str]:
    """Start the server as a process of this machine, and yield where it is.

    It ends with its client, however that ends; a session of its own keeps Ctrl-C from it.
    """
    command = [sys.executable, "-m", "zmq", "bench", "--serve", place, "--once"]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            yield _first_line(process)
        finally:
            process.kill()


def _first_line(process: subprocess.Popen[bytes]) -> str:
    import select

    assert process.stderr is not None
    ready, _, _ = select.select([process.stderr], [], [], _START_S)
    line = process.stderr.readline().decode(errors="replace").strip() if ready else ""
    found = re.fullmatch(r"ohmq: bound (\S+)", line)
    if found is None:
        raise CommandError(f"the other side did not start: {line or 'it printed nothing'}")
    return found[1]


class Job:
    """The measurements, with a progress bar on a terminal; enter it."""

    def __init__(
        self,
        sizes: Sequence[int],
        seconds: float,
        timeout_s: float,
        only: str | None,
        *,
        quiet: bool,
    ) -> None:
        self._sizes = sizes
        self._seconds = seconds
        self._timeout_s = timeout_s
        self._parts = [only] if only else ["throughput", "latency"]
        shown = (
            not quiet
            and sys.stderr is not None
            and is_live(choose_display(quiet=False, stream=sys.stderr))
        )
        self._shown = shown
        self._progress: Any = None
        self._task: Any = None
        self._moved_at = 0.0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Job:
        from zmq.cli.terminal.stopper import signals_raise

        self._stack.enter_context(signals_raise())
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._progress = self._stack.enter_context(
                Progress(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    TextColumn("{task.percentage:>3.0f}%"),
                    TimeRemainingColumn(),
                    console=Console(stderr=True),
                    transient=True,
                )
            )
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def measure(self, transport: str, plan: SocketPlan, where: str) -> list[Result]:
        """Measure all sizes over one connection."""
        from zmq.cli.bench.wire import Client
        from zmq.cli.sockets.session import Session

        results = []
        if self._progress is not None:
            total = len(self._sizes) * len(self._parts) * self._seconds
            self._task = self._progress.add_task(transport, total=total)
        with Session(plan) as session:
            session.open()
            client = Client(session.socket, where, self._timeout_s, self._tick)
            client.hello()
            for size in self._sizes:
                results.append(self._measure_size(client, transport, size))
            client.finish()
            session.flush(1.0)
        return results

    def _measure_size(self, client: Client, transport: str, size: int) -> Result:
        facts: dict[str, Any] = {}
        for part in self._parts:
            self._describe(f"{transport} {format_size(size)} {part}")
            self._moved_at = time.monotonic()
            if part == "throughput":
                rate = client.throughput(size, self._seconds)
                facts |= dict(zip(("messages_per_s", "bytes_per_s"), rate, strict=True))
            else:
                names = ("round_trips", "least_us", "median_us", "p99_us", "longest_us")
                found = client.round_trips(size, self._seconds)
                facts |= dict(zip(names, found, strict=True))
        return Result(transport, size, **facts)

    def _describe(self, text: str) -> None:
        if self._progress is not None:
            self._progress.update(self._task, description=text)

    def _tick(self) -> None:
        if self._progress is None:
            return
        now = time.monotonic()
        if now - self._moved_at >= 0.1:
            self._progress.advance(self._task, now - self._moved_at)
            self._moved_at = now


def _report(results: list[Result], *, as_json: bool, plot: str | None) -> None:
    if as_json:
        write_bytes(json_text(results, about()).encode() + b"\n", flush=True)
    elif is_live(choose_display(quiet=False)):
        from rich.console import Console

        console = Console()
        console.print(about(), highlight=False)
        console.print(rich_table(results))
    else:
        text = "\n".join([about(), *table_lines(results)])
        write_bytes(text.encode() + b"\n", flush=True)
    if plot is not None:
        write_plot(plot, results, about())
        opt.say(f"the chart is in {plot}", quiet=False)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("bench", help=_HELP)(bench)
