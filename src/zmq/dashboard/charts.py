"""Descriptions of the charts, made with bokeh; BokehJS draws them in the page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from bokeh.embed import json_item
from bokeh.models import (
    BasicTicker,
    BasicTickFormatter,
    ColumnDataSource,
    DataRange1d,
    DatetimeTicker,
    DatetimeTickFormatter,
    HoverTool,
    Range1d,
)
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure

from zmq.dashboard.readings import Point

THEMES = ("light", "dark")
HEIGHT, LOW = 180, 130
# Where both directions are equal, one line is visible in the gaps of the other. Both have the same
# width: at the edges of a narrow line on a wide one their colours would mix to grey.
WIDTH = 2.2
DASHES = [9, 9]
_FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"


class Line(NamedTuple):
    """One line: its column of `Point`, its name, and whether its direction is in to out."""

    column: str
    name: str
    is_in: bool


class Chart(NamedTuple):
    """One chart."""

    name: str
    lines: tuple[Line, ...]
    value: str
    #: Least upper end of the axis; with `fixed`, its upper end.
    least: float
    fixed: bool = False
    steps: bool = False
    tall: bool = False


def _both(quantity: str, in_name: str = "in → out", out_name: str = "out → in") -> tuple[Line, ...]:
    return (Line(f"{quantity}_in", in_name, True), Line(f"{quantity}_out", out_name, False))


CHARTS = (
    Chart("messages", _both("messages"), "0,0.[0] /s", 10, tall=True),
    Chart("bytes", _both("bytes"), "0,0 B/s", 1000, tall=True),
    Chart("peers", _both("peers", "in", "out"), "0,0", 4, steps=True),
    Chart("blocked", _both("blocked"), "0.[0] %", 100, fixed=True),
    Chart("dropped", (Line("dropped", "dropped", True),), "0,0.[0] /s", 10),
)
_COLOURS = {
    "light": {"text": "#5b6472", "grid": "#e6e9ef", "in": "#2563c9", "out": "#c2570c"},
    "dark": {"text": "#9aa4b2", "grid": "#262d38", "in": "#6ea8fe", "out": "#f59e5b"},
}


@lru_cache
def chart_items(theme: str) -> dict[str, Any]:
    """Describe the charts for BokehJS, without data.

    Parameters
    ----------
    theme
        One of `THEMES`.

    Returns
    -------
    dict
        By name, an item for Bokeh.embed.embed_item. The data source of each is named "points" and
        has columns of `Point`.
    """
    return {chart.name: json_item(_draw(chart, _COLOURS[theme])) for chart in CHARTS}


def _draw(chart: Chart, colours: dict[str, str]) -> figure:
    columns: dict[str, list[float]] = {name: [] for name in ("time", *_columns(chart))}
    source = ColumnDataSource(data=columns, name="points")
    if chart.fixed:
        heights: Range1d | DataRange1d = Range1d(start=0, end=chart.least)
    else:
        heights = DataRange1d(start=0, min_interval=chart.least, range_padding=0.08, default_span=1)
    plot = figure(
        height=HEIGHT if chart.tall else LOW,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        x_range=Range1d(start=0, end=1, name="window"),
        y_range=heights,
        toolbar_location=None,
        tools=[],
        min_border_left=46,
        min_border_right=10,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        lod_threshold=None,
    )
    lines: list[DataRenderer] = []
    for line in chart.lines:
        colour = colours["in" if line.is_in else "out"]
        style: dict[str, Any] = {"source": source, "color": colour, "line_width": WIDTH}
        if not line.is_in:
            style["line_dash"] = DASHES
        if chart.steps:
            lines.append(plot.step("time", line.column, mode="after", **style))
        else:
            if line.is_in:  # two areas would mix to grey
                plot.varea(
                    "time", 0, line.column, source=source, fill_color=colour, fill_alpha=0.08
                )
            lines.append(plot.line("time", line.column, **style))
    tips = [(line.name, f"@{line.column}{{{chart.value}}}") for line in chart.lines]
    plot.add_tools(
        HoverTool(
            renderers=lines[:1],
            mode="vline",
            line_policy="nearest",
            tooltips=[("", "@time{%H:%M:%S}"), *tips],
            formatters={"@time": "datetime"},
        )
    )
    _style_axes(plot, colours)
    return plot


def _columns(chart: Chart) -> list[str]:
    names = [line.column for line in chart.lines]
    assert set(names) <= set(Point._fields), names
    return names


def _style_axes(plot: figure, colours: dict[str, str]) -> None:
    """No axis lines, muted labels."""
    for axis in (plot.xaxis[0], plot.yaxis[0]):
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = colours["text"]
        axis.major_label_text_font = _FONT
        axis.major_label_text_font_size = "11px"
    plot.xgrid[0].grid_line_color = None
    plot.ygrid[0].grid_line_color = colours["grid"]
    clock = "%H:%M:%S"
    plot.xaxis[0].formatter = DatetimeTickFormatter(
        milliseconds=clock, seconds=clock, minsec=clock, minutes="%H:%M", hourmin="%H:%M"
    )
    plot.xaxis[0].ticker = DatetimeTicker(desired_num_ticks=4)
    # The page sets its own formatter here: the axis has the units of the tiles.
    plot.yaxis[0].formatter = BasicTickFormatter(name="ticks")
    plot.yaxis[0].ticker = BasicTicker(desired_num_ticks=3)
