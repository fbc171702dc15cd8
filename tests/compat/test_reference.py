"""Every public name of PyZMQ 27.3 is here, of the same kind, and takes the same arguments."""

from __future__ import annotations

import pytest

from helpers.compat.reference import (
    PENDING,
    SURFACE,
    exists,
    in_reference,
    module_differences,
    signature_differences,
)


@pytest.mark.parametrize("module_name", sorted(SURFACE.keys() - PENDING))
def test_module_is_like_that_of_pyzmq(module_name):
    assert list(module_differences(module_name)) == []


def test_pending_names_are_still_missing():
    assert [name for name in PENDING if not in_reference(name)] == []
    assert [name for name in PENDING if exists(name)] == []


def test_in_reference_knows_the_names_of_pyzmq():
    assert in_reference("zmq.error")
    assert in_reference("zmq.sugar.socket:Socket.bind")
    assert not in_reference("zmq.sugar.socket:Socket.colour")
    assert not in_reference("zmq.nowhere")


def test_exists_sees_what_is_there():
    assert exists("zmq.error")
    assert exists("zmq.error:ZMQError.errno")
    assert not exists("zmq.error:ZMQError.colour")
    assert not exists("zmq.nowhere.at_all")


@pytest.mark.parametrize(
    ("theirs", "ours", "same"),
    [
        ("(a, b=1)", lambda a, b=1: 0, True),
        ("(a, b=1)", lambda a, b=1, c=2: 0, True),
        ("(a, b=1)", lambda a, b=1, *args, **kwargs: 0, True),
        ("(a, /)", lambda a: 0, True),
        ("(a, *, b=1)", lambda a, b=1: 0, True),
        ("(a, **kwargs)", lambda a, routing_id=None, group=None: 0, True),
        ("(a, b=1)", lambda a, b=2: 0, False),
        ("(a, b=1)", lambda a, b: 0, False),
        ("(a, b=1)", lambda b, a=1: 0, False),
        ("(a, b=1)", lambda a: 0, False),
        ("(a, b=1)", lambda a, *, b=1: 0, False),
        ("(a, b=1)", lambda *args, **kwargs: 0, False),
        ("(a, b)", lambda a, b, /: 0, False),
        ("(a)", lambda a, b: 0, False),
        ("(*args)", lambda a: 0, False),
        ("(a, **kwargs)", lambda a, group=None: 0, False),
    ],
)
def test_signatures_are_compared(theirs, ours, same):
    assert (list(signature_differences(theirs, ours)) == []) is same
