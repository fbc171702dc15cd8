"""Pictures and tables of charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
from harness.model import OURS, THEIRS, C

matplotlib.use("svg")
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from curves.model import Chart, Drawn

# The first three are the same in every picture.
COLOURS = {OURS: "#0b6e4f", THEIRS: "#c8553d", C: "#444444"}
STYLES = ("-", "--", ":")


def picture(drawn: Drawn, file: Path) -> None:
    """Draw a chart, both axes logarithmic, into an SVG file."""
    chart = drawn.chart
    # The same numbers give the same file.
    plt.rcParams.update({"svg.hashsalt": chart.name, "font.size": 10, "svg.fonttype": "none"})
    figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    for name, points in drawn.values.items():
        for number, label in enumerate(chart.percentiles or ("",)):
            line = axes.plot(
                list(points),
                [values[number] for values in points.values()],
                STYLES[number],
                marker="o",
                markersize=3.5,
                linewidth=2 if name == OURS else 1.3,
                color=COLOURS.get(name),
                label=f"{name} {label}".strip(),
            )
            COLOURS.setdefault(name, to_hex(line[0].get_color()))
    axes.set(xscale="log", yscale="log", title=chart.title, xlabel=chart.x, ylabel=chart.y)
    axes.set_xticks(chart.points, [short(point) for point in chart.points])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def table(drawn: Drawn) -> str:
    """The numbers as a table in Markdown, a row for each point."""
    chart = drawn.chart
    labels = chart.percentiles or ("",)
    names = list(drawn.values)
    head = [chart.x, *(f"{name} {label}".strip() for name in names for label in labels)]
    rows = [head, ["---"] * len(head)]
    for point in chart.points:
        cells = [short(point)]
        for name in names:
            values = drawn.values[name].get(point)
            cells += [number(each) for each in values] if values else [""] * len(labels)
        rows.append(cells)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def best(chart: Chart, drawn: Drawn) -> list[str]:
    """Where another one is better than ohmq, in words: by its first result."""
    lines = []
    ours = drawn.values.get(OURS, {})
    for name, points in drawn.values.items():
        if name == OURS:
            continue
        won = []
        for point, values in points.items():
            mine = ours.get(point)
            if mine is None:
                continue
            above, below = (mine[0], values[0]) if chart.less_is_better else (values[0], mine[0])
            if above > 1.05 * below:
                won.append(f"{above / below:.2f} times at {short(point)}")
        if won:
            lines.append(f"{name} is better: {', '.join(won)}.")
    return lines


def number(value: float) -> str:
    """Three digits, or all of a large number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def short(value: int) -> str:
    """A number of bytes or things, short: 1 Ki, 10,000."""
    for unit, size in (("Mi", 1 << 20), ("Ki", 1 << 10)):
        if value >= size and value % size == 0:
            return f"{value // size} {unit}"
    return f"{value:,}"
