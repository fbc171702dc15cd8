"""Messages of the command to a service manager: systemd's protocol, sd_notify(3)."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time


class ServiceManager:
    """The program that has set NOTIFY_SOCKET; without one, nothing is told.

    Nothing here blocks or raises: a service goes on without its manager.
    """

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        # An @ stands for the zero byte of an abstract address.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._alive_at = -math.inf
        #: Time between two calls of `alive` at most, in s; infinite where no watchdog is set.
        self.interval_s: float = _watchdog_s() / 2 if self._address else math.inf

    def ready(self, status: str) -> None:
        """The service is there, or has read its configuration again."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is being read; `ready` follows."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """The end has begun."""
        self._tell("STOPPING=1", f"STATUS={status}")

    def alive(self, status: str | None = None) -> None:
        """The loop of the command runs: to be called every `interval_s` at least."""
        now = time.monotonic()
        if now >= self._alive_at + self.interval_s / 2:
            self._alive_at = now
            self._tell("WATCHDOG=1")
        if status is not None:
            self._tell(f"STATUS={status}")

    def _tell(self, *states: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            to.sendto("\n".join(states).encode(), self._address)


def _watchdog_s() -> float:
    """Seconds after which a silent service is restarted."""
    for_process = os.environ.get("WATCHDOG_PID", "")
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    if not limit_us.isdecimal() or for_process not in ("", str(os.getpid())):
        return math.inf
    return int(limit_us) / 1e6 or math.inf
