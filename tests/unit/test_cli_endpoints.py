"""Endpoints as typed on the command line."""

from __future__ import annotations

import pytest

from zmq.cli.sockets.endpoints import Endpoint, check_no_repeats, parse_endpoint
from zmq.cli.terminal.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://127.0.0.1:5555", Endpoint("tcp://127.0.0.1:5555", bind=True)),
        ("@tcp://127.0.0.1:5555", Endpoint("tcp://127.0.0.1:5555", bind=True)),
        (">tcp://127.0.0.1:5555", Endpoint("tcp://127.0.0.1:5555", bind=False)),
        ("tcp://*:*", Endpoint("tcp://*:*", bind=True)),
        ("tcp://[::1]:5555", Endpoint("tcp://[::1]:5555", bind=True)),
        (">tcp://10.0.0.1:1;10.0.0.2:2", Endpoint("tcp://10.0.0.1:1;10.0.0.2:2", bind=False)),
        ("ipc:///tmp/a b", Endpoint("ipc:///tmp/a b", bind=True)),
        ("ipc://@name", Endpoint("ipc://@name", bind=True)),
        ("epgm://eth0;239.1.1.1:5", Endpoint("epgm://eth0;239.1.1.1:5", bind=True)),
    ],
)
def test_reads(text: str, expected: Endpoint) -> None:
    assert parse_endpoint(text, "--in") == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no transport"),
        ("5555", "no transport"),
        ("127.0.0.1:5555", "no transport"),
        ("@", "no transport"),
        ("tcp://", "nothing after tcp://"),
        ("tcp://127.0.0.1", "no port"),
        ("tcp://127.0.0.1:", "no port"),
        ("tcp://:5555", "no port"),
        ("tcp://127.0.0.1:http", "no port"),
        ("tcp://127.0.0.1:65536", "above 65535"),
        (">tcp://*:5555", "wildcard"),
        (">tcp://127.0.0.1:*", "wildcard"),
        (">tcp://127.0.0.1:0", "wildcard"),
        (">ipc://*", "wildcard"),
        ("inproc://here", "same process"),
    ],
)
def test_refuses(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        parse_endpoint(text, "--in")
    assert str(caught.value).startswith("--in ")
    assert "\n" not in str(caught.value)


def test_an_ipc_path_is_measured_in_bytes() -> None:
    parse_endpoint("ipc://" + "x" * 10, "--in", ipc_limit=10)
    with pytest.raises(UsageError, match="12 bytes, longer than the 10"):
        parse_endpoint("ipc://" + "Ø" * 6, "--in", ipc_limit=10)


def test_transport_and_wildcards() -> None:
    assert Endpoint("ipc://*").transport == "ipc"
    wild = ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "ipc://*"]
    assert all(Endpoint(address).is_wildcard for address in wild)
    assert not Endpoint("tcp://*:5555").is_wildcard


def test_an_address_is_bound_once() -> None:
    a = Endpoint("tcp://127.0.0.1:5555")
    with pytest.raises(UsageError, match="given twice, to --in and to --out"):
        check_no_repeats([("--in", a), ("--out", a)])


def test_what_may_be_repeated() -> None:
    free = Endpoint("tcp://127.0.0.1:*")
    a = Endpoint("tcp://127.0.0.1:5555")
    to_a = Endpoint("tcp://127.0.0.1:5555", bind=False)
    check_no_repeats([("--in", free), ("--out", free), ("--in", a), ("--out", to_a)])
