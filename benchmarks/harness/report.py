"""The tables, in the terminal, in RESULTS.md and in the README, and the JSON file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.measure import median, ratio, ratio_spread, target_reached
from harness.model import OURS, THEIRS, C

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model import Outcome

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
WHEELS_BEGIN, WHEELS_END = "<!-- wheels:begin -->", "<!-- wheels:end -->"
WHEELS_HEADER = ("case", "unit", f"wheel of {OURS}", f"wheel of {THEIRS}", "over PyZMQ")
# The cases of the README, and what they measure in the words of a newcomer.
HEADLINES = {
    "small/tcp": "messages of 32 bytes over TCP, from process to process",
    "three-part/tcp": "messages of three parts over TCP",
    "asyncio/recv": "`await socket.recv()` on asyncio",
    "roundtrip/tcp/free": "request and reply over TCP",
    "relay/device/stream": "a device from PULL to PUSH",
    "roundtrip/inproc": "request and reply between two threads that share a core, inproc",
}
HEADLINE_HEADER = ("work", "unit", OURS, THEIRS, "ohmq is")
HEADER = (
    *("case", "unit", OURS, THEIRS, C, "other"),
    *("over PyZMQ", "over C", "over other", "target", "reached"),
)


def rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """Return the cells of the table, without its header."""
    return [
        (
            outcome.case.name,
            outcome.case.unit,
            *(_cell(outcome, name) for name in (OURS, THEIRS, C)),
            _rival_cell(outcome),
            _ratio_cell(outcome, THEIRS),
            _ratio_cell(outcome, C),
            _ratio_cell(outcome, outcome.case.rival),
            _target_cell(outcome),
            target_reached(outcome),
        )
        for outcome in outcomes
    ]


def _cell(outcome: Outcome, name: str) -> str:
    if name in outcome.failures:
        return "failed"
    value = median(outcome, name)
    return "" if value is None else _number(value)


def _rival_cell(outcome: Outcome) -> str:
    """Return the number of what this case alone is compared with, and its name."""
    rival = outcome.case.rival
    cell = _cell(outcome, rival) if rival else ""
    return f"{rival}: {cell}" if cell else ""


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _ratio_cell(outcome: Outcome, other: str | None) -> str:
    if other is None:
        return ""
    middle, spread = ratio(outcome, other), ratio_spread(outcome, other)
    if middle is None or spread is None:
        return ""
    return f"{middle:.2f} ({spread[0]:.2f}-{spread[1]:.2f})"


def _target_cell(outcome: Outcome) -> str:
    case = outcome.case
    parts = (
        f"{case.over_pyzmq:g}x PyZMQ" if case.over_pyzmq is not None else "",
        f"{case.over_c:g}x C" if case.over_c is not None else "",
        f"{case.over_rival:g}x {case.rival}" if case.over_rival is not None else "",
        f"<= {case.at_most:g} {case.unit}" if case.at_most is not None else "",
    )
    return ", ".join(filter(None, parts))


def plain_table(outcomes: Sequence[Outcome]) -> str:
    """Return the table for a terminal."""
    lines = [HEADER, *rows(outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    numeric = range(2, 6)
    text = [
        "  ".join(
            cell.rjust(width) if column in numeric else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    failures = [
        f"failed: {outcome.case.name}, {name}: {why}"
        for outcome in outcomes
        for name, why in outcome.failures.items()
    ]
    return "\n".join([text[0], "-" * len(text[0]), *text[1:], *failures])


def to_json(
    outcomes: Sequence[Outcome], facts: dict[str, object], settings: dict[str, object]
) -> dict[str, Any]:
    """Return everything that was measured, every trial of it."""
    return {
        "facts": facts,
        "settings": settings,
        "cases": [
            {
                "name": outcome.case.name,
                "what": outcome.case.what,
                "unit": outcome.case.unit,
                "less_is_better": outcome.case.less_is_better,
                "trials": outcome.values,
                "medians": {name: median(outcome, name) for name in outcome.values},
                "over_pyzmq": ratio(outcome, THEIRS),
                "over_c": ratio(outcome, C),
                "rival": outcome.case.rival,
                "over_rival": ratio(outcome, outcome.case.rival) if outcome.case.rival else None,
                "target": {
                    "over_pyzmq": outcome.case.over_pyzmq,
                    "over_c": outcome.case.over_c,
                    "over_rival": outcome.case.over_rival,
                    "at_most": outcome.case.at_most,
                },
                "reached": target_reached(outcome),
                "failures": outcome.failures,
            }
            for outcome in outcomes
        ],
    }


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write the results, making the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def facts_line(facts: dict[str, Any]) -> str:
    """Return the facts as one line of text."""
    found = facts["implementations"]
    some: dict[str, str | None] = next(iter(found.values()), {})
    names = [f"{name} {each['ohmq'] or each['zmq']}" for name, each in found.items()]
    beside: dict[str, str] = facts["beside"]
    return ", ".join(
        [
            f"{facts['cpu']}, {facts['cores']} cores",
            str(facts["system"]),
            f"Python {some.get('python')}",
            f"libzmq {some.get('libzmq')}",
            *names,
            *(f"{name} {version}" for name, version in beside.items()),
        ]
    )


def results_page(outcomes: Sequence[Outcome], facts: dict[str, Any]) -> str:
    """Return RESULTS.md: every case."""
    return (
        "# Results\n\n"
        f"Made by `make bench ARGS=--readme`. Measured on {facts_line(facts)}.\n"
        "Ratios are medians over pairs of runs, with the smallest and the largest of neighbouring\n"
        "runs in parentheses; more is better in all of them. [README.md](README.md) says what\n"
        "each case measures, and how.\n\n"
        f"{_markdown(HEADER, rows(outcomes))}\n"
    )


def wheels_section(outcomes: Sequence[Outcome], facts: dict[str, Any]) -> str:
    """Return the part of RESULTS.md that compares the two wheels."""
    lines = [
        (
            outcome.case.name,
            outcome.case.unit,
            _cell(outcome, OURS),
            _cell(outcome, THEIRS),
            _ratio_cell(outcome, THEIRS),
        )
        for outcome in outcomes
    ]
    return (
        "## Wheels\n\n"
        "Made by `make bench-wheel`: the wheel of `make wheel` and that which PyZMQ publishes,\n"
        f"each with the libzmq that it carries. Measured on {facts_line(facts)}.\n\n"
        f"{_markdown(WHEELS_HEADER, lines)}"
    )


def replace_wheels(path: Path, section: str) -> None:
    """Put the comparison of wheels at the end of RESULTS.md, in place of an older one."""
    text = path.read_text().partition(f"\n{WHEELS_BEGIN}")[0]
    path.write_text(f"{text}\n{WHEELS_BEGIN}\n{section}\n{WHEELS_END}\n")


def replace_results(path: Path, page: str) -> None:
    """Write RESULTS.md; the comparison of wheels, another run's, stays."""
    old = path.read_text() if path.exists() else ""
    _, begin, wheels = old.partition(f"\n{WHEELS_BEGIN}")
    path.write_text(page + begin + wheels)


def headlines(outcomes: Sequence[Outcome], facts: dict[str, Any]) -> str:
    """Return the few lines for the README."""
    found = {outcome.case.name: outcome for outcome in outcomes}
    lines = [_headline(found[name], words) for name, words in HEADLINES.items() if name in found]
    return f"Measured on {facts_line(facts)}.\n\n{_markdown(HEADLINE_HEADER, lines)}"


def _headline(outcome: Outcome, words: str) -> tuple[str, ...]:
    times = ratio(outcome, THEIRS)
    return (
        words,
        outcome.case.unit,
        _cell(outcome, OURS),
        _cell(outcome, THEIRS),
        "" if times is None else f"{times:.2f} times as fast",
    )


def _markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    table = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in table)


def replace_in_readme(path: Path, table: str) -> None:
    """Put ``table`` between the two marker comments of the README.

    Raises
    ------
    ValueError
        The markers are missing, or in the wrong order.
    """
    text = path.read_text()
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} needs the lines {BEGIN} and {END}, in that order")
    path.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}")
