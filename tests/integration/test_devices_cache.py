"""Caches of last values: what late subscribers get, what is kept, and what has to go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zmq
import zmq.devices
from helpers.devices import KINDS, QUIET_MS, TWO_KINDS, bind, make, running, stats_when, to
from helpers.waiting import PATIENCE_S, until
from zmq.devices import DeviceStats, LastValueCache, Relay, ThreadLastValueCache

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

Make = Callable[..., zmq.Socket]
Parts = list[bytes]


class Peers:
    """A publisher and any number of subscribers around a cache that runs."""

    def __init__(self, device: Any, socket: Make) -> None:
        self.device = device
        self._socket = socket
        self._published = 0
        self.pub = socket(zmq.XPUB)
        self.pub.connect(to(device, "in"))
        # The cache subscribes to everything.
        assert self.pub.recv() == b"\1"

    def publish(self, *messages: Parts) -> None:
        """Publish, and wait until the cache has handed them on."""
        for message in messages:
            self.pub.send_multipart(message)
        self._published += len(messages)
        stats_when(self.device, lambda stats: stats.messages_in == self._published)

    def subscriber(self, *topics: bytes) -> zmq.Socket:
        """A subscriber whose subscriptions the cache has seen."""
        before = self.device.stats().messages_out
        sub = self._socket(zmq.SUB)
        for topic in topics:
            sub.subscribe(topic)
        sub.connect(to(self.device, "out"))
        stats_when(self.device, lambda stats: stats.messages_out >= before + len(topics))
        return sub


def received(sub: zmq.Socket, count: int) -> list[Parts]:
    """So many messages, and a look that there are no more."""
    found = []
    while sub.poll(PATIENCE_S * 1000 if len(found) < count else QUIET_MS):
        found.append(sub.recv_multipart())
    return found


@pytest.fixture
def peers(socket: Make) -> Iterator[Peers]:
    with running(bind(ThreadLastValueCache())) as device:
        yield Peers(device, socket)


# ---- what subscribers get ----


@pytest.mark.parametrize("kind", KINDS)
def test_a_late_subscriber_gets_the_last_message_of_each_topic(kind: str, socket: Make) -> None:
    with running(bind(make(ThreadLastValueCache, kind))) as device:
        peers = Peers(device, socket)
        peers.publish([b"a", b"1"], [b"b", b"1"], [b"a", b"2", b"more"], [b"other", b"x"])
        late = peers.subscriber(b"a", b"b")
        assert sorted(received(late, 2)) == [[b"a", b"2", b"more"], [b"b", b"1"]]
        peers.publish([b"a", b"3"])
        assert received(late, 1) == [[b"a", b"3"]]
        stats = device.stats()
        assert (stats.cache_entries, stats.cache_evicted, stats.cache_replayed) == (3, 0, 2)
        assert stats.cache_bytes == len(b"a3" + b"b1" + b"otherx")


def test_all_topics_that_match_come_the_oldest_first(peers: Peers) -> None:
    peers.publish(*([b"t%d" % n, b"v"] for n in range(20)), [b"t3", b"again"], [b"u", b"v"])
    order = [n for n in range(20) if n != 3]
    expected = [*([b"t%d" % n, b"v"] for n in order), [b"t3", b"again"]]
    assert received(peers.subscriber(b"t"), 20) == expected
    assert received(peers.subscriber(b""), 21) == [*expected, [b"u", b"v"]]


def test_only_the_new_subscriber_gets_the_message_of_its_topic(peers: Peers) -> None:
    first = peers.subscriber(b"a")
    peers.publish([b"a", b"1"])
    assert received(first, 1) == [[b"a", b"1"]]
    for _ in range(3):
        assert received(peers.subscriber(b"a"), 1) == [[b"a", b"1"]]
    assert received(first, 0) == []


def test_of_several_topics_the_first_goes_to_the_new_one_alone(peers: Peers) -> None:
    """libzmq allows it; the documentation says so."""
    first = peers.subscriber(b"t")
    peers.publish([b"t1", b"v"], [b"t2", b"v"], [b"t3", b"v"])
    assert len(received(first, 3)) == 3
    assert len(received(peers.subscriber(b"t"), 3)) == 3
    assert received(first, 2) == [[b"t2", b"v"], [b"t3", b"v"]]


def test_a_subscription_to_what_is_not_cached_takes_no_message_from_others(peers: Peers) -> None:
    first = peers.subscriber(b"a")
    peers.subscriber(b"nothing", b"a")  # the next message is for all
    peers.publish([b"a", b"1"])
    assert received(first, 1) == [[b"a", b"1"]]


def test_unsubscribing_and_subscribing_again(peers: Peers) -> None:
    sub = peers.subscriber(b"a")
    peers.publish([b"a", b"1"])
    assert received(sub, 1) == [[b"a", b"1"]]
    before = peers.device.stats().messages_out
    sub.unsubscribe(b"a")
    stats_when(peers.device, lambda stats: stats.messages_out == before + 1)
    peers.publish([b"a", b"2"])
    assert received(sub, 0) == []
    sub.subscribe(b"a")
    assert received(sub, 1) == [[b"a", b"2"]]


def test_a_subscriber_that_has_gone_is_forgotten(peers: Peers) -> None:
    peers.publish([b"a", b"1"])
    for _ in range(5):
        peers.subscriber(b"a").close()
    stats_when(peers.device, lambda stats: stats.peers_out == 0)
    assert received(peers.subscriber(b"a"), 1) == [[b"a", b"1"]]


def test_empty_parts_and_binary_topics(peers: Peers) -> None:
    peers.publish([b"", b"root"], [b"\0\1\xff", b"", b""], [b"\1", b"one"])
    assert received(peers.subscriber(b"\0"), 1) == [[b"\0\1\xff", b"", b""]]
    assert received(peers.subscriber(b"\1"), 1) == [[b"\1", b"one"]]
    assert len(received(peers.subscriber(b""), 3)) == 3


def test_messages_of_one_part_are_handed_on_and_not_kept(peers: Peers) -> None:
    sub = peers.subscriber(b"a")
    peers.publish([b"a alone"])
    assert received(sub, 1) == [[b"a alone"]]
    assert received(peers.subscriber(b"a"), 0) == []
    assert peers.device.stats().cache_entries == 0


def test_no_message_is_missing_between_cache_and_stream(peers: Peers) -> None:
    """Subscribers that come while messages go through: from their first one on, all are there."""
    publisher = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, to(peers.device, "in")], stdout=subprocess.PIPE
    )
    try:
        assert publisher.stdout is not None
        publisher.stdout.readline()
        for _ in range(20):
            sub = peers._socket(zmq.SUB, rcvhwm=0)
            sub.subscribe(b"count")
            sub.connect(to(peers.device, "out"))
            numbers = [int(sub.recv_multipart()[1]) for _ in range(200)]
            assert numbers == list(range(numbers[0], numbers[0] + 200))
            sub.close()
    finally:
        publisher.kill()
        publisher.wait()
        publisher.stdout.close()


PUBLISHER = """
import sys, time, zmq
context = zmq.Context()
pub = context.socket(zmq.XPUB)
pub.sndhwm = 0
pub.connect(sys.argv[1])
pub.recv()
n = 0
while True:
    pub.send_multipart([b"count", b"%d" % n])
    n += 1
    if n == 10:
        print("begun", flush=True)
    if n % 10 == 0:
        time.sleep(0.001)
"""


def test_more_than_the_default_high_water_mark_at_once(socket: Make) -> None:
    with running(bind(ThreadLastValueCache(5000))) as device:
        peers = Peers(device, socket)
        peers.pub.close()
        peers.pub = socket(zmq.XPUB, sndhwm=0)
        peers.pub.connect(to(device, "in"))
        peers.pub.recv()
        # In portions: the in side has a high-water mark of its own.
        for start in range(0, 5000, 500):
            peers.publish(*([b"t%d" % n, b"v"] for n in range(start, start + 500)))
        assert len(received(peers.subscriber(b""), 5000)) == 5000


# ---- what is kept ----


def test_entries_are_bounded(socket: Make) -> None:
    with running(bind(ThreadLastValueCache(max_entries=3))) as device:
        peers = Peers(device, socket)
        peers.publish([b"a", b"1"], [b"b", b"1"], [b"c", b"1"], [b"a", b"2"], [b"d", b"1"])
        # b's message is the oldest, as a has a newer one.
        assert received(peers.subscriber(b""), 3) == [[b"c", b"1"], [b"a", b"2"], [b"d", b"1"]]
        stats = device.stats()
        assert (stats.cache_entries, stats.cache_bytes, stats.cache_evicted) == (3, 6, 1)


def test_bytes_are_bounded(socket: Make) -> None:
    with running(bind(ThreadLastValueCache(max_bytes=1000))) as device:
        peers = Peers(device, socket)
        peers.publish(*([b"%d" % n, bytes(99)] for n in range(10)))
        assert device.stats()[-4:-1] == (10, 1000, 0)
        peers.publish([b"x", bytes(299)])
        assert device.stats()[-4:-1] == (8, 1000, 3)
        # What is larger than all of the cache takes the older value of its topic with it.
        peers.publish([b"9", bytes(600), bytes(600)])
        assert device.stats()[-4:-1] == (7, 900, 4)
        assert received(peers.subscriber(b"9"), 0) == []


def test_large_messages_are_kept_without_a_copy_of_their_own(socket: Make) -> None:
    with running(bind(ThreadLastValueCache())) as device:
        peers = Peers(device, socket)
        large = bytes(range(256)) * 40_000
        peers.publish([b"large", large])
        for _ in range(3):
            assert received(peers.subscriber(b"large"), 1) == [[b"large", large]]


def test_a_cache_that_is_started_again_is_empty(socket: Make) -> None:
    device = bind(ThreadLastValueCache())
    with running(device):
        Peers(device, socket).publish([b"a", b"1"])
    assert device.stats().cache_entries == 1  # of the run that has ended
    with running(device):
        assert device.stats().cache_entries == 0


# ---- as a device ----


@pytest.mark.parametrize("kind", TWO_KINDS)
def test_pause_and_stop(kind: str, socket: Make) -> None:
    device = bind(make(ThreadLastValueCache, kind))
    device.start()
    peers = Peers(device, socket)
    peers.publish([b"a", b"1"])
    device.pause()
    assert device.state == "paused"
    sub = socket(zmq.SUB)
    sub.subscribe(b"a")
    sub.connect(to(device, "out"))
    assert received(sub, 0) == []
    device.resume()
    assert received(sub, 1) == [[b"a", b"1"]]
    assert device.stop(5) is True
    assert device.state == "stopped"


def test_chosen_subscriptions(socket: Make) -> None:
    device = bind(ThreadLastValueCache())
    device.setsockopt_in(zmq.SUBSCRIBE, b"a")
    with running(device):
        pub = socket(zmq.XPUB)
        pub.connect(to(device, "in"))
        assert pub.recv() == b"\1a"
        assert not pub.poll(QUIET_MS)


def test_over_inproc(context: zmq.Context, socket: Make) -> None:
    device = ThreadLastValueCache()
    device.context_factory = lambda: context
    bind(device, "in", address="inproc://cache.in")
    bind(device, "out", address="inproc://cache.out")
    with running(device):
        peers = Peers(device, socket)
        peers.publish([b"a", b"1"])
        assert received(peers.subscriber(b"a"), 1) == [[b"a", b"1"]]


def test_the_names(socket: Make) -> None:
    assert zmq.LastValueCache is LastValueCache
    assert "LastValueCache" in dir(zmq)
    assert zmq.devices.ThreadProxy(zmq.SUB, zmq.XPUB).stats().cache_entries is None
    assert DeviceStats().cache_evicted is None
    for limits in ({"max_entries": 0}, {"max_bytes": 0}):
        with pytest.raises(ValueError, match="1 or more"):
            LastValueCache(**limits)
    for wrong in ("x", 1.5):
        with pytest.raises(TypeError, match="max_bytes is an int"):
            LastValueCache(max_bytes=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="XPUB"):
        Relay(socket(zmq.SUB), socket(zmq.PUB), cache=(1, 1))


def test_a_cache_beside_others_in_a_chain(socket: Make) -> None:
    """A cache of a cache: the second subscribes, and gets what the first has kept."""
    with running(bind(ThreadLastValueCache())) as first:
        peers = Peers(first, socket)
        peers.publish([b"a", b"1"], [b"b", b"1"])
        second = ThreadLastValueCache()
        second.connect_in(to(first, "out"))
        bind(second, "out")
        with running(second):
            stats_when(second, lambda stats: stats.cache_entries == 2)
            sub = socket(zmq.SUB)
            sub.subscribe(b"")
            sub.connect(to(second, "out"))
            assert len(received(sub, 2)) == 2
    until(lambda: second.state == "stopped")
