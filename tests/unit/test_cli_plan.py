"""The plan of a device, from its options."""

from __future__ import annotations

import dataclasses

import pytest

from zmq.cli.devices.plan import (
    KINDS,
    RELAY_TYPES,
    CachePlan,
    DeviceOptions,
    choose_types,
    plan_device,
)
from zmq.cli.terminal.errors import UsageError
from zmq.cli.terminal.options import check_seconds

OPTIONS = DeviceOptions("queue", ["tcp://127.0.0.1:5555"], ["tcp://127.0.0.1:5556"])


def test_a_queue() -> None:
    plan = plan_device(OPTIONS)
    assert [side.type_name for side in plan.sides] == ["ROUTER", "DEALER"]
    assert [side.option for side in plan.sides] == ["--in", "--out"]
    assert plan.monitor is None
    assert (plan.in_prefix, plan.out_prefix) == (b"in", b"out")


def test_a_cache() -> None:
    assert plan_device(OPTIONS).cache is None
    plan = plan_device(dataclasses.replace(OPTIONS, kind="cache", cache_bytes=1000))
    assert [side.type_name for side in plan.sides] == ["SUB", "XPUB"]
    assert plan.cache == CachePlan(None, 1000)


def test_everything_given() -> None:
    plan = plan_device(
        dataclasses.replace(
            OPTIONS,
            ins=["tcp://127.0.0.1:1", ">tcp://127.0.0.1:2"],
            monitors=["tcp://127.0.0.1:3"],
            in_type="pull",
            out_type="Push",
            monitor_type="pair",
            in_prefix="hinein",
            out_prefix="größer",
            hwm=5,
            monitor_hwm=0,
        )
    )
    assert plan.monitor is not None
    assert [side.type_name for side in plan.sides] == ["PULL", "PUSH", "PAIR"]
    assert [side.hwm for side in plan.sides] == [5, 5, 0]
    assert [each.bind for each in plan.in_side.endpoints] == [True, False]
    assert plan.in_prefix == b"hinein"
    assert plan.out_prefix == "größer".encode()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ins": []}, "--in is missing"),
        ({"outs": []}, "--out is missing"),
        ({"outs": ["tcp://127.0.0.1:5555"]}, "given twice"),
        ({"monitors": ["nowhere"]}, "--monitor 'nowhere'"),
        ({"monitor_type": "req"}, "--monitor-type 'req'"),
        ({"in_type": "rooter"}, "--in-type 'rooter'"),
        ({"kind": "quue"}, "no device is called 'quue'; there are queue, forwarder, streamer"),
        ({"cache_entries": 5}, "--cache-entries: only the kind cache keeps messages"),
        ({"cache_bytes": 5}, "--cache-bytes: only the kind cache"),
        ({"kind": "cache", "in_type": "xsub"}, "--in-type: a cache is SUB and XPUB"),
        ({"kind": "cache", "out_type": "pub"}, "--out-type: a cache is SUB and XPUB"),
    ],
)
def test_refuses(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        plan_device(dataclasses.replace(OPTIONS, **change))


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_have_types_that_can_relay(kind: str) -> None:
    assert choose_types(kind, None, None) == KINDS[kind]
    assert set(KINDS[kind]) <= set(RELAY_TYPES)


def test_types_instead_of_a_kind() -> None:
    assert choose_types(None, "router", "router") == ("ROUTER", "ROUTER")
    assert choose_types("queue", None, "router") == ("ROUTER", "ROUTER")
    with pytest.raises(UsageError, match="name a kind"):
        choose_types(None, "router", None)


@pytest.mark.parametrize(
    ("pair", "complaint"),
    [
        (("push", "push"), "neither PUSH nor PUSH can receive"),
        (("pub", "push"), "neither PUB nor PUSH can receive"),
        (("pull", "pull"), "PULL cannot send what PULL receives"),
        (("sub", "xpub"), "SUB cannot send what XPUB receives"),
        (("router", "pull"), "PULL cannot send what ROUTER receives"),
    ],
)
def test_pairs_that_cannot_pass_on_what_they_receive(pair: tuple[str, str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        choose_types(None, *pair)


@pytest.mark.parametrize("pair", [("sub", "pub"), ("pub", "xsub"), ("router", "push")])
def test_one_way_pairs(pair: tuple[str, str]) -> None:
    assert choose_types(None, *pair) == (pair[0].upper(), pair[1].upper())


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e12])
def test_times_that_are_none(seconds: float) -> None:
    with pytest.raises(UsageError, match="--duration"):
        check_seconds("--duration", seconds)


def test_times_that_are_fine() -> None:
    for seconds in (None, 0.0, 0.5, 86400.0):
        check_seconds("--duration", seconds)
