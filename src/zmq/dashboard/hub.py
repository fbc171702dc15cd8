"""What the server remembers, and the pages that look. Lives in the server's event loop."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any, Protocol

from zmq.dashboard.messages import Copy, Filter, spread
from zmq.dashboard.readings import TICK_S, History, Point, Reading
from zmq.dashboard.sources import Source
from zmq.dashboard.watcher import Answer, Look

# Messages that a page gets in one tick, and after it was opened or its filter was changed.
ROWS_A_TICK = 12
ROWS_AT_ONCE = 100
# Messages that filters find afterwards, and how many bytes of them are kept at most.
REMEMBERED = 2000
REMEMBERED_BYTES = 8_000_000
# A watcher that has said nothing for so long hangs, or waits for a device that does.
STALE_S = 10.0


class Viewer(Protocol):
    """One open page."""

    filter: Filter

    def send(self, text: str) -> None:
        """Send a message, or leave it out when the page is slow. Never blocks."""


class Hub:
    """The state of one dashboard, as its pages see it.

    Parameters
    ----------
    source
        What is looked at.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.history = History()
        self.state = source.state()
        self.error = ""
        self.copies: deque[Copy] = deque(maxlen=REMEMBERED)
        self.viewers: set[Viewer] = set()
        self._kept_bytes = 0
        self._heard_s = time.monotonic()

    # ---- what comes in

    def publish(self, look: Look) -> None:
        """Take in what the watcher saw, and tell every page."""
        self._heard_s = look.now_s
        self.state, self.error = look.state, look.error
        point = None
        if look.reading is not None:
            point = self.history.add(look.now_s, look.reading, look.wall_s)
        for copy in look.sample.copies:
            self._remember(copy)
        for viewer in list(self.viewers):
            viewer.send(self._tick(viewer, look, point))

    def _remember(self, copy: Copy) -> None:
        if len(self.copies) == REMEMBERED:
            self._forget()
        self.copies.append(copy)
        self._kept_bytes += sum(len(part.head) for part in copy.parts)
        while self._kept_bytes > REMEMBERED_BYTES:
            self._forget()

    def _forget(self) -> None:
        old = self.copies.popleft()
        self._kept_bytes -= sum(len(part.head) for part in old.parts)

    # ---- what goes out

    def hello(self) -> str:
        """The first message to a page."""
        about = self.source.about
        return _text(
            type="hello",
            title=about.title,
            kind=about.kind,
            endpoints=about.endpoints,
            actions=about.actions,
            no_messages=about.no_messages,
            columns=Point._fields,
            points=list(self.history.points),
            tick_s=TICK_S,
            **numbers(self.current()),
        )

    def rows(self, wanted: Filter) -> str:
        """The latest messages that a filter lets through, for a page that starts over."""
        found = [copy for copy in self.copies if wanted.matches(copy)][-ROWS_AT_ONCE:]
        return _text(type="rows", messages=[copy.describe() for copy in found])

    def whole(self, number: object) -> str:
        """All that was kept of one message."""
        found = next((copy for copy in self.copies if copy.number == number), None)
        return _text(type="whole", id=number, message=found and found.describe(whole=True))

    def _tick(self, viewer: Viewer, look: Look, point: Point | None) -> str:
        found = [copy for copy in look.sample.copies if viewer.filter.matches(copy)]
        shown = spread(found, ROWS_A_TICK)
        return _text(
            type="tick",
            point=point,
            sample={
                "taken": look.sampled,
                "complete": look.sample.complete,
                "read": len(look.sample.copies),
                "found": len(found),
                "shown": len(shown),
            },
            messages=[copy.describe() for copy in shown],
            **numbers(self.current()),
        )

    # ---- what others ask

    @property
    def is_stale(self) -> bool:
        """Whether the watcher has not been heard of for too long."""
        return time.monotonic() - self._heard_s > STALE_S

    def ailment(self) -> str:
        """What keeps the source from being watched, in a word; empty when it is well."""
        if self.is_stale:
            return "stale"
        if self.state == "waiting" and self.source.about.kind == "monitor":
            return "not connected"
        # What waits for its next start hands nothing on meanwhile.
        if self.state in {"failed", "stopped", "waiting"}:
            return self.state
        return "no numbers" if self.error else ""

    def current(self) -> Answer:
        """The latest state and counters."""
        return Answer(self.state, self.history.latest, self.error)


def numbers(answer: Answer) -> dict[str, Any]:
    """State and counters, as plain values."""
    return {
        "state": answer.state,
        "error": answer.error,
        "totals": (answer.reading or Reading())._asdict(),
    }


def _text(**fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"))
