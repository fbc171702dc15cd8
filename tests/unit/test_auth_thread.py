"""Authenticators that start and stop, in whatever order."""

from __future__ import annotations

import gc
import logging
import os
import threading
import weakref
from typing import Any

import pytest

import zmq
import zmq.auth
from helpers.processes import run_python
from zmq.auth.thread import ThreadAuthenticator

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ leaks, hangs or lets the client wait here"
)
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")

ZAP = "inproc://zeromq.zap.01"
ADDRESS = b"127.0.0.1"
KEY = bytes(range(32))


class TestLife:
    def test_attributes(self, context: zmq.Context) -> None:
        log = logging.getLogger("mine")
        authenticator = zmq.auth.Authenticator(context, "latin1", log)
        assert authenticator.context is context
        assert authenticator.encoding == "latin1"
        assert authenticator.log is log
        assert authenticator.zap_socket is None
        default = zmq.auth.Authenticator()
        assert default.context is zmq.Context.instance()
        assert default.encoding == "utf-8"
        assert default.log.name == "zmq.auth"

    def test_thread(self, context: zmq.Context) -> None:
        authenticator = ThreadAuthenticator(context)
        authenticator.stop()
        assert not authenticator.is_alive()
        authenticator.start()
        assert authenticator.is_alive()
        assert authenticator.thread is not None
        assert authenticator.thread.daemon
        thread = authenticator.thread
        authenticator.stop()
        assert not authenticator.is_alive()
        assert not thread.is_alive()
        authenticator.stop()

    @ours_only
    @pytest.mark.parametrize("kind", [zmq.auth.Authenticator, ThreadAuthenticator])
    def test_start_and_stop_many_times(self, context: zmq.Context, kind: Any) -> None:
        authenticator = kind(context)
        for _ in range(30):
            authenticator.start()
            with pytest.raises(zmq.ZMQError, match="stop it first") as caught:
                authenticator.start()
            assert caught.value.errno == zmq.EADDRINUSE
            authenticator.stop()

    @ours_only
    @pytest.mark.parametrize("kind", [zmq.auth.Authenticator, ThreadAuthenticator])
    def test_one_for_each_context(self, context: zmq.Context, kind: Any) -> None:
        first, second = ThreadAuthenticator(context), kind(context)
        first.start()
        with pytest.raises(zmq.ZMQError, match="has an authenticator already") as caught:
            second.start()
        assert caught.value.errno == zmq.EADDRINUSE
        assert second.zap_socket is None
        second.stop()
        assert first.is_alive()
        first.stop()
        second.start()
        second.stop()

    @ours_only
    def test_the_context_ends_first(self) -> None:
        context = zmq.Context()
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        pipe = authenticator.pipe
        assert pipe is not None
        ender = threading.Thread(target=context.term, daemon=True)
        ender.start()
        assert authenticator.thread is not None
        authenticator.thread.join(10)
        assert not authenticator.is_alive()
        authenticator.stop()
        ender.join(10)
        assert not ender.is_alive()
        assert pipe.closed

    def test_goes_on_without_a_reference(self, context: zmq.Context) -> None:
        def set_up() -> Any:
            authenticator = ThreadAuthenticator(context)
            authenticator.start()
            authenticator.configure_plain(passwords={"anna": "sesame"})
            return weakref.ref(authenticator)

        known = set_up()
        gc.collect()
        with context.socket(zmq.REQ) as client:
            client.linger, client.rcvtimeo = 0, 5000
            client.connect(ZAP)
            client.send_multipart([b"1.0", b"1", b"", ADDRESS, b"", b"PLAIN", b"anna", b"sesame"])
            assert client.recv_multipart()[2] == b"200"
        known().stop()
        gc.collect()
        assert known() is None

    @ours_only
    def test_the_context_of_a_dropped_one_ends(self) -> None:
        context = zmq.Context()
        ThreadAuthenticator(context).start()
        gc.collect()
        context.term(10)
        assert context.closed

    @ours_only
    @needs_curve
    def test_stop_does_not_wait_for_a_provider_for_ever(
        self, context: zmq.Context, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        import zmq.auth.thread

        monkeypatch.setattr(zmq.auth.thread, "_STOP_WAIT_S", 0.1)
        entered, leave = threading.Event(), threading.Event()

        class Slow:
            def callback(self, domain: str, key: bytes) -> bool:
                entered.set()
                leave.wait(20)
                return True

        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_curve_callback("*", Slow())
        thread = authenticator.thread
        assert thread is not None
        with context.socket(zmq.REQ) as client:
            client.linger = 0
            client.connect(ZAP)
            client.send_multipart([b"1.0", b"1", b"", ADDRESS, b"", b"CURVE", KEY])
            assert entered.wait(10)
            authenticator.stop()
        assert "still runs" in caplog.text
        assert not authenticator.is_alive()
        leave.set()
        thread.join(10)
        assert not thread.is_alive()

    @ours_only
    @needs_curve
    def test_stop_from_a_provider(self, context: zmq.Context) -> None:
        authenticator = ThreadAuthenticator(context)

        class Stops:
            def callback(self, domain: str, key: bytes) -> bool:
                authenticator.stop()
                return True

        authenticator.start()
        authenticator.configure_curve_callback("*", Stops())
        thread = authenticator.thread
        assert thread is not None
        with context.socket(zmq.REQ) as client:
            client.linger = 0
            client.connect(ZAP)
            client.send_multipart([b"1.0", b"1", b"", ADDRESS, b"", b"CURVE", KEY])
            thread.join(10)
        assert not thread.is_alive()

    @ours_only
    def test_a_failing_subclass_still_replies(
        self, context: zmq.Context, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken(ThreadAuthenticator):
            async def handle_zap_message(self, msg: list[bytes]) -> None:
                raise LookupError("lost")

        authenticator = Broken(context)
        authenticator.start()
        with context.socket(zmq.REQ) as client:
            client.linger, client.rcvtimeo = 0, 5000
            client.connect(ZAP)
            for _ in range(2):
                client.send_multipart([b"1.0", b"1", b"", ADDRESS, b"", b"NULL"])
                assert client.recv_multipart()[2] == b"500"
        assert "lost" in caplog.text
        authenticator.stop()

    @ours_only
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this platform")
    def test_a_forked_child_leaves_the_parent_alone(self) -> None:
        lines = run_python(
            """
            import os, zmq
            from zmq.auth.thread import ThreadAuthenticator
            authenticator = ThreadAuthenticator()
            authenticator.start()
            pid = os.fork()
            if pid == 0:
                authenticator.stop()
                os._exit(authenticator.is_alive())
            print(os.waitpid(pid, 0)[1])
            print(authenticator.is_alive())
            authenticator.stop()
            """
        )
        assert lines == ["0", "True"]
