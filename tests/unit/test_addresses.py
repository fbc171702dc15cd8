"""HOST:PORT as it is written and read."""

from __future__ import annotations

import pytest

from zmq._addresses import join_address, parse_listen_address, split_address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:*", ("localhost", 0)),
        ("*:80", ("", 80)),
    ],
)
def test_addresses_to_listen_on(text: str, found: tuple[str, int]) -> None:
    assert parse_listen_address(text) == found


@pytest.mark.parametrize(
    "text", ["", "x", ":80", "[]:80", "::1:80", "a b:80", "h:", "h:x", "h:65536", "h:80/"]
)
def test_other_texts_are_no_addresses(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|65535"):
        parse_listen_address(text)


@pytest.mark.parametrize(
    ("endpoint", "host", "port"),
    [
        ("tcp://127.0.0.1:5555", "127.0.0.1", "5555"),
        ("tcp://[fe80::1%eth0]:5555", "fe80::1%eth0", "5555"),
        ("eth0:*", "eth0", "*"),
    ],
)
def test_an_endpoint_in_two(endpoint: str, host: str, port: str) -> None:
    assert split_address(endpoint) == (host, port)
    assert join_address(host, port) == endpoint.removeprefix("tcp://")
