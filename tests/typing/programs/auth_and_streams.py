"""Authentication, Tornado's streams, logging and tunnels."""

from __future__ import annotations

import logging

from tornado.ioloop import IOLoop

import zmq
import zmq.auth
from zmq import ssh
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.thread import ThreadAuthenticator
from zmq.eventloop.zmqstream import ZMQStream
from zmq.log.handlers import PUBHandler
from zmq.utils import jsonapi, z85


def authenticate(context: zmq.Context[zmq.Socket[bytes]], keys: str) -> zmq.Socket[bytes]:
    authenticator = ThreadAuthenticator(context, log=logging.getLogger("zap"))
    authenticator.start()
    authenticator.allow("127.0.0.1")
    authenticator.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
    authenticator.configure_plain(passwords={"user": "secret"})
    public, secret = zmq.auth.load_certificate(f"{keys}/server.key_secret")
    if secret is None:
        raise ValueError("not a secret key")
    server = context.socket(zmq.ROUTER)
    server.curve_publickey = public
    server.curve_secretkey = secret
    server.curve_server = True
    print(z85.encode(z85.decode(public)), zmq.auth.create_certificates(keys, "client"))
    authenticator.stop()
    return server


async def authenticate_on_asyncio() -> None:
    authenticator = AsyncioAuthenticator()
    authenticator.start()
    authenticator.deny("192.0.2.1")
    authenticator.stop()


class Service:
    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self.stream = ZMQStream(socket, IOLoop.current())
        self.stream.on_recv(self.answer)
        self.stream.on_send(self.sent)

    def answer(self, message: list[bytes]) -> None:
        self.stream.send_multipart(message)
        self.stream.flush(zmq.POLLOUT)

    def sent(self, message: object, status: object) -> None:
        print(jsonapi.dumps({"sent": str(message)}), status, self.stream.sending())


def log_to(endpoint: str) -> None:
    handler = PUBHandler(endpoint)
    handler.root_topic = "program"
    logging.getLogger().addHandler(handler)


def tunnel(socket: zmq.Socket[bytes]) -> None:
    process = ssh.tunnel_connection(socket, "tcp://127.0.0.1:5555", "host", timeout=10)
    print(process)
