"""Server sockets that ask for authentication where no ZAP handler answers."""

from __future__ import annotations

import errno
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import zmq
import zmq.asyncio
from helpers.libzmq import needs_shown
from helpers.processes import run_python
from zmq.auth import Authenticator

needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")
TCP = "tcp://127.0.0.1:*"
PUBLIC, SECRET = zmq.curve_keypair() if zmq.has("curve") else (b"", b"")
SERVERS = ["PLAIN", pytest.param("CURVE", marks=needs_curve)]


def server(context: Any, mechanism: str, domain: bytes = b"", enforce: bool = False) -> Any:
    socket = context.socket(zmq.REP)
    socket.linger = 0
    if mechanism == "PLAIN":
        socket.plain_server = True
    elif mechanism == "CURVE":
        socket.curve_server = True
        socket.curve_secretkey = SECRET
    if domain:
        socket.zap_domain = domain
    socket.zap_enforce_domain = enforce
    return socket


def bind(socket: Any) -> None:
    socket.bind(TCP)


def connect(socket: Any) -> None:
    socket.connect("tcp://127.0.0.1:1")


@pytest.mark.parametrize("open_it", [bind, connect])
@pytest.mark.parametrize(
    ("mechanism", "options", "effect"),
    [
        ("NULL", {"domain": b"shop"}, "lets every client in"),
        ("NULL", {"domain": b"shop", "enforce": True}, "refuses every client"),
        ("NULL", {"enforce": True}, "no ZAP_DOMAIN"),
        ("PLAIN", {}, "refuses every client"),
        ("PLAIN", {"domain": b"shop"}, "refuses every client"),
        pytest.param(
            "CURVE", {"domain": b"shop"}, "knows the server's key", marks=needs_curve
        ),
        pytest.param(
            "CURVE", {"domain": b"shop", "enforce": True}, "refuses every", marks=needs_curve
        ),
        pytest.param("CURVE", {"enforce": True}, "no ZAP_DOMAIN", marks=needs_curve),
    ],
)  # fmt: skip
def test_a_warning_once(
    context: zmq.Context, mechanism: str, options: Any, effect: str, open_it: Callable[[Any], None]
) -> None:
    with server(context, mechanism, **options) as socket:
        with pytest.warns(zmq.ZAPWarning) as told:
            open_it(socket)
        (warning,) = told
        assert effect in str(warning.message)
        assert repr(socket) in str(warning.message)
        assert mechanism in str(warning.message)
        assert "zap_required" in str(warning.message)
        assert warning.filename == __file__
        open_it(socket)


@pytest.mark.parametrize("ports", [(), (20000, 60000)])
def test_a_warning_names_the_line_of_the_program(context: zmq.Context, ports: Any) -> None:
    with server(context, "PLAIN") as socket, pytest.warns(zmq.ZAPWarning) as told:
        socket.bind_to_random_port("tcp://127.0.0.1", *ports)
    assert [warning.filename for warning in told] == [__file__]


@pytest.mark.parametrize("mechanism", ["NULL", pytest.param("CURVE", marks=needs_curve)])
def test_no_warning_where_nothing_was_asked(context: zmq.Context, mechanism: str) -> None:
    with server(context, mechanism) as socket:
        bind(socket)
        connect(socket)


@pytest.mark.parametrize("mechanism", ["NULL", *SERVERS])
def test_no_warning_with_a_handler(context: zmq.Context, mechanism: str) -> None:
    authenticator = Authenticator(context)
    authenticator.start()
    # Handles of a context share its handler.
    for handle in (context, zmq.asyncio.Context(context)):
        with server(handle, mechanism, b"shop", enforce=True) as socket:
            bind(socket)
    authenticator.stop()
    with server(context, mechanism, b"shop") as socket, pytest.warns(zmq.ZAPWarning):
        bind(socket)


def test_a_handler_of_the_programs_own(context: zmq.Context) -> None:
    with context.socket(zmq.ROUTER) as handler:
        handler.bind(b"inproc://zeromq.zap.01")
        with server(context, "PLAIN") as socket:
            bind(socket)
        handler.unbind("inproc://zeromq.zap.01")
    with server(context, "PLAIN") as socket, pytest.warns(zmq.ZAPWarning):
        bind(socket)


def test_clients_and_inproc_are_not_asked(context: zmq.Context) -> None:
    with context.socket(zmq.REQ) as client, server(context, "PLAIN") as socket:
        client.plain_username, client.plain_password = b"anna", b"sesame"
        connect(client)
        socket.bind("inproc://here")


@needs_shown
def test_a_context_of_another_library_may_have_a_handler() -> None:
    lines = run_python(
        """
        import ctypes, warnings, zmq
        warnings.simplefilter("error", zmq.ZAPWarning)
        from zmq import _native
        library = ctypes.CDLL(_native.__file__)
        library.zmq_ctx_new.restype = ctypes.c_void_p
        foreign = zmq.Context.shadow(library.zmq_ctx_new())
        socket = foreign.socket(zmq.REP)
        socket.plain_server = True
        socket.bind("tcp://127.0.0.1:*")
        socket.close()
        foreign.term()
        print("bound")
        """
    )
    assert lines == ["bound"]


def test_as_an_error_it_prevents_the_bind(context: zmq.Context) -> None:
    with server(context, "PLAIN") as socket, warnings.catch_warnings():
        warnings.simplefilter("error", zmq.ZAPWarning)
        with pytest.raises(zmq.ZAPWarning):
            bind(socket)
        assert socket.last_endpoint == b""


class TestStrict:
    def test_belongs_to_all_handles(self, context: zmq.Context) -> None:
        assert context.zap_required is False
        context.zap_required = True
        assert zmq.asyncio.Context(context).zap_required is True
        assert zmq.Context.shadow(context.underlying).zap_required is True
        with zmq.Context() as other:
            assert other.zap_required is False
        with pytest.raises(RuntimeError):
            _ = other.zap_required

    @pytest.mark.parametrize("mechanism", SERVERS)
    @pytest.mark.parametrize("domain", [b"", b"shop"])
    @pytest.mark.parametrize("open_it", [bind, connect])
    def test_raises(
        self, context: zmq.Context, mechanism: str, domain: bytes, open_it: Callable[[Any], None]
    ) -> None:
        context.zap_required = True
        with server(context, mechanism, domain) as socket:
            with pytest.raises(zmq.ZMQError, match="no ZAP handler") as caught:
                open_it(socket)
            assert caught.value.errno == errno.EPERM
            with pytest.raises(zmq.ZMQError, match="no ZAP handler"):
                socket.bind_to_random_port("tcp://127.0.0.1", min_port=30000, max_port=40000)
            assert socket.last_endpoint == b""

    def test_a_domain_of_null(self, context: zmq.Context) -> None:
        context.zap_required = True
        with server(context, "NULL", b"shop") as socket, pytest.raises(zmq.ZMQError):
            bind(socket)
        with server(context, "NULL") as socket:
            bind(socket)

    @pytest.mark.parametrize("mechanism", ["NULL", *SERVERS])
    def test_no_client_gets_in_when_the_handler_has_ended(
        self, context: zmq.Context, mechanism: str
    ) -> None:
        context.zap_required = True
        authenticator = Authenticator(context)
        authenticator.start()
        with server(context, mechanism, b"shop") as socket, context.socket(zmq.REQ) as client:
            bind(socket)
            assert socket.zap_enforce_domain
            authenticator.stop()
            client.linger = 0
            if mechanism == "PLAIN":
                client.plain_username = client.plain_password = b"x"
            elif mechanism == "CURVE":
                client.curve_serverkey = PUBLIC
                client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
            events = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            with socket.get_monitor_socket(events) as monitor:
                client.connect(socket.last_endpoint.rstrip(b"\0").decode())
                event = int.from_bytes(monitor.recv_multipart()[0][:2], sys.byteorder)
                socket.disable_monitor()
            assert event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL

    def test_an_authenticator_lets_clients_in(self, context: zmq.Context) -> None:
        from zmq.auth.thread import ThreadAuthenticator

        context.zap_required = True
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_plain("shop", {"anna": "sesame"})
        with server(context, "PLAIN", b"shop") as socket, context.socket(zmq.REQ) as client:
            bind(socket)
            client.linger = 0
            client.plain_username, client.plain_password = b"anna", b"sesame"
            client.connect(socket.last_endpoint.rstrip(b"\0").decode())
            client.send(b"x")
            socket.rcvtimeo = 5000
            assert socket.recv() == b"x"
        authenticator.stop()


@pytest.mark.parametrize("required", [False, True])
def test_options_that_would_abort_the_process(context: zmq.Context, required: bool) -> None:
    context.zap_required = required
    with server(context, "PLAIN", enforce=True) as socket:
        with pytest.raises(zmq.ZMQError, match="needs a ZAP_DOMAIN") as caught:
            bind(socket)
        assert caught.value.errno == zmq.EINVAL
