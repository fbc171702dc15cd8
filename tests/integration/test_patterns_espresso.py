"""Espresso: publications pass a proxy that can be watched, whatever dies around it."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
from collections.abc import Callable

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

ESPRESSO = ROOT / "examples" / "patterns" / "espresso"
Start = Callable[..., Child]


class Bar:
    """Starts the programs at addresses of their own."""

    def __init__(self, child: Start, publishers: str, subscribers: str, listeners: str) -> None:
        self.child = child
        self.publishers = publishers
        self.subscribers = subscribers
        self.listeners = listeners

    def proxy(self) -> Child:
        places = {
            "--bind-publishers": self.publishers,
            "--bind-subscribers": self.subscribers,
            "--bind-listeners": self.listeners,
        }
        words = itertools.chain.from_iterable(places.items())
        proxy = self.child([str(ESPRESSO / "proxy.py"), *words])
        for address in places.values():
            assert proxy.line() == f"listening at {address}"
        return proxy

    def publisher(self) -> Child:
        return self.child([str(ESPRESSO / "publisher.py"), "--connect", self.publishers])

    def subscriber(self, *topics: str) -> Child:
        program = str(ESPRESSO / "subscriber.py")
        return self.child([program, "--connect", self.subscribers, *topics])

    def listener(self) -> Child:
        return self.child([str(ESPRESSO / "listener.py"), "--connect", self.listeners])


@pytest.fixture
def bar(child: Start, endpoint: Callable[[str], str]) -> Bar:
    # Of ipc: the next proxy can have the addresses of one that was killed, and no other test.
    return Bar(child, endpoint("ipc"), endpoint("ipc"), endpoint("ipc"))


def wait_for(process: Child, wanted: str) -> None:
    while process.line() != wanted:
        pass


MARKS = itertools.count()


def publish_until_seen(publisher: Child, topic: str, *readers: Child, prefix: str = "") -> str:
    """Publish a topic until each of the readers has seen some of it, and then a mark of this call.

    A reader that has seen the mark has seen all that was published before. The mark is returned.
    """
    mark = f"{topic} ready-{next(MARKS)}"
    left = list(readers)
    for number in itertools.count():
        if not left:
            break
        publisher.write(f"{topic} {number}")
        with contextlib.suppress(AssertionError):
            left[0].line(0.1)
            left.pop(0)
        assert number < 300
    publisher.write(mark)
    for reader in readers:
        wait_for(reader, prefix + mark)
    return mark


def test_subscribers_get_what_they_want(bar: Bar) -> None:
    bar.proxy()
    publisher, first, second = bar.publisher(), bar.subscriber("tea"), bar.subscriber("tea", "milk")
    publish_until_seen(publisher, "tea", first, second)
    publish_until_seen(publisher, "milk", second)
    for number in range(50):
        publisher.write(f"tea {number}")
        publisher.write(f"milk {number}")
        publisher.write(f"coffee {number}")
    publisher.write("tea end")
    assert [first.line() for _ in range(50)] == [f"tea {number}" for number in range(50)]
    assert first.line() == "tea end"
    both = [second.line() for _ in range(101)]
    assert both == [f"{what} {n}" for n in range(50) for what in ("tea", "milk")] + ["tea end"]


def test_a_listener_sees_messages_and_subscriptions(bar: Bar) -> None:
    bar.proxy()
    publisher, listener, subscriber = bar.publisher(), bar.listener(), bar.subscriber("tea")
    wait_for(publisher, "wanted tea")
    publish_until_seen(publisher, "tea", subscriber)
    publish_until_seen(publisher, "tea", listener, prefix="published ")
    other = bar.subscriber("milk")
    assert listener.line() == "subscribed milk"
    other.kill()
    assert listener.line() == "unsubscribed milk"
    publisher.write("tea last")
    assert listener.line() == "published tea last"
    wait_for(subscriber, "tea last")


def test_a_topic_that_no_subscriber_wants_does_not_leave_the_publisher(bar: Bar) -> None:
    bar.proxy()
    publisher, listener, subscriber = bar.publisher(), bar.listener(), bar.subscriber("tea")
    publish_until_seen(publisher, "tea", subscriber)
    publish_until_seen(publisher, "tea", listener, prefix="published ")
    publisher.write("milk 1")
    publisher.write("tea 1")
    assert listener.line() == "published tea 1"
    subscriber.kill()
    wait_for(publisher, "unwanted tea")
    assert listener.line() == "unsubscribed tea"
    publisher.write("tea 2")
    publish_until_seen(publisher, "milk", bar.subscriber("milk"))
    assert listener.line() == "subscribed milk"
    assert listener.line().startswith("published milk")


def test_a_listener_that_hangs_holds_nothing_up(bar: Bar) -> None:
    bar.proxy()
    publisher, listener, subscriber = bar.publisher(), bar.listener(), bar.subscriber("tea")
    publish_until_seen(publisher, "tea", subscriber)
    wait_for(subscriber, publish_until_seen(publisher, "tea", listener, prefix="published "))
    os.kill(listener.pid, signal.SIGSTOP)
    for start in range(0, 20_000, 500):  # more than the queue of the listener holds
        for number in range(start, start + 500):
            publisher.write(f"tea {number} {'x' * 100}")
        assert [subscriber.line().split()[1] for _ in range(500)] == [
            str(number) for number in range(start, start + 500)
        ]
    os.kill(listener.pid, signal.SIGCONT)
    listener.kill()
    publisher.write("tea last")
    assert subscriber.line() == "tea last"


def test_subscriptions_outlive_the_proxy(bar: Bar) -> None:
    proxy = bar.proxy()
    publisher, subscriber = bar.publisher(), bar.subscriber("tea")
    wait_for(publisher, "wanted tea")
    publish_until_seen(publisher, "tea", subscriber)
    proxy.kill()
    bar.proxy()
    publish_until_seen(publisher, "tea", subscriber)


def test_publishers_that_die_take_nothing_with_them(bar: Bar) -> None:
    bar.proxy()
    doomed, other, subscriber = bar.publisher(), bar.publisher(), bar.subscriber("tea")
    publish_until_seen(doomed, "tea", subscriber)
    doomed.kill()
    wait_for(other, "wanted tea")
    publish_until_seen(other, "tea", subscriber)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_all(bar: Bar, number: signal.Signals) -> None:
    proxy = bar.proxy()
    publisher, listener, subscriber = bar.publisher(), bar.listener(), bar.subscriber("tea")
    publish_until_seen(publisher, "tea", subscriber)
    publish_until_seen(publisher, "tea", listener, prefix="published ")
    for process in (subscriber, listener, publisher, proxy):
        os.kill(process.pid, number)
        assert (process.wait(), process.complaint()) == (0, "")
    until(lambda: int(proxy.line().split()[0]) > 0)
