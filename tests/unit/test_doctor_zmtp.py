"""ZMTP as bytes: what peers send is told apart, and no bytes are read beyond their end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zmq.diagnosis.zmtp import (
    COMMAND_LIMIT,
    GREETING_SIZE,
    MECHANISMS,
    PARTNERS,
    SIGNATURE,
    Command,
    Greeting,
    MalformedError,
    Speech,
    as_text,
    build_command,
    build_greeting,
    build_metadata,
    build_plain_hello,
    error_reason,
    fits,
    parse_metadata,
    read_greeting,
    take_command,
)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("as_server", [False, True])
def test_a_greeting_is_read_as_it_was_built(mechanism: str, as_server: bool) -> None:
    data = build_greeting(mechanism, as_server=as_server)
    assert len(data) == GREETING_SIZE
    assert read_greeting(data) == Greeting(Speech.ZMTP_3, (3, 1), mechanism, as_server)
    assert read_greeting(data + b"more") == read_greeting(data)
    for size in range(GREETING_SIZE):
        assert read_greeting(data[:size]) is None


def test_a_mechanism_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 20 bytes"):
        build_greeting("M" * 21)


@pytest.mark.parametrize(
    ("data", "speech", "socket_type"),
    [
        (SIGNATURE + b"\x01\x04", Speech.ZMTP_2, "REP"),
        (SIGNATURE + b"\x01\x63", Speech.ZMTP_2, ""),
        (b"\xff" + b"\0" * 7 + b"\x40\x00", Speech.ZMTP_1, ""),
        (b"\x01\x00", Speech.ZMTP_1, ""),
        (b"\x04\x00abc", Speech.ZMTP_1, ""),
        (b"HTTP/1.0 400 Bad Request\r\n", Speech.HTTP, ""),
        (b"<!DOCTYPE html>", Speech.HTTP, ""),
        (b"\x15\x03\x03\x00\x02\x02\x28", Speech.TLS, ""),
        (b"SSH-2.0-OpenSSH\r\n", Speech.SSH, ""),
        (b"220 mail ready\r\n", Speech.OTHER, ""),
        (b"\x02\x00abc", Speech.OTHER, ""),
        (b"\xff" * GREETING_SIZE, Speech.OTHER, ""),
        (build_greeting(""), Speech.OTHER, ""),
    ],
)
def test_first_bytes_of_others(data: bytes, speech: Speech, socket_type: str) -> None:
    found = read_greeting(data)
    assert found is not None
    assert (found.speech, found.socket_type) == (speech, socket_type)


@pytest.mark.parametrize(
    "data", [b"", b"H", b"HTTP", b"S", b"\x15", SIGNATURE, SIGNATURE + b"\x01"]
)
def test_bytes_that_may_still_become_either(data: bytes) -> None:
    assert read_greeting(data) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_greeting_or_need_more(data: bytes) -> None:
    found = read_greeting(data)
    if len(data) >= GREETING_SIZE:
        assert found is not None
    if found is not None:
        assert found.mechanism.isprintable()


@given(st.binary(min_size=2, max_size=300))
def test_any_bytes_are_a_command_or_malformed_or_need_more(data: bytes) -> None:
    try:
        found = take_command(data)
    except MalformedError:
        return
    if found is not None:
        command, size = found
        assert 0 < size <= len(data)
        assert len(command.data) < size
        assert command.name.isprintable()


@given(st.text("ABC", min_size=1, max_size=20), st.binary(max_size=1000), st.binary(max_size=9))
def test_a_command_is_read_as_it_was_built(name: str, data: bytes, rest: bytes) -> None:
    frame = build_command(name, data)
    assert take_command(frame + rest) == (Command(name, data), len(frame))
    assert take_command(frame[:-1]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x06" + (COMMAND_LIMIT + 1).to_bytes(8, "big"),  # never waited for
        b"\x06" + b"\xff" * 8,
        b"\x08\x00",  # flags that are reserved
        b"\x04\x00",  # no name
        b"\x04\x02\x05A",  # a name that is cut off
    ],
)
def test_frames_that_break_the_rules(data: bytes) -> None:
    with pytest.raises(MalformedError):
        take_command(data)


def test_the_error_of_libzmqs_plain_server() -> None:
    assert take_command(b"\x04\x09^RROR\x03400") == (Command("ERROR", b"\x03400"), 11)


def test_a_message_has_no_name() -> None:
    assert take_command(b"\x00\x02hi") == (Command("", b"hi"), 4)


@given(st.binary(max_size=100))
def test_any_metadata_are_properties_or_malformed(data: bytes) -> None:
    try:
        found = parse_metadata(data)
    except MalformedError:
        return
    assert sum(len(each) for each in found.values()) <= len(data)


def test_metadata_are_read_as_they_were_built() -> None:
    data = build_metadata({"Socket-Type": "REQ", "Identity": ""})
    assert parse_metadata(data) == {"socket-type": b"REQ", "identity": b""}
    for size in range(1, len(data)):
        if size != len(build_metadata({"Socket-Type": "REQ"})):
            with pytest.raises(MalformedError):
                parse_metadata(data[:size])


def test_a_name_and_a_password() -> None:
    assert take_command(build_plain_hello(b"me", b"")) == (Command("HELLO", b"\x02me\x00"), 12)
    with pytest.raises(ValueError, match="255"):
        build_plain_hello(b"x" * 256, b"")


@given(st.binary(max_size=50))
def test_text_of_a_peer_is_nothing_that_a_terminal_obeys(data: bytes) -> None:
    assert as_text(data).isprintable()
    assert error_reason(data).isprintable()


def test_error_reasons() -> None:
    assert error_reason(b"\x03400") == "400"
    assert error_reason(b"") == ""
    assert error_reason(b"\xff40") == "40"


def test_partners_are_mutual() -> None:
    for mine, others in PARTNERS.items():
        for other in others:
            assert fits(mine, other)
            assert fits(other, mine)
    assert not fits("REQ", "PUB")
    assert fits("", "PUB")
    assert fits("REQ", "OF-THE-FUTURE")
