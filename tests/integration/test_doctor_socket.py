"""`zmq.doctor`: what it says of sockets of this process."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.processes import run_python
from helpers.sockets import ANY, free_address
from helpers.strangers import sending
from zmq.auth.thread import ThreadAuthenticator
from zmq.diagnosis import Diagnosis, Finding

MakeSocket = Callable[..., zmq.Socket]
TIMEOUT_S = 20.0
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")


def diagnose(socket: zmq.Socket) -> Diagnosis:
    """The diagnosis, whose text has to say the same."""
    found = zmq.doctor(socket, timeout=TIMEOUT_S)
    assert bool(found) is (not found.findings)
    text = str(found)
    assert text.splitlines()[0] == repr(socket)
    for each in found.findings:
        assert each.what in text
        assert each.mend in text
        assert each.mend in str(each)
    assert ("nothing is wrong" in text) is bool(found)
    assert pickle.loads(pickle.dumps(found)) == found
    return found


def the_finding(socket: zmq.Socket) -> Finding:
    found = diagnose(socket)
    assert len(found.findings) == 1, str(found)
    return found.findings[0]


def test_two_that_fit(socket: MakeSocket) -> None:
    rep, req = socket(zmq.REP), socket(zmq.REQ)
    rep.bind(ANY)
    where = rep.last_endpoint.decode()
    req.connect(where)
    found = diagnose(req)
    assert found
    assert found.peer_types == {where: "REP"}
    assert diagnose(rep)
    assert "loopback address" in str(diagnose(rep))
    req.send(b"still")
    assert rep.recv() == b"still"
    assert "messages so far: 1 sent, 0 received" in str(diagnose(req))


def test_every_endpoint_is_looked_at(socket: MakeSocket) -> None:
    pub, rep, req = socket(zmq.PUB), socket(zmq.REP), socket(zmq.REQ)
    pub.bind(ANY)
    rep.bind(ANY)
    nothing = free_address()
    for where in (pub.last_endpoint.decode(), rep.last_endpoint.decode(), nothing):
        req.connect(where)
    found = diagnose(req)
    assert [(each.kind, each.endpoint) for each in found.findings] == [
        ("types", pub.last_endpoint.decode()),
        ("refused", nothing),
    ]
    req.disconnect(nothing)
    req.disconnect(pub.last_endpoint.decode())
    assert diagnose(req)


def test_a_socket_without_an_endpoint(socket: MakeSocket) -> None:
    assert the_finding(socket(zmq.REQ)).kind == "no-endpoint"


def test_a_subscriber_without_a_subscription(socket: MakeSocket) -> None:
    pub, sub = socket(zmq.PUB), socket(zmq.SUB)
    pub.bind(ANY)
    sub.connect(pub.last_endpoint.decode())
    finding = the_finding(sub)
    assert finding.kind == "no-subscription"
    assert 'socket.subscribe("")' in finding.mend
    sub.subscribe("news")
    assert diagnose(sub)
    sub.unsubscribe("news")
    assert the_finding(sub).kind == "no-subscription"


def test_an_xsub_that_has_asked_for_nothing(socket: MakeSocket) -> None:
    xpub, xsub = socket(zmq.XPUB), socket(zmq.XSUB)
    xpub.bind(ANY)
    xsub.connect(xpub.last_endpoint.decode())
    assert the_finding(xsub).kind == "no-subscription"
    xsub.send(b"\x01news")
    assert diagnose(xsub)


def test_options_that_have_messages_wait_or_go(socket: MakeSocket) -> None:
    push = socket(zmq.PUSH, sndhwm=7, immediate=True, conflate=True)
    push.bind(ANY)
    text = str(diagnose(push))
    for words in ("7 to send", "linger is 0", "immediate is set", "conflate is set"):
        assert words in text


# ---- inproc ----


def test_inproc(socket: MakeSocket) -> None:
    rep, req = socket(zmq.REP), socket(zmq.REQ)
    rep.bind("inproc://here")
    req.connect("inproc://here")
    assert diagnose(req).peer_types == {"inproc://here": "REP"}


def test_inproc_that_is_not_bound(socket: MakeSocket) -> None:
    req = socket(zmq.REQ)
    req.connect("inproc://nowhere")
    assert the_finding(req).kind == "inproc-missing"


def test_inproc_of_another_context(socket: MakeSocket) -> None:
    req = socket(zmq.REQ)
    req.connect("inproc://there")
    with zmq.Context() as other, other.socket(zmq.REP) as rep:
        rep.bind("inproc://there")
        finding = the_finding(req)
    assert finding.kind == "inproc-context"
    assert "zmq.Context.instance()" in finding.mend


def test_types_that_do_not_fit_over_inproc(socket: MakeSocket) -> None:
    """There libzmq does not compare them, and nothing ever arrives."""
    pub, req = socket(zmq.PUB), socket(zmq.REQ)
    pub.bind("inproc://types")
    req.connect("inproc://types")
    assert the_finding(req).kind == "types"


# ---- bound sockets ----


def test_a_path_that_was_removed(socket: MakeSocket, endpoint: Callable[[str], str]) -> None:
    import os

    where = endpoint("ipc")
    rep = socket(zmq.REP)
    rep.bind(where)
    assert diagnose(rep)
    os.unlink(where.removeprefix("ipc://"))
    finding = the_finding(rep)
    assert (finding.kind, finding.endpoint) == ("ipc-missing", where)


@pytest.mark.filterwarnings("ignore::zmq.ZAPWarning")
def test_a_server_without_a_handler(socket: MakeSocket, context: zmq.Context) -> None:
    rep = socket(zmq.REP, plain_server=True)
    rep.bind(ANY)
    assert the_finding(rep).kind == "authentication-missing"
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    try:
        assert diagnose(rep)
    finally:
        authenticator.stop()


# ---- keys and passwords of the socket itself ----


@needs_curve
def test_keys(socket: MakeSocket) -> None:
    public, secret = zmq.curve_keypair()
    rep = socket(zmq.PULL, curve_secretkey=secret, curve_server=True)
    rep.bind(ANY)
    for server_key, kinds in ((public, []), (zmq.curve_keypair()[0], ["server-key"])):
        req = socket(zmq.PUSH)
        req.curve_publickey, req.curve_secretkey = zmq.curve_keypair()
        req.curve_serverkey = server_key
        req.connect(rep.last_endpoint.decode())
        found = diagnose(req)
        assert [each.kind for each in found.findings] == kinds
        assert secret.decode() not in repr(found)


@needs_curve
def test_a_client_without_a_key_pair(socket: MakeSocket) -> None:
    public, secret = zmq.curve_keypair()
    pull = socket(zmq.PULL, curve_secretkey=secret, curve_server=True)
    pull.bind(ANY)
    push = socket(zmq.PUSH, curve_serverkey=public)
    push.connect(pull.last_endpoint.decode())
    finding = the_finding(push)
    assert finding.kind == "no-keys"
    push.disconnect(pull.last_endpoint.decode())
    push.curve_publickey, push.curve_secretkey = zmq.curve_keypair()
    push.connect(pull.last_endpoint.decode())
    assert diagnose(push)


def test_a_wrong_password(socket: MakeSocket, context: zmq.Context) -> None:
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    try:
        authenticator.configure_plain("*", {"anna": "sesame"})
        rep = socket(zmq.REP, plain_server=True)
        rep.bind(ANY)
        for password, kinds in ((b"sesame", []), (b"open", ["authentication"])):
            req = socket(zmq.REQ, plain_username=b"anna", plain_password=password)
            req.connect(rep.last_endpoint.decode())
            found = diagnose(req)
            assert [each.kind for each in found.findings] == kinds
            assert "sesame" not in repr(found)
    finally:
        authenticator.stop()


# ---- life ----


def test_a_closed_socket(socket: MakeSocket) -> None:
    req = socket(zmq.REQ)
    req.close()
    with pytest.raises(zmq.ZMQError) as caught:
        zmq.doctor(req)
    assert caught.value.errno == zmq.ENOTSOCK


def test_the_traffic_goes_on(socket: MakeSocket) -> None:
    """While it is examined, from another thread, a socket neither loses nor gets a message."""
    push, pull = socket(zmq.PUSH), socket(zmq.PULL)
    push.bind(ANY)
    pull.connect(push.last_endpoint.decode())
    found: list[Diagnosis] = []
    doctor = threading.Thread(
        target=lambda: found.extend(zmq.doctor(pull, timeout=TIMEOUT_S) for _ in range(3))
    )
    with sending(push, 5000):
        doctor.start()
        assert [pull.recv() for _ in range(5000)] == [b"%d" % n for n in range(5000)]
        doctor.join()
    assert all(found)
    assert len(found) == 3


def test_the_import_stays_cheap() -> None:
    lines = run_python(
        """
        import sys
        import zmq
        print("zmq.diagnosis" in sys.modules, "doctor" in dir(zmq))
        print(zmq.doctor.__name__, "zmq.diagnosis" in sys.modules)
        """
    )
    assert lines == ["False True", "doctor True"]
