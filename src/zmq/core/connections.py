"""Waiting for the peers and the subscribers of a socket."""

from __future__ import annotations

import time
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from zmq._native import clock_ns, failed_wait_for, look_ahead, peers_of, track_peers
from zmq.constants import EAGAIN, EVENTS, PUB, TOPICS_COUNT, XPUB, Errno, Event
from zmq.core.event_stream import (
    CHANGED,
    AwaitedEventStream,
    BaseStream,
    Deadline,
    EventStream,
)
from zmq.error import ZMQError, error_for

if TYPE_CHECKING:
    from zmq.core.event_stream import Steps

__all__ = ["Peer", "PeerWait", "SubscriberWait", "peers"]

#: The events after which there may be more peers, or fewer; and the look at those over inproc.
_CHANGES = (
    Event.CONNECTED | Event.ACCEPTED | Event.HANDSHAKE_SUCCEEDED | Event.DISCONNECTED | CHANGED
)
#: When the clock of `peers_of` began, so that a peer has one time whenever it is asked for.
_EPOCH_NS = time.time_ns() - clock_ns()
#: How often to look for subscriptions, of which no event tells.
_LOOK_MS = 2


class Peer(NamedTuple):
    """The other end of a connection whose handshake is over."""

    #: Where the socket has accepted it, or has connected to it.
    endpoint: str
    #: Since when, in s, as `time.time` counts; None over inproc, where that is not known.
    since: float | None


def peers(socket: Any) -> list[Peer]:
    """Return the peers of a socket, oldest first."""
    track_peers(socket)
    return _listed(peers_of(socket)[0])


def _listed(found: list[tuple[str, int]]) -> list[Peer]:
    by_age = sorted(found, key=lambda each: (each[1] < 0, each[1]))
    return [
        Peer(endpoint, (_EPOCH_NS + since) / 1e9 if since >= 0 else None)
        for endpoint, since in by_age
    ]


class _Wait:
    """A wait for something of a socket that is looked at, once more after each change."""

    #: The method, for the words of an error.
    case: str = ""

    def __init__(self, socket: Any, n: int, timeout: float | None) -> None:
        self.socket: Any = socket
        self.n: int = _number(n)
        #: What the words of an error say more.
        self.about: dict[str, Any] = {}
        self.deadline: Deadline = Deadline(timeout)

    def look(self) -> tuple[Any, int, int]:
        """Return what is there, how many that are, and after how many ms to look again, or -1."""
        raise NotImplementedError

    def too_few(self, found: int) -> ZMQError:
        """Return the error for when the time is over."""
        more = {"found": found, "needed": self.n, "timeout": self.deadline.timeout, **self.about}
        return error_for(EAGAIN, failed_wait_for(self.socket, self.case, more))

    def steps(self, stream: BaseStream) -> Steps[Any]:
        while True:
            found, number, look_ms = self.look()
            if number >= self.n:
                return found
            left = self.deadline.left(look_ms)
            if left == 0:
                raise self.too_few(number)
            yield left
            while stream.take() is not None:
                pass

    def run(self) -> Any:
        """Wait, in calls that block."""
        found, number, _ = self.look()
        if number >= self.n:
            return found
        with EventStream((self.socket,), _CHANGES) as stream:
            return stream.run(self.steps(stream))

    @classmethod
    async def awaited(cls, *args: Any) -> Any:
        """Make the wait, and wait in calls that are awaited."""
        wait = cls(*args)
        found, number, _ = wait.look()
        if number >= wait.n:
            return found
        async with AwaitedEventStream((wait.socket,), _CHANGES) as stream:
            return await stream.run_awaited(wait.steps(stream))


def _number(n: Any) -> int:
    try:
        return index(n)
    except TypeError:
        raise TypeError(f"n is how many to wait for, an int, not {n!r:.80}") from None


class PeerWait(_Wait):
    """A wait for n peers."""

    case: str = "wait_for_peers"

    def __init__(self, socket: Any, n: int, timeout: float | None) -> None:
        super().__init__(socket, n, timeout)
        track_peers(socket)

    def look(self) -> tuple[list[Peer], int, int]:
        found, look_ms = peers_of(self.socket)
        return _listed(found), len(found), look_ms


class SubscriberWait(_Wait):
    """A wait for n subscriptions."""

    case: str = "wait_for_subscribers"

    def __init__(
        self, socket: Any, n: int, topic: str | bytes | None, timeout: float | None
    ) -> None:
        super().__init__(socket, n, timeout)
        self.topic: bytes | None = topic.encode() if isinstance(topic, str) else topic
        if self.topic is not None and not isinstance(self.topic, bytes):
            raise TypeError(f"topic is str or bytes, or None for any, not {topic!r:.80}")
        self.about["topic"] = self.topic
        kind = socket.type
        if kind == PUB and (n > 1 or topic is not None):
            raise _not_told(
                "libzmq does not tell which subscriptions a PUB has, nor whose: use an XPUB, which "
                "sends as a PUB does and receives the subscriptions"
            )
        if kind not in (PUB, XPUB):
            raise _not_told(f"a {getattr(kind, 'name', kind)} socket has no subscribers")

    def look(self) -> tuple[int, int, int]:
        number = self._topics() if self.socket.type == PUB else self._subscriptions()
        return number, number, _LOOK_MS

    def _topics(self) -> int:
        """Return how many topics are subscribed to, on a PUB."""
        self.socket.get(EVENTS)  # has libzmq take note of what has come
        try:
            number: int = self.socket.get(TOPICS_COUNT)
        except ZMQError as error:
            if error.errno != Errno.EINVAL:
                raise
            raise _not_told(
                "this libzmq does not tell the subscriptions of a PUB (4.3.5 and later do): use an "
                "XPUB, which sends as a PUB does and receives the subscriptions"
            ) from None
        return number

    def _subscriptions(self) -> int:
        counts = look_ahead(self.socket, self.n > 1)
        if self.topic is None:
            return sum(counts.values())
        return sum(n for topic, n in counts.items() if self.topic.startswith(topic))


def _not_told(text: str) -> ZMQError:
    return ZMQError(Errno.ENOTSUP, text)
