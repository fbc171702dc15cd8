"""State of a dashboard and its open pages. Belongs to the server's event loop."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any, Protocol

from zmq.dashboard.messages import Copy, Filter, spread
from zmq.dashboard.readings import TICK_S, History, Point, Reading
from zmq.dashboard.source import Source
from zmq.dashboard.watcher import Snapshot, Status

# Messages sent to a page in one tick, and after it was opened or its filter was changed.
ROWS_A_TICK = 12
ROWS_AT_ONCE = 100
# Messages kept for filters that change later, and how many bytes of them at most.
REMEMBERED = 2000
REMEMBERED_BYTES = 8_000_000
# A watcher without a snapshot for this long is blocked, mostly by a device that does not answer.
STALE_S = 10.0


class Viewer(Protocol):
    """One open page."""

    filter: Filter

    def send(self, text: str) -> None:
        """Send a message, or drop it when the page is slow. Never blocks."""


class Hub:
    """State of one dashboard, as its pages show it.

    Parameters
    ----------
    source
        The device or monitor that is watched.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.history: History = History()
        self.state: str = source.state()
        self.error: str = ""
        self.copies: deque[Copy] = deque(maxlen=REMEMBERED)
        self.viewers: set[Viewer] = set()
        self._kept_bytes = 0
        self._published_s = time.monotonic()

    # ---- from the watcher

    def publish(self, snapshot: Snapshot) -> None:
        """Store a snapshot and send it to every page."""
        self._published_s = snapshot.now_s
        self.state, self.error = snapshot.state, snapshot.error
        point = None
        if snapshot.reading is not None:
            point = self.history.add(snapshot.now_s, snapshot.reading, snapshot.wall_s)
        for copy in snapshot.sample.copies:
            self._remember(copy)
        for viewer in list(self.viewers):
            viewer.send(self._tick(viewer, snapshot, point))

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

    # ---- to the pages

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
        """The latest messages that match a filter, to replace those of a page."""
        found = [copy for copy in self.copies if wanted.matches(copy)][-ROWS_AT_ONCE:]
        return _text(type="rows", messages=[copy.describe() for copy in found])

    def whole(self, number: object) -> str:
        """All that was kept of one message."""
        found = next((copy for copy in self.copies if copy.number == number), None)
        return _text(type="whole", id=number, message=found and found.describe(whole=True))

    def _tick(self, viewer: Viewer, snapshot: Snapshot, point: Point | None) -> str:
        found = [copy for copy in snapshot.sample.copies if viewer.filter.matches(copy)]
        shown = spread(found, ROWS_A_TICK)
        return _text(
            type="tick",
            point=point,
            sample={
                "taken": snapshot.sampled,
                "complete": snapshot.sample.complete,
                "read": len(snapshot.sample.copies),
                "found": len(found),
                "shown": len(shown),
            },
            messages=[copy.describe() for copy in shown],
            **numbers(self.current()),
        )

    # ---- for other requests

    @property
    def is_stale(self) -> bool:
        """Whether the last snapshot is too old."""
        return time.monotonic() - self._published_s > STALE_S

    def problem(self) -> str:
        """Why the source is not healthy, in a word or two; empty when it is."""
        if self.is_stale:
            return "stale"
        if self.state == "waiting" and self.source.about.kind == "monitor":
            return "not connected"
        # A device that waits for its next start forwards nothing.
        if self.state in {"failed", "stopped", "waiting"}:
            return self.state
        return "no numbers" if self.error else ""

    def current(self) -> Status:
        """The latest state and counters."""
        return Status(self.state, self.history.latest, self.error)


def numbers(answer: Status) -> dict[str, Any]:
    """State and counters, as plain values."""
    return {
        "state": answer.state,
        "error": answer.error,
        "totals": (answer.reading or Reading())._asdict(),
    }


def _text(**fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"))
