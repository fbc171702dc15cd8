"""A source that knows only the monitor of a queue, which may run anywhere.

The copies are counted, and there may be more of them than Python can read. So a relay, without the
GIL, moves them from the monitor to a PUB socket in this process, which drops them unless the
sampler is subscribed, and counts them.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any

import zmq
from zmq.core.relay import Relay
from zmq.dashboard.readings import Reading
from zmq.dashboard.sampler import MessageSampler, Prepare
from zmq.dashboard.source import About, close_all, directions_of
from zmq.utils.monitor import recv_monitor_message

_numbers = itertools.count()
# The relay keeps up with the monitor; this bridges a moment in which it is not scheduled.
_RCVHWM = 100_000
_UP = zmq.Event.HANDSHAKE_SUCCEEDED
_DOWN = zmq.Event.DISCONNECTED


class _Counter:
    """Counts one direction: a SUB socket for its prefix, and a relay."""

    def __init__(
        self,
        context: zmq.Context[Any],
        endpoint: str,
        prefix: bytes,
        prepare: Prepare | None,
    ) -> None:
        self.prefix = prefix
        self.endpoint = f"inproc://ohmq-dashboard-{next(_numbers)}"
        self.connected = 0
        self.error: Exception | None = None
        self._sockets: list[zmq.Socket[Any]] = []
        try:
            self._open(context, endpoint, prepare)
        except BaseException:
            self._close_sockets()
            raise
        self._thread = threading.Thread(target=self._run, name="ohmq dashboard count", daemon=True)

    def _open(self, context: zmq.Context[Any], endpoint: str, prepare: Prepare | None) -> None:
        source, target = context.socket(zmq.SUB), context.socket(zmq.PUB)
        self._sockets += [source, target]
        source.set(zmq.RCVHWM, _RCVHWM)
        if prepare is not None:
            prepare(source)
        self._events = source.get_monitor_socket(_UP | _DOWN)
        self._sockets.insert(0, self._events)
        source.setsockopt(zmq.SUBSCRIBE, self.prefix)
        target.bind(self.endpoint)
        source.connect(endpoint)
        self._relay = Relay(source, target)

    def start(self) -> None:
        """Start counting."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._relay.run()
        except Exception as error:
            self.error = error

    def read(self) -> tuple[int, int]:
        """Messages and their bytes, without the prefix."""
        stats = self._relay.stats()
        return stats.messages_in, max(0, stats.bytes_in - len(self.prefix) * stats.messages_in)

    def is_connected(self) -> bool:
        """Whether a monitor is connected now. One thread at a time may call it."""
        while self._events.poll(0):
            if recv_monitor_message(self._events)["event"] == _UP:
                self.connected += 1
            else:
                self.connected = max(0, self.connected - 1)
        return self.connected > 0

    def close(self) -> None:
        """Stop counting, and close the sockets."""
        self._relay.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._close_sockets()

    def _close_sockets(self) -> None:
        for socket in self._sockets:
            socket.close(linger=0)


class MonitorSource:
    """The monitor of a queue, read with SUB sockets.

    Parameters
    ----------
    endpoint
        Endpoint of the PUB or XPUB socket.
    title
        Name on the page.
    prefixes
        First parts of the copies, in to out and out to in; if equal, all count as in to out.
    prepare
        Called with each socket before it connects, to set its keys, for example.

    Raises
    ------
    ValueError
        One prefix is the beginning of the other, so they cannot be told apart.
    ZMQError
        The endpoint cannot be connected to.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        title: str | None = None,
        prefixes: tuple[bytes, bytes],
        prepare: Prepare | None = None,
    ) -> None:
        distinct = list(dict.fromkeys(prefixes))
        if len(distinct) == 2 and (
            distinct[0].startswith(distinct[1]) or distinct[1].startswith(distinct[0])
        ):
            raise ValueError(f"of the prefixes {prefixes} one is the beginning of the other")
        self._prefixes = directions_of(prefixes)
        self.about: About = About(
            title=title or "Monitored queue",
            endpoints=[("monitor", endpoint)],
            kind="monitor",
            actions=[],
            no_messages="",
        )
        self._lock = threading.Lock()
        self._closed = False
        self._counters: list[_Counter] = []
        # An inproc address is known only within one context.
        self._is_inproc = endpoint.startswith("inproc://")
        self._context: zmq.Context[Any] = (
            zmq.Context.instance() if self._is_inproc else zmq.Context()
        )
        try:
            for prefix in distinct:
                self._counters.append(_Counter(self._context, endpoint, prefix, prepare))
        except BaseException:
            self.close()
            raise
        for counter in self._counters:
            counter.start()

    def read(self) -> Reading:
        """Messages received from the monitor, by direction."""
        counts = [counter.read() for counter in self._counters] + [(0, 0)]
        return Reading(*counts[0], *counts[1])

    def state(self) -> str:
        """Running when a monitor is connected, waiting when none is."""
        with self._lock:
            if self._closed:
                return "stopped"
            if any(counter.error for counter in self._counters):
                return "failed"
            connected = [counter.is_connected() for counter in self._counters]
        return "running" if any(connected) else "waiting"

    def act(self, action: str) -> None:
        """Raise: a monitor cannot control its queue."""
        raise ValueError(f"a monitor cannot be used to {action} its queue")

    def make_sampler(self) -> MessageSampler:
        """Make a sampler of the messages that the relays forward."""
        return MessageSampler(
            self._context, [each.endpoint for each in self._counters], self._prefixes
        )

    def close(self) -> None:
        """Stop counting; the queue is not affected."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            close_all([counter.close for counter in self._counters])
            if not self._is_inproc:
                self._context.term()
