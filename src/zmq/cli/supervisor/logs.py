"""The log of a supervisor: one event a line, as text or as JSON. Pure functions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Something that happened, mostly to a device."""

    event: str
    device: str | None = None
    level: str = "info"
    facts: dict[str, Any] = field(default_factory=dict)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


def format_event(event: LogEvent, form: str) -> str:
    """One line of log.

    Parameters
    ----------
    event
        What happened.
    form
        ``lines`` or ``json``.

    Returns
    -------
    str
        ``2026-01-31T12:00:00.000Z info orders started pid=1 in=tcp://...``, or a JSON object with
        the keys time, level, device, event and those of the facts.
    """
    time = event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if form == "json":
        head = {"time": time, "level": event.level}
        if event.device is not None:
            head["device"] = event.device
        return json.dumps({**head, "event": event.event, **event.facts})
    words = [time, event.level, event.device or "ohmq", event.event]
    words += [f"{key}={_plain(value)}" for key, value in event.facts.items()]
    return " ".join(words)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    text = str(value)
    simple = text and text.isprintable() and " " not in text and '"' not in text
    return text if simple else json.dumps(text)
