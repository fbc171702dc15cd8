"""`zmq.doctor` takes the sockets of every front."""

from __future__ import annotations

import pytest

import zmq
from helpers.fronts import Front


async def test_sockets_of_every_front(front: Front) -> None:
    rep, req = front.pair(zmq.REP, zmq.REQ, "tcp")
    where = rep.getsockopt_string(zmq.LAST_ENDPOINT)
    found = zmq.doctor(req, timeout=20.0)
    assert found, str(found)
    assert found.peer_types == {where: "REP"}
    assert zmq.doctor(rep)

    async def serve() -> None:
        await front(rep.send(await front(rep.recv())))

    server = front.spawn(serve)
    await front(req.send(b"as before"))
    assert await front(req.recv()) == b"as before"
    await front.join(server)


async def test_what_is_wrong_on_every_front(front: Front) -> None:
    pub, sub = front.pair(zmq.PUB, zmq.SUB, "tcp")
    sub.unsubscribe("")
    assert [each.kind for each in zmq.doctor(sub, timeout=20.0).findings] == ["no-subscription"]
    assert zmq.doctor(pub)


async def test_what_is_no_socket_and_no_time_is_refused(front: Front) -> None:
    pull = front.socket(zmq.PULL)
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="timeout is more than 0 s"):
            zmq.doctor(pull, timeout=wrong)
    with pytest.raises(TypeError, match="timeout is a number of seconds"):
        zmq.doctor(pull, timeout="soon")
    with pytest.raises(TypeError, match="'ohmq doctor ENDPOINT' looks at an address"):
        zmq.doctor("tcp://127.0.0.1:5555")
