"""Options, constants and events of a monitor."""

from __future__ import annotations

import zmq
from zmq import LINGER, SUB, SUBSCRIBE, Event, SocketOption, SocketType
from zmq.constants import EVENT_CONNECTED, RCVHWM, SecurityMechanism
from zmq.utils.monitor import recv_monitor_message

SERVERS: dict[str, SocketType] = {"replies": zmq.REP, "routes": zmq.ROUTER, "news": zmq.PUB}
TIMEOUTS = {zmq.RCVTIMEO: 1000, zmq.SNDTIMEO: 1000, zmq.LINGER: 0}


def configure(socket: zmq.Socket[bytes]) -> None:
    for option, value in TIMEOUTS.items():
        socket.setsockopt(option, value)
    socket.set(zmq.IDENTITY, b"me")
    socket.set_hwm(10)
    socket.linger = 0
    socket.rcvtimeo = 100
    socket.setsockopt_string(zmq.SUBSCRIBE, "topic")
    print(socket.linger + 1, socket.get(RCVHWM), socket.getsockopt(zmq.TYPE))
    print(socket.getsockopt_string(zmq.LAST_ENDPOINT), socket.type == zmq.SUB)


def subscribe(context: zmq.Context[zmq.Socket[bytes]], topics: list[bytes]) -> zmq.Socket[bytes]:
    sub = context.socket(SUB)
    sub.setsockopt(LINGER, 0)
    for topic in topics:
        sub.setsockopt(SUBSCRIBE, topic)
    port: int = sub.bind_to_random_port("tcp://127.0.0.1", min_port=50000, max_port=51000)
    print(port)
    return sub


def secure(server: zmq.Socket[bytes]) -> bool:
    public, secret = zmq.curve_keypair()
    server.curve_server = True
    server.curve_secretkey = secret
    server.curve_publickey = public
    return SecurityMechanism(server.mechanism) is SecurityMechanism.CURVE and zmq.has("curve")


def watch(socket: zmq.Socket[bytes]) -> None:
    monitor = socket.get_monitor_socket(zmq.EVENT_ALL)
    while monitor.poll(100):
        message = recv_monitor_message(monitor)
        if message["event"] == EVENT_CONNECTED or message["event"] & Event.DISCONNECTED:
            print(message["endpoint"].decode(), message["value"])
    socket.disable_monitor()


def describe() -> str:
    context = zmq.Context(io_threads=2)
    context.set(zmq.MAX_SOCKETS, 100)
    limit: int = context.get(zmq.SOCKET_LIMIT)
    option = SocketOption.HEARTBEAT_IVL
    names = [each.name for each in zmq.SocketType]
    return f"{limit} {option.name} {names} {zmq.zmq_version()} {zmq.__version__}"
