"""A server and a client with blocking sockets."""

from __future__ import annotations

import threading

import zmq

socket = zmq.Context.instance().socket(zmq.REQ)


def serve(context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> int:
    answered = 0
    with context.socket(zmq.REP) as server:
        server.setsockopt(zmq.LINGER, 0)
        server.bind(endpoint)
        while True:
            try:
                request = server.recv(zmq.NOBLOCK)
            except zmq.Again:
                if not server.poll(timeout=1000, flags=zmq.POLLIN):
                    break
                continue
            server.send(request.upper(), copy=False)
            answered += 1
    return answered


def ask(server: zmq.Socket[bytes], word: str) -> str:
    server.send_string(word)
    return server.recv_string()


def route(router: zmq.Socket[bytes]) -> None:
    identity, *parts = router.recv_multipart()
    router.send_multipart([identity, b"", *parts], flags=zmq.DONTWAIT)
    frame = router.recv(copy=False)
    print(len(frame.bytes), frame.more, bytes(frame.buffer))
    tracker = router.send(b"last", copy=False, track=True)
    tracker.wait(timeout=1)


def exchange_objects(peer: zmq.Socket[bytes]) -> None:
    peer.send_json({"a": [1, 2]})
    peer.send_pyobj(("anything", 1))
    print(peer.recv_json(), peer.recv_pyobj())


def main() -> None:
    context = zmq.Context()
    endpoint = "inproc://server"
    server = threading.Thread(target=serve, args=(context, endpoint))
    server.start()
    client: zmq.Socket[bytes] = context.socket(zmq.REQ)
    client.connect(endpoint)
    try:
        print(ask(client, "hello"))
    except zmq.ZMQError as error:
        if error.errno != zmq.EAGAIN:
            raise
        print(error.strerror, zmq.strerror(zmq.ETERM))
    finally:
        client.close(linger=0)
        context.term()
