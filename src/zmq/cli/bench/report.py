"""The results of ``ohmq bench``: a table, JSON, a chart. Pure, but for the file of the chart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zmq.cli.terminal.errors import CommandError
from zmq.cli.terminal.rates import format_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NO_PLOT = "--plot needs matplotlib: pip install 'ohmq[plot]'"
_COLUMNS = (
    "transport",
    "size",
    "messages/s",
    "bytes/s",
    "median us",
    "99% us",
    "longest us",
    "round trips",
)
# The palette of Okabe and Ito, which colour-blind people can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


@dataclass(frozen=True, slots=True)
class Result:
    """One size over one transport; times of round trips in us."""

    transport: str
    size: int
    messages_per_s: float | None = None
    bytes_per_s: float | None = None
    round_trips: int | None = None
    least_us: float | None = None
    median_us: float | None = None
    p99_us: float | None = None
    longest_us: float | None = None


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that a share of all do not exceed; `ordered` is sorted, and not empty."""
    rank = -(-len(ordered) * share // 1)  # rounded up
    return ordered[min(len(ordered) - 1, max(0, int(rank) - 1))]


def format_size(size: int) -> str:
    """Sizes as they were asked for: 32 B, 64 KiB, 1 MiB."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def _cells(result: Result) -> list[str]:
    def number(value: float | None, form: str = ",.0f") -> str:
        return "" if value is None else format(value, form)

    rate = result.bytes_per_s
    return [
        result.transport,
        format_size(result.size),
        number(result.messages_per_s),
        "" if rate is None else f"{format_bytes(rate)}/s",
        number(result.median_us, ",.1f"),
        number(result.p99_us, ",.1f"),
        number(result.longest_us, ",.0f"),
        number(result.round_trips),
    ]


def table_lines(results: Sequence[Result]) -> list[str]:
    """The table as text, columns to the right but the first."""
    rows = [list(_COLUMNS), *(_cells(each) for each in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def rich_table(results: Sequence[Result]) -> Any:
    """The table for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, header_style="bold")
    for index, name in enumerate(_COLUMNS):
        table.add_column(name.replace("us", "µs"), justify="right" if index else "left")
    for each in results:
        table.add_row(*_cells(each))
    return table


def json_text(results: Sequence[Result], about: str) -> str:
    """Everything, for programs."""
    found = [{k: v for k, v in asdict(each).items() if v is not None} for each in results]
    return json.dumps({"about": about, "results": found}, indent=1)


def check_plot(file: str) -> None:
    """Refuse a chart that could not be written, before anything is measured.

    Raises
    ------
    CommandError
        matplotlib is missing, the folder is, or the kind of file is unknown.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError as error:
        raise CommandError(_NO_PLOT) from error
    path = Path(file)
    if path.suffix.lstrip(".").lower() not in FigureCanvasAgg.get_supported_filetypes():
        raise CommandError(f"--plot {file}: write a name that ends in .png, .svg or .pdf")
    if not path.parent.is_dir():
        raise CommandError(f"--plot {file}: no directory {path.parent}")


def write_plot(file: str, results: Sequence[Result], about: str) -> None:
    """Draw the chart: messages and bytes per second, and times of round trips, by size.

    Raises
    ------
    CommandError
        The file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.4), layout="constrained")
    figure.suptitle("ohmq bench", fontsize=13, fontweight="bold", x=0.01, ha="left")
    figure.text(0.995, 0.985, about, fontsize=8, color="#555555", ha="right", va="top")
    charts = figure.subplots(1, 3)
    transports = list(dict.fromkeys(each.transport for each in results))
    for index, transport in enumerate(transports):
        mine = sorted((r for r in results if r.transport == transport), key=lambda r: r.size)
        colour = _COLOURS[index % len(_COLOURS)]
        _line(charts[0], mine, "messages_per_s", transport, colour)
        _line(charts[1], mine, "bytes_per_s", transport, colour)
        _line(charts[2], mine, "median_us", f"{transport}, median", colour)
        _line(charts[2], mine, "p99_us", f"{transport}, 99%", colour, style="--")
    titles = (("Throughput", "messages/s"), ("Throughput", "bytes/s"), ("Round trip", "µs"))
    for chart, (title, unit) in zip(charts, titles, strict=True):
        _label_axes(chart, title, unit, sorted({each.size for each in results}))
    try:
        figure.savefig(file, dpi=120)
    except OSError as error:
        raise CommandError(f"--plot {file}: {error.strerror}") from error


def _line(
    chart: Axes, results: Sequence[Result], field: str, label: str, colour: str, style: str = "-"
) -> None:
    points = [(each.size, getattr(each, field)) for each in results]
    points = [(x, y) for x, y in points if y is not None]
    if points:
        xs, ys = zip(*points, strict=True)
        chart.plot(xs, ys, style, marker="o", markersize=4, color=colour, label=label)


def _label_axes(chart: Axes, title: str, unit: str, sizes: Sequence[int]) -> None:
    from matplotlib.ticker import EngFormatter, FixedLocator, LogLocator, NullLocator

    chart.set_title(f"{title}, {unit}", fontsize=10, loc="left")
    chart.set_xscale("log")
    chart.set_yscale("log")
    chart.xaxis.set_major_locator(FixedLocator([float(size) for size in sizes]))
    chart.xaxis.set_minor_locator(NullLocator())
    chart.set_xticks(sizes, [format_size(size) for size in sizes])
    chart.yaxis.set_major_formatter(EngFormatter(sep=""))
    chart.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    chart.yaxis.set_minor_locator(NullLocator())
    chart.tick_params(labelsize=8)
    chart.set_xlabel("size of a message", fontsize=8)
    chart.grid(which="major", color="#dddddd", linewidth=0.8)
    chart.set_axisbelow(True)
    chart.spines[["top", "right"]].set_visible(False)
    if chart.get_legend_handles_labels()[0]:
        chart.legend(fontsize=8, frameon=False)
    else:
        chart.text(0.5, 0.5, "not measured", ha="center", transform=chart.transAxes)
