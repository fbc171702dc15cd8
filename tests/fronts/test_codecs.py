"""Objects by codecs, on every front."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import zmq
from helpers.fronts import Front
from zmq import codecs

CODECS: dict[str, tuple[Callable[[], codecs.Codec[Any]], Any]] = {
    "Json": (codecs.Json, {"a": [1, None]}),
    "MessagePack": (codecs.MessagePack, {"a": [1, b"bytes"]}),
    "Pickle": (codecs.Pickle, {"a": {1, 2}, "b": np.arange(1000)}),
    "SignedPickle": (lambda: codecs.SignedPickle(b"k" * 32), {"a": {1, 2}, "b": np.arange(1000)}),
    "Array": (codecs.Array, np.arange(30_000.0).reshape(3, 100, 100)),
}
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    del CODECS["MessagePack"]  # msgspec may have no build for it


@pytest.mark.parametrize("first", ["sender", "receiver"])
@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("name", CODECS)
async def test_objects(front: Front, name: str, copy: bool, first: str) -> None:
    make, obj = CODECS[name]
    codec = make()
    a, b = front.pair(zmq.PAIR, zmq.PAIR, "tcp")
    received = None
    if first == "receiver":
        received = front.start(b.recv_serialized, codec, copy=copy)
        await front.settle()
    await front(a.send_serialized(obj, codec, copy=copy))
    got = await front.join(received or front.start(b.recv_serialized, codec, copy=copy))
    np.testing.assert_equal(got, obj)


async def test_what_cannot_be_decoded_fails_its_receiver_only(front: Front) -> None:
    a, b = front.pair()
    received = front.start(b.recv_serialized, codecs.Json())
    await front.settle()
    await front(a.send(b"\xff"))
    await front(a.send(b"1"))
    with pytest.raises(zmq.DecodeError, match="Json"):
        await front.join(received)
    assert await front(b.recv_serialized(codecs.Json())) == 1
