"""A socket that is always ready leaves other tasks their turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

COUNT = 1500


@pytest.fixture(autouse=True)
def default_fairness() -> Iterator[None]:
    yield
    zmq.set_fairness()


class Turns:
    """Counts operations, and how many fit between two turns of another task."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.since = self.turns = 0
        self.over = False
        self.between: list[int] = []

    async def others(self) -> None:
        while not self.over:
            self.turns += 1
            if self.since:
                self.between.append(self.since)
            self.since = 0
            await self.front.sleep(0)

    async def flooded(self, operation: Callable[[], Any], count: int) -> int:
        """Do it as fast as it goes; the most operations between two turns of the other."""
        await self.front.turns(2)
        for _ in range(count):
            await self.front(operation())
            self.since += 1
        self.over = True
        # The flood begins somewhere within a turn: what fits into its rest does not count.
        return max([*self.between, self.since][1:], default=self.since)


async def longest_run(front: Front, operation: Callable[[], Any], count: int = COUNT) -> int:
    turns = Turns(front)
    other = front.spawn(turns.others)
    longest = await turns.flooded(operation, count)
    await front.join(other)
    return longest


RECEIVES: dict[str, Callable[[Any], Any]] = {
    "recv": lambda s: s.recv(),
    "recv frame": lambda s: s.recv(copy=False),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_string": lambda s: s.recv_string(),
    "recv_json": lambda s: s.recv_json(),
    "recv_serialized": lambda s: s.recv_serialized(list),
    "recv_into": lambda s: s.recv_into(bytearray(2)),
}


@needs("loop")
@pytest.mark.parametrize("messages", [1, 7, 64])
@pytest.mark.parametrize("name", RECEIVES)
async def test_flooded_receiver(front: Front, name: str, messages: int) -> None:
    """With no time allowed the number of messages alone decides."""
    zmq.set_fairness(messages=messages, ms=0)
    a, b = front.pair(hwm=0)
    count = min(COUNT, 30 * messages)
    front.raw(a).send_many([b"1"] * count)
    assert await longest_run(front, lambda: RECEIVES[name](b), count) <= messages


@needs("loop")
@pytest.mark.parametrize("name", ["send", "send_multipart", "send_string"])
async def test_sender_that_never_has_to_wait(front: Front, name: str) -> None:
    zmq.set_fairness(messages=64, ms=0)
    a, b = front.pair(hwm=0)
    content: dict[str, Any] = {"send_multipart": [b"x", b"y"], "send_string": "text"}
    send, message = getattr(a, name), content.get(name, b"x")
    assert await longest_run(front, lambda: send(message)) <= 64
    assert len(front.raw(b).recv_many(COUNT + 1)) >= COUNT


@needs("loop")
async def test_poll_of_a_ready_socket(front: Front) -> None:
    zmq.set_fairness(messages=64, ms=0)
    a, b = front.pair()
    front.raw(a).send(b"x")
    assert await longest_run(front, lambda: b.poll()) <= 64


@needs("loop")
@pytest.mark.parametrize("timeout", [None, -1, 1000, 0])
@pytest.mark.parametrize("what", ["ready", "nothing registered"])
async def test_poller_that_need_not_wait(front: Front, what: str, timeout: float | None) -> None:
    """Ready messages are not received: a broker that has no free worker for its clients."""
    zmq.set_fairness(messages=64, ms=0)
    a, b = front.pair()
    front.raw(a).send(b"x")
    poller = front.zmq.Poller()
    if what == "ready":
        poller.register(b, zmq.POLLIN)
    assert await longest_run(front, lambda: poller.poll(timeout)) <= 64


@needs("loop")
async def test_a_poller_that_is_always_ready_and_receives_that_do_not_wait(front: Front) -> None:
    """The receives leave no turns to others, so the poller does."""
    zmq.set_fairness(messages=64, ms=0)
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    turns: list[int] = []

    async def other() -> None:
        while len(turns) < 5:
            turns.append(1)
            await front.sleep(0)

    counting = front.spawn(other)
    polls = 0
    while not counting.ended:
        front.raw(a).send(b"x")
        assert await front(poller.poll()) == [(b, zmq.POLLIN)]
        assert front.raw(b).recv(zmq.DONTWAIT) == b"x"
        polls += 1
        assert polls < 1000
    await front.join(counting)


@needs("loop")
@pytest.mark.parametrize("ready", [True, False])
async def test_poll_that_does_not_wait(front: Front, ready: bool) -> None:
    zmq.set_fairness(messages=64, ms=0)
    a, b = front.pair()
    if ready:
        front.raw(a).send(b"x")
    assert await longest_run(front, lambda: b.poll(0)) <= 64


@needs("loop")
@pytest.mark.parametrize("wait", ["poller", "socket"])
async def test_the_default_limit_of_polls(front: Front, wait: str) -> None:
    a, b = front.pair()
    front.raw(a).send(b"x")
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    turns = Turns(front)
    other = front.spawn(turns.others)
    while turns.turns < 20:
        await front(poller.poll() if wait == "poller" else b.poll())
    turns.over = True
    await front.join(other)


@needs("futures")
async def test_what_is_asked_without_waiting_is_told_without_waiting(front: Front) -> None:
    """poll(0).result(): also when others should have had their turn long ago."""
    zmq.set_fairness(messages=1, ms=0)
    a, b = front.pair()
    front.raw(a).send(b"x")
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    for _ in range(5):
        assert b.poll(0).result() == zmq.POLLIN
        assert poller.poll(0).result() == [(b, zmq.POLLIN)]


@needs("loop")
async def test_many_waiters_of_one_flooded_socket(front: Front) -> None:
    """All are waiting when the flood comes: they end in several turns, not in one."""
    zmq.set_fairness(messages=10, ms=0)
    a, b = front.pair(hwm=0)
    turns = Turns(front)
    ended: list[int] = []

    async def receive() -> None:
        await front(b.recv())
        ended.append(turns.turns)

    receivers = [front.spawn(receive) for _ in range(100)]
    await front.settle()
    other = front.spawn(turns.others)
    await front.turns(2)
    front.raw(a).send_many([b"x"] * 100)
    await front.gather(*receivers)
    turns.over = True
    await front.join(other)
    assert max(ended.count(turn) for turn in set(ended)) <= 20  # two reports may share a turn
    assert len(set(ended)) >= 5


@needs("loop")
async def test_two_flooded_sockets_take_turns(front: Front) -> None:
    """Neither of two flooded sockets is served to its end before the other."""
    zmq.set_fairness(messages=16, ms=0)
    order: list[str] = []

    async def receive(name: str, socket: Any) -> None:
        for _ in range(COUNT):
            await front(socket.recv())
            order.append(name)

    pairs = [front.pair(hwm=0) for _ in range(2)]
    for a, _ in pairs:
        front.raw(a).send_many([b"x"] * COUNT)
    tasks = [front.spawn(receive, name, b) for name, (_, b) in zip("ab", pairs, strict=True)]
    await front.gather(*tasks)
    changes = sum(x != y for x, y in pairwise(order))
    assert changes >= 2 * COUNT // 16 // 2


@needs("loop")
async def test_the_limit_can_be_raised(front: Front) -> None:
    """Without one a flooded socket may have the loop for itself."""
    zmq.set_fairness(messages=10 * COUNT, ms=60_000.0)
    a, b = front.pair(hwm=0)
    front.raw(a).send_many([b"1"] * COUNT)
    assert await longest_run(front, lambda: b.recv()) > 64


@needs("loop")
async def test_time_counts_when_it_is_longer(front: Front) -> None:
    """Few messages, but much time: whichever is later ends a turn."""
    zmq.set_fairness(messages=1, ms=60_000.0)
    a, b = front.pair(hwm=0)
    front.raw(a).send_many([b"1"] * COUNT)
    assert await longest_run(front, lambda: b.recv()) > 64


@needs("loop")
async def test_the_default_limit(front: Front) -> None:
    """A flood that does not end: with the default the other task gets its turns."""
    a, b = front.pair(hwm=0)
    turns = Turns(front)
    other = front.spawn(turns.others)
    while turns.turns < 50:
        front.raw(a).send(b"x")
        front.raw(a).send(b"x")
        await front(b.recv())
    turns.over = True
    await front.join(other)


@pytest.mark.parametrize("arguments", [{"messages": 0}, {"messages": -1}, {"ms": -1.0}])
def test_impossible_limits(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        zmq.set_fairness(**arguments)


@needs("loop")
async def test_fairness_loses_nothing(front: Front) -> None:
    zmq.set_fairness(messages=3, ms=0)
    push, pull = front.pair(zmq.PUSH, zmq.PULL, "tcp")

    async def produce() -> None:
        for n in range(COUNT):
            await front(push.send(b"%d" % n))

    producer = front.spawn(produce)
    got = [int(await front(pull.recv())) for _ in range(COUNT)]
    assert got == list(range(COUNT))
    await front.join(producer)


@needs("cancel")
async def test_what_is_refused_for_now_is_served(front: Front) -> None:
    """Others' turn comes first, also where the last wait was cancelled before."""
    zmq.set_fairness(messages=1, ms=0)
    a, b = front.pair()
    for wait in (b.recv, b.recv_multipart, b.recv_string, b.recv_many, b.poll):
        waiter = front.start(wait)
        await front.turns(2)
        await front.cancel(waiter)
        front.raw(a).send_many([b"%d" % n for n in range(5)])
        await front.settle()
        got = [await front(b.recv(zmq.DONTWAIT))]  # which is never refused, and uses the share up
        got += [await front(b.recv()) for _ in range(4)]
        assert got == [b"%d" % n for n in range(5)]
