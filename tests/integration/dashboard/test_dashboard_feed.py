"""The feed of an open page: messages, samples, filters."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import zmq
from helpers.dashboard import (
    Pipe,
    closed,
    found_by,
    leave,
    listen,
    look_and_leave,
    next_said,
)
from helpers.waiting import until
from zmq import dashboard

# ---- the feed


def test_a_message_and_its_filters(page: dashboard.Dashboard, pipe: Pipe) -> None:
    asyncio.run(_message_and_filters(page, pipe))


async def _message_and_filters(page: dashboard.Dashboard, pipe: Pipe) -> None:
    feed = await listen(page)
    hello = await next_said(feed, "hello")
    assert (hello["title"], hello["actions"]) == (
        "ThreadMonitoredQueue",
        ["pause", "resume", "stop"],
    )
    assert hello["columns"][0] == "time"
    assert (await next_said(feed, "rows"))["messages"] == []

    script = b"<script>alert(1)</script>"
    message = await found_by(feed, lambda: pipe.send(b"topic", script, b"\xff\x00"), script)
    assert message["direction"] == "in_to_out"
    assert [part["text"] for part in message["parts"]] == ["topic", script.decode(), None]
    assert message["size"] == 5 + len(script) + 2

    for wanted, expected in (
        ({"prefix": "top"}, True),
        ({"prefix": "opic"}, False),
        ({"text": "ALERT"}, True),
        ({"text": "0xff00", "direction": "in_to_out"}, True),
        ({"direction": "out_to_in"}, False),
        ({"direction": ["in_to_out"], "prefix": 3}, True),
    ):
        await feed.write_message(json.dumps({"filter": wanted}))
        rows = await next_said(feed, "rows")
        assert bool(rows["messages"]) is expected, wanted

    await feed.write_message(json.dumps({"whole": message["id"]}))
    assert (await next_said(feed, "whole"))["message"]["parts"][1]["text"] == script.decode()
    await feed.write_message(json.dumps({"whole": "no such"}))
    assert (await next_said(feed, "whole"))["message"] is None
    await feed.write_message("nonsense")
    await closed(feed)
    assert feed.close_code == 1003


def test_every_message_of_a_slow_device_is_shown(page: dashboard.Dashboard, pipe: Pipe) -> None:
    asyncio.run(_every_message(page, pipe))


async def _every_message(page: dashboard.Dashboard, pipe: Pipe) -> None:
    feed = await listen(page)
    await found_by(feed, lambda: pipe.send(b"warm"), b"warm")
    for number in range(10):
        pipe.send(b"#%d" % number)
    shown: list[str] = []
    while len(shown) < 10:
        tick = await next_said(feed, "tick")
        assert tick["sample"]["complete"]
        shown += [m["parts"][0]["text"] for m in tick["messages"] if m["size"] == 2]
    assert shown == [f"#{number}" for number in range(10)]
    await leave(feed)


def test_a_fast_device_is_sampled(page: dashboard.Dashboard, device: Any) -> None:
    asyncio.run(_fast_device(page, device))


async def _fast_device(page: dashboard.Dashboard, device: Any) -> None:
    feed = await listen(page)
    over = threading.Event()

    def flood() -> None:
        with zmq.Context() as context, context.socket(zmq.PUSH) as source:
            source.linger = 0
            source.connect(device.endpoints["in"][0])
            with context.socket(zmq.PULL) as sink:
                sink.connect(device.endpoints["out"][0])
                while not over.is_set():
                    source.send_many([b"x"] * 500)
                    while sink.poll(0):
                        sink.recv_many(1000)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(30):
            tick = await next_said(feed, "tick")
            sample = tick["sample"]
            assert sample["shown"] == len(tick["messages"]) <= 12
            assert sample["read"] <= 250
            if tick["messages"] and not sample["complete"] and sample["found"] > sample["shown"]:
                break
        else:
            raise AssertionError("never said that it samples")
    finally:
        over.set()
        thread.join()
        await leave(feed)


def test_nothing_is_read_without_a_page(page: dashboard.Dashboard, pipe: Pipe, device: Any) -> None:
    asyncio.run(look_and_leave(page, pipe))
    # The monitor of the device has no subscription left: it is not sent to at all.
    hub = page._hub
    until(lambda: not hub.viewers)
    number = hub.copies[-1].number
    for _ in range(3):
        pipe.send(b"unseen")
        before = hub.history.points[-1].time
        until(lambda before=before: hub.history.points[-1].time > before)
    assert hub.copies[-1].number - number <= 1  # the tick in which the page was closed
    assert device.stats().messages_in >= 4
