"""A short trial of an installation: `python -I smoke.py`. Needs nothing but the package."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile

import zmq
import zmq.asyncio
import zmq.devices


def exchange(address: str, **options: dict[str, object]) -> None:
    """One question and its answer, over an address."""
    with (
        zmq.Context() as context,
        context.socket(zmq.REP) as server,
        context.socket(zmq.REQ) as client,
    ):
        for socket, side in ((server, "server"), (client, "client")):
            socket.rcvtimeo = 5000
            for name, value in options.get(side, {}).items():
                setattr(socket, name, value)
        server.bind(address)
        client.connect(server.last_endpoint.decode())
        client.send_multipart([b"a", b"question"])
        assert server.recv_multipart() == [b"a", b"question"]
        server.send(b"answer")
        assert client.recv() == b"answer"


async def exchange_in_a_loop() -> None:
    context = zmq.asyncio.Context()
    with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
        push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
        waiting = asyncio.ensure_future(pull.recv())
        await push.send(b"message")
        assert await asyncio.wait_for(waiting, 5) == b"message"
    context.term()


def exchange_over_a_device() -> None:
    """A message passes a relay, which runs in a thread of the native module."""
    device = zmq.devices.ThreadDevice(zmq.STREAMER, zmq.PULL, zmq.PUSH)
    into = device.bind_in_to_random_port("tcp://127.0.0.1")
    out = device.bind_out_to_random_port("tcp://127.0.0.1")
    device.start()
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as pull,
    ):
        pull.rcvtimeo = 5000
        push.connect(f"tcp://127.0.0.1:{into}")
        pull.connect(f"tcp://127.0.0.1:{out}")
        push.send(b"message")
        assert pull.recv() == b"message"
    device.stop()


def exchange_of_drafts() -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.SERVER) as server,
        context.socket(zmq.CLIENT) as client,
    ):
        server.rcvtimeo = client.rcvtimeo = 5000
        server.bind("tcp://127.0.0.1:*")
        client.connect(server.last_endpoint.decode())
        client.send(b"question")
        question = server.recv(copy=False)
        server.send(b"answer", routing_id=question.routing_id)
        assert client.recv() == b"answer"


def main() -> None:
    assert zmq.__file__.startswith(sys.prefix), f"{zmq.__file__} is not of this installation"
    exchange("inproc://smoke")
    exchange("tcp://127.0.0.1:*")
    if zmq.has("ipc"):
        with tempfile.TemporaryDirectory() as folder:
            exchange(f"ipc://{os.path.join(folder, 'socket')}")
    if zmq.has("WS"):  # libzmq has no small letters for it
        exchange("ws://127.0.0.1:*")
    if zmq.has("curve"):
        public, secret = zmq.curve_keypair()
        keys = {"curve_publickey": public, "curve_secretkey": secret}
        exchange(
            "tcp://127.0.0.1:*",
            server={**keys, "curve_server": True},
            client={**keys, "curve_serverkey": public},
        )
    if zmq.has("draft"):
        exchange_of_drafts()
    exchange_over_a_device()
    asyncio.run(exchange_in_a_loop())
    subprocess.run([sys.executable, "-m", "zmq", "info"], check=True)
    parts = [name for name in ("curve", "draft", "ipc", "WS") if zmq.has(name)]
    print(f"ohmq {zmq.ohmq_version} with libzmq {zmq.zmq_version()} works here: {', '.join(parts)}")


if __name__ == "__main__":
    main()
