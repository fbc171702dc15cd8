"""Some mistakes that programs make with sockets, as statements that run with either library.

Run as a program it makes all of them with the `zmq` of its interpreter, and prints a line of JSON
for each: class, number, strerror, args and text of the exception.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import zmq
from helpers.compat.place import MISTAKES, SOON_MS, Place, mistake

# ---- out of turn, and the wrong way round -------------------------------------------------------


@mistake("REQ socket", "tcp://127.0.0.1:9", step="recv() the reply")
def request_sent_twice(place: Place) -> None:
    req = place.connected(zmq.REQ, "tcp://127.0.0.1:9")
    req.send(b"1")
    req.send(b"2")


@mistake("REQ socket", step="send() a request first")
def reply_received_before_a_request(place: Place) -> None:
    place.connected(zmq.REQ, "tcp://127.0.0.1:9").recv()


@mistake("REP socket", step="recv() a request first")
def reply_sent_before_a_request(place: Place) -> None:
    place.bound(zmq.REP).send(b"")


@mistake("REP socket", step="send() the reply")
def request_received_twice(place: Place) -> None:
    rep = place.bound(zmq.REP)
    place.connected(zmq.REQ, rep).send(b"")
    rep.rcvtimeo = 3000
    rep.recv()
    rep.recv()


@mistake("PUB socket", step="SUB")
def receive_from_pub(place: Place) -> None:
    place.bound(zmq.PUB).recv()


@mistake("PUSH socket", step="PULL")
def receive_from_push(place: Place) -> None:
    place.bound(zmq.PUSH).recv_multipart()


@mistake("SUB socket", step="PUB")
def send_on_sub(place: Place) -> None:
    place.connected(zmq.SUB, "tcp://127.0.0.1:9").send(b"")


@mistake("PULL socket", step="PUSH")
def send_on_pull(place: Place) -> None:
    place.bound(zmq.PULL).send_multipart([b"a", b"b"])


@mistake("PUSH socket", step="type")
def subscribe_on_push(place: Place) -> None:
    place.socket(zmq.PUSH).setsockopt(zmq.SUBSCRIBE, b"")


# ---- nothing comes ------------------------------------------------------------------------------


@mistake("PULL socket", step="bind() or connect()")
def receive_without_an_endpoint(place: Place) -> None:
    place.socket(zmq.PULL).recv()


@mistake("PULL socket", "tcp://127.0.0.1:", step="connect")
def receive_where_none_has_connected(place: Place) -> None:
    place.bound(zmq.PULL).recv()


@mistake("PAIR socket", "no peer is connected", step="connect")
def receive_from_no_pair(place: Place) -> None:
    place.bound(zmq.PAIR).recv()


@mistake("PULL socket", "tcp://127.0.0.1:9", step="zmq.doctor")
def receive_where_none_is_bound(place: Place) -> None:
    place.connected(zmq.PULL, "tcp://127.0.0.1:9").recv()


@mistake("SUB socket", "no subscription", step='subscribe("")')
def receive_without_a_subscription(place: Place) -> None:
    place.connected(zmq.SUB, place.bound(zmq.PUB)).recv()


@mistake("SUB socket", "1 subscription", step="topic")
def receive_what_no_topic_fits(place: Place) -> None:
    sub = place.connected(zmq.SUB, place.bound(zmq.PUB))
    sub.subscribe("weather")
    sub.recv()


@mistake("PULL socket", "1 message", step="RCVTIMEO")
def receive_more_than_was_sent(place: Place) -> None:
    pull = place.bound(zmq.PULL, rcvtimeo=3000)
    place.connected(zmq.PUSH, pull).send(b"1")
    pull.recv()
    pull.rcvtimeo = SOON_MS
    pull.recv()


@mistake("DEALER socket", "DONTWAIT", step="poll()")
def receive_without_waiting(place: Place) -> None:
    place.bound(zmq.DEALER).recv(zmq.DONTWAIT)


@mistake("REQ socket", "request", step="REQ_RELAXED")
def receive_from_a_dead_server(place: Place) -> None:
    req = place.connected(zmq.REQ, "tcp://127.0.0.1:9")
    req.send(b"")
    req.recv()


@mistake("REQ socket", "inproc://nowhere", step="same context")
def receive_from_another_context(place: Place) -> None:
    req = place.connected(zmq.REQ, "inproc://nowhere")
    req.send(b"")
    req.recv_multipart()


# ---- nothing goes -------------------------------------------------------------------------------


@mistake("PUSH socket", "no peer", step="connect")
def send_to_no_peer(place: Place) -> None:
    place.bound(zmq.PUSH).send(b"")


@mistake("PUSH socket", step="bind() or connect()")
def send_without_an_endpoint(place: Place) -> None:
    place.socket(zmq.PUSH).send(b"", zmq.DONTWAIT)


@mistake("PUSH socket", "SNDHWM", "3", step="peer")
def send_more_than_the_high_water_mark(place: Place) -> None:
    push = place.connected(zmq.PUSH, "tcp://127.0.0.1:9", sndhwm=3)
    for _ in range(4):
        push.send(b"")


@mistake("DEALER socket", "SNDHWM", step="DONTWAIT")
def send_more_without_waiting(place: Place) -> None:
    dealer = place.connected(zmq.DEALER, "tcp://127.0.0.1:9", sndhwm=1)
    for _ in range(2):
        dealer.send_multipart([b"a", b"b"], zmq.DONTWAIT)


@mistake("PUSH socket", "IMMEDIATE", step="bound")
def send_at_once_to_no_peer(place: Place) -> None:
    place.connected(zmq.PUSH, "tcp://127.0.0.1:9", immediate=1).send(b"")


@mistake("ROUTER socket", "b'unknown'", step="identity")
def send_to_an_unknown_peer(place: Place) -> None:
    router = place.bound(zmq.ROUTER, router_mandatory=1)
    router.send_multipart([b"unknown", b""])


@mistake("ROUTER socket", "b'gone'", step="identity")
def send_to_a_peer_that_has_gone(place: Place) -> None:
    router = place.bound(zmq.ROUTER, router_mandatory=1, rcvtimeo=3000)
    dealer = place.connected(zmq.DEALER, router, identity=b"gone")
    dealer.send(b"")
    router.recv_multipart()
    dealer.close(0)
    for _ in range(600):
        router.send(b"gone", zmq.SNDMORE)
        router.send(b"")
        time.sleep(0.005)  # until the router knows that the peer has gone


# ---- addresses ----------------------------------------------------------------------------------


@mistake("REP socket", "'127.0.0.1:5555'", step="tcp://")
def bind_without_a_transport(place: Place) -> None:
    place.socket(zmq.REP).bind("127.0.0.1:5555")


@mistake("REQ socket", "'localhost'", step="tcp://")
def connect_without_a_transport(place: Place) -> None:
    place.socket(zmq.REQ).connect("localhost")


@mistake("PUSH socket", "http", step="tcp")
def an_unknown_transport(place: Place) -> None:
    place.socket(zmq.PUSH).connect("http://localhost:80")


@mistake("PUSH socket", "udp", step="RADIO")
def a_transport_of_other_types(place: Place) -> None:
    place.socket(zmq.PUSH).bind("udp://127.0.0.1:9")


@mistake("PUSH socket", "99999", step="65535")
def bind_to_a_cut_port(place: Place) -> None:
    place.socket(zmq.PUSH).bind("tcp://127.0.0.1:99999")


@mistake("PUSH socket", "99999", step="65535")
def connect_to_a_cut_port(place: Place) -> None:
    place.socket(zmq.PUSH).connect("tcp://127.0.0.1:99999")


@mistake("PUSH socket", step="port")
def connect_without_a_port(place: Place) -> None:
    place.socket(zmq.PUSH).connect("tcp://127.0.0.1")


@mistake("PULL socket", "no.such.host.invalid", step="interface")
def bind_a_host_that_does_not_resolve(place: Place) -> None:
    place.socket(zmq.PULL).bind("tcp://no.such.host.invalid:5555")


@mistake("PULL socket", "no.such.host.invalid", step="zmq.doctor")
def connect_a_host_that_does_not_resolve(place: Place) -> None:
    place.connected(zmq.PULL, "tcp://no.such.host.invalid:5555").recv()


@mistake("PULL socket", "nosuch0", step="interface")
def bind_an_interface_that_is_not_there(place: Place) -> None:
    place.socket(zmq.PULL).bind("tcp://nosuch0:5555")


@mistake("PULL socket", "192.0.2.1", step="interface")
def bind_an_address_of_another_machine(place: Place) -> None:
    place.socket(zmq.PULL).bind("tcp://192.0.2.1:5555")


@mistake("PULL socket", "/no/such/directory", step="directory")
def bind_in_a_missing_directory(place: Place) -> None:
    place.socket(zmq.PULL).bind("ipc:///no/such/directory/socket")


@mistake("PULL socket", "200", step="shorter")
def bind_a_path_that_is_too_long(place: Place) -> None:
    place.socket(zmq.PULL).bind("ipc:///" + "x" * 199)


@mistake("PULL socket", step="another port")
def bind_an_address_in_use(place: Place) -> None:
    place.socket(zmq.PULL).bind(place.bound(zmq.PULL).last_endpoint.decode())


@mistake("PULL socket", "inproc://name", step="another name")
def bind_a_name_in_use(place: Place) -> None:
    place.bound(zmq.PULL, "inproc://name")
    place.bound(zmq.PULL, "inproc://name")


@mistake("PULL socket", "tcp://127.0.0.1:9", step="bound to")
def unbind_what_is_not_bound(place: Place) -> None:
    place.bound(zmq.PULL).unbind("tcp://127.0.0.1:9")


@mistake("PULL socket", "tcp://127.0.0.1:9", step="connected to")
def disconnect_what_is_not_connected(place: Place) -> None:
    place.socket(zmq.PULL).disconnect("tcp://127.0.0.1:9")


@mistake("5555", step="str")
def an_address_that_is_a_number(place: Place) -> None:
    place.socket(zmq.PULL).bind(5555)


# ---- arguments ----------------------------------------------------------------------------------


@mistake("'REQ'", step="zmq.REQ")
def a_type_that_is_text(place: Place) -> None:
    place.context.socket("REQ")  # type: ignore[call-overload]


@mistake("99", step="zmq.SocketType")
def a_type_that_is_none(place: Place) -> None:
    place.context.socket(99)


@mistake("PUSH socket", "str", step="send_string")
def send_text(place: Place) -> None:
    place.bound(zmq.PUSH).send("text")


@mistake("PUSH socket", "NoneType", step="b''")
def send_none(place: Place) -> None:
    place.bound(zmq.PUSH).send(None)


@mistake("PUSH socket", "int", step="send_json")
def send_a_number(place: Place) -> None:
    place.bound(zmq.PUSH).send(5)


@mistake("PUSH socket", "dict", step="send_json")
def send_a_dict(place: Place) -> None:
    place.bound(zmq.PUSH).send({"a": 1})


@mistake("PUSH socket", "list", step="send_multipart")
def send_a_list(place: Place) -> None:
    place.bound(zmq.PUSH).send([b"a", b"b"])


@mistake("PUSH socket", "bytes", step="[data]")
def send_bytes_as_parts(place: Place) -> None:
    place.bound(zmq.PUSH).send_multipart(b"abc")


@mistake("PUSH socket", "'text'", step="encode")
def send_a_part_that_is_text(place: Place) -> None:
    place.bound(zmq.PUSH).send_multipart([b"a", "text"])


@mistake("PUSH socket", "bytes", step="send takes bytes")
def send_bytes_as_text(place: Place) -> None:
    place.bound(zmq.PUSH).send_string(b"abc")


@mistake("PUSH socket", "LINGER", "str", step="int")
def an_option_of_the_wrong_type(place: Place) -> None:
    place.socket(zmq.PUSH).setsockopt(zmq.LINGER, "forever")


@mistake("PUSH socket", "SNDHWM", "-5", step="value")
def a_value_that_an_option_refuses(place: Place) -> None:
    place.socket(zmq.PUSH).setsockopt(zmq.SNDHWM, -5)


# ---- what has ended, or is full -----------------------------------------------------------------


@mistake("PULL", "socket is closed", step="open another")
def receive_on_a_closed_socket(place: Place) -> None:
    pull = place.bound(zmq.PULL)
    pull.close()
    pull.recv()


@mistake("PUSH", "socket is closed", step="open another")
def send_on_a_closed_socket(place: Place) -> None:
    push = place.socket(zmq.PUSH)
    push.close()
    push.send(b"")


@mistake("context is closed", step="zmq.Context()")
def a_socket_of_a_closed_context(place: Place) -> None:
    place.context.term()
    place.context.socket(zmq.PUSH)


@mistake("PULL socket", step="close")
def receive_when_the_context_ends(place: Place) -> None:
    pull = place.bound(zmq.PULL, rcvtimeo=10000)
    ending = threading.Thread(target=place.context.term, daemon=True)
    ending.start()
    try:
        pull.recv()
    finally:
        pull.close()
        ending.join()


@mistake("MAX_SOCKETS", "1", step="close")
def too_many_sockets(place: Place) -> None:
    place.context.max_sockets = 1
    kept = [place.context.socket(zmq.PUSH) for _ in range(3)]
    print(kept)


@mistake("descriptor", step="ulimit -n")
def too_many_descriptors(place: Place) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    place.socket(zmq.PUSH).close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 4, hard))
    try:
        kept = [place.context.socket(zmq.PUSH) for _ in range(50)]
        print(kept)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ---- security, and peers that do not fit --------------------------------------------------------


@mistake("REQ socket", "PLAIN", step="PLAIN_USERNAME")
def a_wrong_password(place: Place) -> None:
    from zmq.auth.thread import ThreadAuthenticator

    auth = ThreadAuthenticator(place.context)
    auth.start()
    try:
        auth.configure_plain(passwords={"user": "right"})
        rep = place.bound(zmq.REP, plain_server=1)
        req = place.connected(zmq.REQ, rep, plain_username=b"user", plain_password=b"wrong")
        req.send(b"")
        req.recv()
    finally:
        auth.stop()


@mistake("DEALER socket", "CURVE", step="CURVE_SERVERKEY")
def a_wrong_server_key(place: Place) -> None:
    public, secret = zmq.curve_keypair()
    other, _ = zmq.curve_keypair()
    server = place.bound(zmq.DEALER, curve_server=1, curve_publickey=public, curve_secretkey=secret)
    client = place.connected(
        zmq.DEALER, server, curve_serverkey=other, curve_publickey=public, curve_secretkey=secret
    )
    client.recv()


@mistake("CURVE_SERVERKEY", step="40")
def a_key_that_is_none(place: Place) -> None:
    place.socket(zmq.REQ).setsockopt(zmq.CURVE_SERVERKEY, b"too short")


@mistake("REQ socket", "REP or ROUTER", step="zmq.doctor(socket)")
def peers_whose_types_do_not_fit(place: Place) -> None:
    req = place.connected(zmq.REQ, place.bound(zmq.PUB))
    req.send(b"")
    req.recv()


# ---- running them -------------------------------------------------------------------------------


def outcome(error: BaseException) -> dict[str, Any]:
    number = getattr(error, "errno", None)
    return {
        "class": type(error).__name__,
        "errno": None if number is None else int(number),
        "strerror": getattr(error, "strerror", None),
        "args": repr(error.args),
        "text": str(error),
    }


def outcomes(names: list[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        with tempfile.TemporaryDirectory(prefix="mistake-") as directory:
            place = Place(directory)
            found: dict[str, Any] = {"class": None, "text": ""}
            try:
                MISTAKES[name].make(place)
            except Exception as error:
                found = outcome(error)
                error.__traceback__ = None
            with contextlib.suppress(Exception):
                place.context.destroy(linger=0)
        yield {"name": name, **found}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for found in outcomes(sys.argv[1:] or list(MISTAKES)):
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
