"""Counters into words."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from zmq.cli.terminal.rates import (
    Rates,
    format_bytes,
    format_clock,
    rates_between,
    status_line,
    totals_lines,
)


class Reading(NamedTuple):
    messages_in: int = 0
    bytes_in: int = 0
    messages_out: int = 0
    bytes_out: int = 0
    monitor_dropped: int = 0
    cache_entries: int | None = None
    cache_bytes: int | None = None
    cache_evicted: int | None = None
    cache_replayed: int | None = None


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.7, "1.0 kB"),
        (1000, "1.0 kB"),
        (1549, "1.5 kB"),
        (999_949, "999.9 kB"),
        (999_999, "1.0 MB"),
        (12_000_000, "12.0 MB"),
        (3.2e9, "3.2 GB"),
        (4.5e12, "4.5 TB"),
    ],
)
def test_bytes(count: float, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00"), (59.99, "0:00:59"), (65, "0:01:05"), (360_000, "100:00:00")],
)
def test_clock(seconds: float, text: str) -> None:
    assert format_clock(seconds) == text


def test_rates() -> None:
    before = Reading(10, 100, 1, 10)
    after = Reading(30, 500, 2, 10)
    assert rates_between(before, after, 2.0) == Rates(10.0, 200.0, 0.5, 0.0)
    assert rates_between(before, after, 0.0) == Rates()


def test_status_line() -> None:
    rates = Rates(12_345.4, 1_200_000, 12_000, 900)
    assert status_line(rates, 0, 65, monitored=True) == (
        "0:01:05 | in>out 12,345 msg/s 1.2 MB/s | out>in 12,000 msg/s 900 B/s"
    )


def test_status_line_tells_of_drops() -> None:
    assert status_line(Rates(), 1234, 1, monitored=True).endswith("| monitor dropped 1,234")
    assert "dropped" not in status_line(Rates(), 1234, 1, monitored=False)


def test_status_line_fits_a_terminal() -> None:
    busy = Rates(2_345_678, 999.9e6, 2_345_678, 999.9e6)
    assert len(status_line(busy, 0, 35_999, monitored=True)) < 80


def test_totals() -> None:
    reading = Reading(1234, 56_000, 7, 80, 9)
    assert totals_lines(reading, 3.21, monitored=True) == [
        "total in>out  1,234 messages  56.0 kB",
        "total out>in  7 messages  80 B",
        "total monitor dropped  9 messages",
        "ran 3.2 s",
    ]
    assert len(totals_lines(reading, 3.21, monitored=False)) == 3
