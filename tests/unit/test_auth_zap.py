"""The ZAP handler, frame by frame."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zmq
import zmq.auth
from zmq.utils import z85

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ leaks, hangs or lets the client wait here"
)
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")

ZAP = "inproc://zeromq.zap.01"
ADDRESS = b"127.0.0.1"


class Zap:
    """The client side of ZAP, by hand: sends requests to an authenticator and receives replies."""

    def __init__(self, context: Any) -> None:
        self.authenticator = zmq.auth.Authenticator(context)
        self.authenticator.start()
        self.server: Any = self.authenticator.zap_socket
        self.server.rcvtimeo = self.server.sndtimeo = 5000
        self.client: Any = context.socket(zmq.REQ)
        self.client.linger = 0
        self.client.rcvtimeo = 5000
        self.client.connect(ZAP)

    def raw(self, *frames: bytes) -> list[bytes]:
        self.client.send_multipart(frames)
        asyncio.run(self.authenticator.handle_zap_message(self.server.recv_multipart()))
        reply: list[bytes] = self.client.recv_multipart()
        return reply

    def ask(
        self, mechanism: bytes, *credentials: bytes, domain: bytes = b"", address: bytes = ADDRESS
    ) -> tuple[bytes, bytes, bytes]:
        version, request_id, code, text, user, metadata = self.raw(
            b"1.0", b"r1", domain, address, b"id", mechanism, *credentials
        )
        assert (version, request_id, metadata) == (b"1.0", b"r1", b"")
        return code, text, user

    def close(self) -> None:
        self.client.close()
        self.authenticator.stop()


@pytest.fixture
def zap(context: zmq.Context) -> Iterator[Zap]:
    zap = Zap(context)
    yield zap
    zap.close()


OK = (b"200", b"OK")
UNKNOWN_KEY = (b"400", b"Unknown key", b"")
UNKNOWN_DOMAIN = (b"400", b"Unknown domain", b"")
KEY = bytes(range(32))
KEY_TEXT = z85.encode(KEY)


class Provider:
    """A credentials provider that says what it was told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[tuple[str, bytes]] = []

    def callback(self, domain: str, key: bytes) -> Any:
        self.calls.append((domain, key))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class AsyncProvider(Provider):
    async def callback(self, domain: str, key: bytes) -> Any:
        await asyncio.sleep(0)
        return super().callback(domain, key)


class TestRequests:
    def test_without_configuration(self, zap: Zap) -> None:
        assert zap.ask(b"NULL") == (*OK, b"anonymous")
        assert zap.ask(b"NULL", domain=b"global") == (*OK, b"anonymous")
        assert zap.ask(b"GSSAPI", b"anna@EXAMPLE") == (*OK, b"anna@EXAMPLE")
        assert zap.ask(b"PLAIN", b"u", b"p") == (b"400", b"No passwords defined", b"")
        assert zap.ask(b"CURVE", KEY) == UNKNOWN_DOMAIN
        assert zap.ask(b"OTHER", b"x") == (b"400", b"NO ACCESS", b"")

    @pytest.mark.parametrize(
        ("mechanism", "credentials"),
        [
            (b"PLAIN", []),
            (b"PLAIN", [b"u"]),
            (b"PLAIN", [b"u", b"p", b"x"]),
            (b"CURVE", []),
            (b"CURVE", [KEY, KEY]),
            (b"GSSAPI", []),
        ],
    )
    def test_credentials_of_a_wrong_shape(
        self, zap: Zap, mechanism: bytes, credentials: list[bytes]
    ) -> None:
        assert zap.ask(mechanism, *credentials) == (b"400", b"Invalid credentials", b"")

    def test_requests_of_a_wrong_shape(self, zap: Zap) -> None:
        reply = zap.raw(b"2.0", b"7", b"", ADDRESS, b"", b"NULL")
        assert reply == [b"1.0", b"7", b"400", b"Invalid version", b"", b""]
        for frames in ((b"1.0", b"7"), (b"1.0", b"7", b"", ADDRESS, b"")):
            assert zap.raw(*frames) == [b"1.0", b"7", b"400", b"Not enough frames", b"", b""]

    @ours_only
    def test_every_request_gets_a_reply(self, zap: Zap) -> None:
        assert zap.raw(b"1.0") == [b"1.0", b"", b"400", b"Not enough frames", b"", b""]
        zap.authenticator.allow_any = True
        assert zap.ask(b"CURVE", b"short") == (b"400", b"Invalid credentials", b"")
        assert zap.ask(b"GSSAPI", b"\xff") == (*OK, b"\xff")

    def test_bytes_that_are_no_text(self, zap: Zap) -> None:
        assert zap.ask(b"NULL", domain=b"\xff", address=b"\xff")[:2] == OK


class TestAddresses:
    def test_allow(self, zap: Zap) -> None:
        zap.authenticator.allow("127.0.0.1")
        zap.authenticator.allow("10.0.0.1", "10.0.0.2")
        for address in (b"127.0.0.1", b"10.0.0.2"):
            assert zap.ask(b"NULL", address=address)[:2] == OK
        refused = (b"400", b"Address not allowed", b"")
        for mechanism in ([b"NULL"], [b"GSSAPI", b"x"], [b"PLAIN", b"u", b"p"], [b"CURVE", KEY]):
            assert zap.ask(*mechanism, address=b"10.0.0.3") == refused
        # An allowed address is no substitute for a password.
        assert zap.ask(b"PLAIN", b"u", b"p")[0] == b"400"
        with pytest.raises(ValueError, match=r"not both|either"):
            zap.authenticator.deny("10.0.0.1")

    def test_deny(self, zap: Zap) -> None:
        zap.authenticator.deny("10.0.0.1")
        assert zap.ask(b"NULL", address=b"10.0.0.1") == (b"400", b"Address denied", b"")
        assert zap.ask(b"NULL")[:2] == OK
        with pytest.raises(ValueError, match=r"not both|either"):
            zap.authenticator.allow("10.0.0.1")

    def test_an_address_is_text(self, zap: Zap) -> None:
        for method in (zap.authenticator.allow, zap.authenticator.deny):
            with pytest.raises(TypeError):
                method(b"127.0.0.1")  # type: ignore[arg-type]

    def test_nothing_allowed_is_no_rule(self, zap: Zap) -> None:
        zap.authenticator.allow()
        assert zap.ask(b"NULL")[:2] == OK


class TestPlain:
    def test_passwords(self, zap: Zap) -> None:
        zap.authenticator.configure_plain(passwords={"anna": "pässword", "ö": ""})
        assert zap.ask(b"PLAIN", b"anna", "pässword".encode()) == (*OK, b"anna")
        assert zap.ask(b"PLAIN", "ö".encode(), b"") == (*OK, "ö".encode())
        for password in (b"x", b"", b"\xff", b"anna"):
            assert zap.ask(b"PLAIN", b"anna", password) == (b"400", b"Invalid password", b"")
        for name in (b"bob", b"", b"\xff", b"ANNA"):
            assert zap.ask(b"PLAIN", name, b"x") == (b"400", b"Invalid username", b"")
        assert zap.ask(b"NULL")[:2] == OK

    def test_domains(self, zap: Zap) -> None:
        zap.authenticator.configure_plain("*", {"anna": "a"})
        zap.authenticator.configure_plain("shop", {"bob": "b"})
        assert zap.ask(b"PLAIN", b"anna", b"a")[:2] == OK
        assert zap.ask(b"PLAIN", b"bob", b"b", domain=b"shop")[:2] == OK
        assert zap.ask(b"PLAIN", b"anna", b"a", domain=b"shop")[1] == b"Invalid username"
        assert zap.ask(b"PLAIN", b"anna", b"a", domain=b"other")[1] == b"Invalid domain"

    @ours_only
    def test_a_name_that_only_looks_like_one(self, zap: Zap) -> None:
        zap.authenticator.configure_plain("*", {"\ufffd": "a"})
        assert zap.ask(b"PLAIN", b"\xff", b"a")[1] == b"Invalid username"

    def test_the_dict_may_change(self, zap: Zap) -> None:
        passwords = {"anna": "a"}
        zap.authenticator.configure_plain(passwords=passwords)
        del passwords["anna"]
        assert zap.ask(b"PLAIN", b"anna", b"a")[0] == b"400"

    @ours_only
    def test_no_password_in_the_log(self, zap: Zap, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "zmq.auth")
        zap.authenticator.configure_plain(passwords={"anna": "hush1"})
        zap.ask(b"PLAIN", b"anna", b"hush1")
        zap.ask(b"PLAIN", b"anna", b"hush2")
        zap.ask(b"PLAIN", b"anna", b"hush3", b"hush4")
        assert "PLAIN client from 127.0.0.1" in caplog.text
        assert "hush" not in caplog.text


@needs_curve
class TestCurve:
    @pytest.fixture
    def known(self, tmp_path: Path) -> bytes:
        zmq.auth.create_certificates(tmp_path, "anna")
        return zmq.auth.load_certificate(tmp_path / "anna.key")[0]

    def test_a_directory(self, zap: Zap, tmp_path: Path, known: bytes) -> None:
        zap.authenticator.configure_curve("*", tmp_path)
        assert zap.ask(b"CURVE", z85.decode(known)) == (*OK, known)
        assert zap.ask(b"CURVE", KEY) == UNKNOWN_KEY
        assert zap.ask(b"CURVE", z85.decode(known), domain=b"shop") == UNKNOWN_DOMAIN
        zap.authenticator.configure_curve("shop", str(tmp_path))
        assert zap.ask(b"CURVE", z85.decode(known), domain=b"shop")[:2] == OK

    def test_a_directory_read_again(self, zap: Zap, tmp_path: Path, known: bytes) -> None:
        zap.authenticator.configure_curve("*", tmp_path)
        (tmp_path / "anna.key").unlink()
        assert zap.ask(b"CURVE", z85.decode(known))[:2] == OK
        zap.authenticator.configure_curve("*", tmp_path)
        assert zap.ask(b"CURVE", z85.decode(known)) == UNKNOWN_KEY

    def test_a_directory_that_is_not_there(
        self, zap: Zap, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        zap.authenticator.configure_curve("*", tmp_path / "none")
        assert caplog.records[-1].levelno == logging.ERROR
        assert str(tmp_path / "none") in caplog.text
        assert zap.ask(b"CURVE", KEY) == UNKNOWN_DOMAIN

    def test_any_key(self, zap: Zap, tmp_path: Path) -> None:
        zap.authenticator.configure_curve("*", zmq.auth.CURVE_ALLOW_ANY)
        assert zap.authenticator.allow_any is True
        assert zap.ask(b"CURVE", KEY) == (*OK, KEY_TEXT)
        assert zap.ask(b"CURVE", KEY, domain=b"shop")[:2] == OK
        zap.authenticator.configure_curve("*", tmp_path)
        assert zap.authenticator.allow_any is False
        assert zap.ask(b"CURVE", KEY) == UNKNOWN_KEY

    @pytest.mark.parametrize("kind", [Provider, AsyncProvider])
    @pytest.mark.parametrize("answer", [True, 1, "yes", False, None, 0])
    def test_a_provider(self, zap: Zap, kind: type[Provider], answer: Any) -> None:
        provider = kind(answer)
        zap.authenticator.configure_curve_callback("*", provider)
        assert zap.authenticator.credentials_providers == {"*": provider}
        assert zap.ask(b"CURVE", KEY) == ((*OK, KEY_TEXT) if answer else UNKNOWN_KEY)
        assert provider.calls == [("*", KEY_TEXT)]
        assert zap.ask(b"CURVE", KEY, domain=b"shop") == UNKNOWN_DOMAIN

    def test_a_provider_goes_before_a_directory(
        self, zap: Zap, tmp_path: Path, known: bytes
    ) -> None:
        zap.authenticator.configure_curve("*", zmq.auth.CURVE_ALLOW_ANY)
        zap.authenticator.configure_curve_callback("*", credentials_provider=Provider(False))
        zap.authenticator.configure_curve("*", tmp_path)
        assert zap.ask(b"CURVE", z85.decode(known)) == UNKNOWN_KEY

    def test_no_provider(self, zap: Zap, caplog: pytest.LogCaptureFixture) -> None:
        zap.authenticator.configure_curve_callback("*")
        assert caplog.records[-1].levelno == logging.ERROR
        assert zap.ask(b"CURVE", KEY) == UNKNOWN_DOMAIN

    @ours_only
    @pytest.mark.parametrize(
        "provider", [Provider(KeyError("db")), AsyncProvider(KeyError("db")), lambda: True]
    )
    def test_a_provider_that_fails_refuses(
        self, zap: Zap, provider: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        zap.authenticator.configure_curve_callback("*", provider)
        assert zap.ask(b"CURVE", KEY) == (b"500", b"Internal error", b"")
        assert caplog.records[-1].levelno == logging.ERROR
        assert caplog.records[-1].exc_info is not None

    def test_names_of_users(self, context: zmq.Context) -> None:
        class Named(zmq.auth.Authenticator):
            def curve_user_id(self, client_public_key: bytes) -> str:
                assert client_public_key == KEY
                return "änna"

        zap = Zap.__new__(Zap)
        original = zmq.auth.Authenticator
        try:
            zmq.auth.Authenticator = Named  # type: ignore[misc]
            zap.__init__(context)  # type: ignore[misc]
        finally:
            zmq.auth.Authenticator = original  # type: ignore[misc]
        zap.authenticator.configure_curve("*", zmq.auth.CURVE_ALLOW_ANY)
        assert zap.ask(b"CURVE", KEY) == (*OK, "änna".encode())
        assert original(context).curve_user_id(KEY) == KEY_TEXT.decode()
        zap.close()

    def test_gssapi_has_nothing_to_configure(self, zap: Zap) -> None:
        zap.authenticator.configure_gssapi("*", "somewhere")
        assert zap.ask(b"GSSAPI", b"anna")[:2] == OK
