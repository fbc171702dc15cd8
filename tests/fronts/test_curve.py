"""CURVE in one line each, on every front."""

from __future__ import annotations

import pytest

import zmq
from helpers.fronts import Front
from zmq.auth import secure_client, secure_server


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")
async def test_a_known_client_is_answered(front: Front) -> None:
    anna = zmq.curve_keypair()
    server, client = front.socket(zmq.REP), front.socket(zmq.REQ)
    key = secure_server(server, clients=[anna[0]])
    port = server.bind_to_random_port("tcp://127.0.0.1")
    secure_client(client, key, anna)
    client.connect(f"tcp://127.0.0.1:{port}")

    async def serve() -> None:
        await front(server.send(await front(server.recv()) * 2))

    serving = front.spawn(serve)
    await front(client.send(b"ab"))
    assert await front(client.recv()) == b"abab"
    await front.join(serving)
