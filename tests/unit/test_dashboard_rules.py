"""The dashboard's decisions: addresses, permissions, the parts of messages that are shown."""

from __future__ import annotations

import pytest

from zmq._addresses import is_loopback
from zmq.dashboard.address import named_host, parse_address
from zmq.dashboard.guard import Guard, make_guard
from zmq.dashboard.messages import (
    KEPT_BYTES,
    KEPT_PARTS,
    ROW_BYTES,
    Copy,
    Filter,
    as_text,
    keep,
    make_filter,
    spread,
    typed_bytes,
)
from zmq.dashboard.readings import History, Reading

TOKEN = "a token has to be long".replace(" ", "-")
DIRECTIONS = {b"in": "in_to_out", b"out": "out_to_in"}


def guard(address: str = "127.0.0.1:80", **settings: object) -> Guard:
    return make_guard(parse_address(address), TOKEN, **settings)  # type: ignore[arg-type]


def copy(*frames: bytes, number: int = 1) -> Copy:
    return keep(number, 0.0, frames, DIRECTIONS)


# ---- addresses


@pytest.mark.parametrize(
    ("text", "host", "port", "url"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, "http://127.0.0.1:9/"),
        ("localhost:*", "localhost", 0, "http://localhost:9/"),
        ("[::1]:0", "::1", 0, "http://[::1]:9/"),
        ("*:8080", "", 8080, "http://127.0.0.1:9/"),
        ("0.0.0.0:8080", "0.0.0.0", 8080, "http://127.0.0.1:9/"),
        ("[::]:8080", "::", 8080, "http://[::1]:9/"),
    ],
)
def test_an_address(text: str, host: str, port: int, url: str) -> None:
    found = parse_address(text)
    assert (found.host, found.port, found.url(9)) == (host, port, url)


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "host", "host:", "host:x", "::1:80", "h:66666"]
)
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|65535"):
        parse_address(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "box"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost:80", "localhost"),
        ("LocalHost.", "localhost"),
        ("[::1]:80", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", None),
        ("a b", None),
        ("127.0.0.1:80@evil.example", None),
        ("evil.example/127.0.0.1", None),
    ],
)
def test_the_host_of_a_header(header: str, host: str | None) -> None:
    assert named_host(header) == host


# ---- permissions


@pytest.mark.parametrize("header", ["127.0.0.1:80", "localhost:9", "[::1]:80", "LOCALHOST"])
def test_own_hosts(header: str) -> None:
    assert guard().knows_host(header)


@pytest.mark.parametrize("header", [None, "", "evil.example", "10.0.0.1", "localhost.evil.example"])
def test_foreign_hosts(header: str | None) -> None:
    assert not guard().knows_host(header)


def test_hosts_of_a_dashboard_for_others() -> None:
    one = guard("0.0.0.0:80", names=["Box.example."])
    assert one.knows_host("192.0.2.1:80")  # a number cannot be rebound
    assert one.knows_host("box.example:80")
    assert not one.knows_host("evil.example")
    assert guard("box:80").knows_host("box:80")


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        (None, True),
        ("http://127.0.0.1:80", True),
        ("https://127.0.0.1:80", True),
        ("http://127.0.0.1:81", False),
        ("http://localhost:80", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
        ("file://127.0.0.1:80", False),
        ("http://127.0.0.1:80@evil.example", False),
    ],
)
def test_origins(origin: str | None, known: bool) -> None:
    assert guard().knows_origin(origin, "127.0.0.1:80") is known


@pytest.mark.parametrize(
    ("authorization", "may"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        (None, False),
        ("", False),
        ("Bearer ", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Bearer {TOKEN}x", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer Ø", False),
    ],
)
def test_control_needs_the_token(authorization: str | None, may: bool) -> None:
    assert guard().may_control(authorization) is may
    assert guard(private=True).may_read(authorization) is may
    assert guard().may_read(authorization)


@pytest.mark.parametrize("address", ["0.0.0.0:80", "*:80", "[::]:80", "10.0.0.1:80", "box:80"])
def test_off_loopback_reading_needs_it_too(address: str) -> None:
    assert guard(address).private
    assert not guard(address).may_read(None)


def test_tokens() -> None:
    made = make_guard(parse_address("127.0.0.1:80"), None)
    other = make_guard(parse_address("127.0.0.1:80"), None)
    assert len(made.token) >= 32
    assert made.token != other.token
    assert made.token not in repr(made)
    for bad in ("", "short", "with blanks in the middle", "unprintable\n0123456789", "Ø" * 20):
        with pytest.raises(ValueError, match="token"):
            make_guard(parse_address("127.0.0.1:80"), bad)


# ---- messages


def test_what_is_kept_of_a_message() -> None:
    found = copy(b"in", b"id", b"", b"text \xc3\x98")
    assert (found.direction, found.n_parts, found.size) == ("in_to_out", 3, 9)
    assert found.describe() == {
        "id": 1,
        "time": 0.0,
        "direction": "in_to_out",
        "size": 9,
        "n_parts": 3,
        "parts": [
            {"size": 2, "text": "id", "hex": "6964", "cut": False},
            {"size": 0, "text": "", "hex": "", "cut": False},
            {"size": 7, "text": "text Ø", "hex": "7465787420c398", "cut": False},
        ],
    }


def test_without_a_prefix_all_parts_are_shown() -> None:
    assert copy(b"topic", b"in").describe()["direction"] == ""
    assert copy(b"topic", b"in").n_parts == 2
    assert keep(1, 0.0, [b"in", b"x"], {}).n_parts == 2


def test_a_large_message_is_cut() -> None:
    found = copy(b"out", b"x" * 100_000, *[b"y"] * 100)
    assert (found.size, found.n_parts) == (100_100, 101)
    assert len(found.parts) == KEPT_PARTS
    assert sum(len(part.head) for part in found.parts) == KEPT_BYTES
    row = found.describe()
    assert row["parts"][0]["text"] == "x" * ROW_BYTES
    assert row["parts"][0]["cut"]
    assert row["parts"][0]["size"] == 100_000
    assert len(found.describe(whole=True)["parts"][0]["text"]) == KEPT_BYTES


@pytest.mark.parametrize(
    ("head", "cut", "text"),
    [
        (b"", False, ""),
        (b"plain\ttext\r\n", False, "plain\ttext\r\n"),
        ("日本".encode(), False, "日本"),
        ("日本".encode()[:-1], False, None),
        ("日本".encode()[:-1], True, "日"),
        ("日本".encode()[:-2], True, "日"),
        (b"\x00\x01", False, None),
        (b"\xff" * 9, True, None),
        ("\u202etxt".encode(), False, None),  # would turn the words around it
        (b"\x1b[2J", False, None),
    ],
)
def test_what_is_text(head: bytes, cut: bool, text: str | None) -> None:
    assert as_text(head, cut=cut) == text


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Filter(), True),
        (Filter(direction="in_to_out"), True),
        (Filter(direction="out_to_in"), False),
        (Filter(prefix=b"Hel"), True),
        (Filter(prefix=b"ello"), False),
        (Filter(text=b"WORLD".lower()), True),
        (Filter(text=b"moon"), False),
        (Filter(direction="in_to_out", prefix=b"id", text=b"\x00"), True),
    ],
)
def test_filters(wanted: Filter, matches: bool) -> None:
    assert wanted.matches(copy(b"in", b"id", b"Hello World\x00")) is matches


def test_a_filter_of_what_a_page_sent() -> None:
    assert make_filter("in_to_out", "0x00ff", "Text") == Filter("in_to_out", b"\x00\xff", b"text")
    assert make_filter("sideways", None, ["x"]) == Filter()
    assert typed_bytes("0xz") == b"0xz"
    assert typed_bytes("\ud800") == b"?"


def test_messages_are_picked_evenly() -> None:
    copies = [copy(b"x", number=number) for number in range(1, 101)]
    assert spread(copies, 100) == copies
    assert [each.number for each in spread(copies, 4)] == [25, 50, 75, 100]
    assert spread([], 4) == []


# ---- rates


def test_rates_between_readings() -> None:
    history = History(0.5)
    assert history.add(10.0, Reading(messages_in=100, dropped=0, blocked_in_s=1.0), 1000.0) is None
    point = history.add(
        10.5,
        Reading(150, 5000, 10, 20, dropped=5, blocked_in_s=1.25, blocked_out_s=0.0, peers_in=3),
        1000.5,
    )
    assert point is not None
    assert (point.time, point.messages_in, point.bytes_in) == (1_000_500, 100.0, 10_000.0)
    assert (point.messages_out, point.bytes_out, point.dropped) == (20.0, 40.0, 10.0)
    assert (point.blocked_in, point.blocked_out) == (50.0, None)
    assert (point.peers_in, point.peers_out) == (3, None)


def test_rates_are_those_of_the_last_second() -> None:
    history = History(0.5)
    for tick in range(20):
        point = history.add(tick / 2, Reading(messages_in=tick * 10), 0.0)
    assert point is not None
    assert point.messages_in == 20.0
    point = history.add(10.0, Reading(messages_in=190), 0.0)
    assert point is not None
    assert point.messages_in == 10.0


def test_a_device_that_starts_again() -> None:
    history = History(0.5)
    history.add(0.0, Reading(messages_in=1000), 0.0)
    assert history.add(0.5, Reading(messages_in=1), 0.5) is None
    point = history.add(1.0, Reading(messages_in=2), 1.0)
    assert point is not None
    assert point.messages_in == 2.0
