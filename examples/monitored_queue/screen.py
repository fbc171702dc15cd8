"""Output of the demo: coloured on a terminal with a status line at the bottom, plain in a pipe."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

PLAIN_STATUS_S = 1.0


class Screen:
    """Lines that stay, and one status line."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._live: Live | None = None
        self._status_at = 0.0

    def say(self, label: str, text: str, style: str = "cyan") -> None:
        """Write a line that stays."""
        line = Text.assemble((f"{label:<9}", style), text)
        self._console.print(line, soft_wrap=True)
        sys.stdout.flush()

    def status(self, text: str) -> None:
        """Show how things stand: in place on a terminal, as a line a second in a pipe."""
        if not self._console.is_terminal or self._console.is_dumb_terminal:
            if time.monotonic() >= self._status_at:
                self._status_at = time.monotonic() + PLAIN_STATUS_S
                self.say("", text)
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        line = Text(text, style="bold", no_wrap=True)
        line.truncate(max(1, self._console.width - 3), overflow="ellipsis")  # room for a ^C
        self._live.update(line, refresh=True)

    def close(self) -> None:
        """Take the status line away and show the cursor again."""
        if self._live is not None:
            self._live.stop()
            self._live = None
