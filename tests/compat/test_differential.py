"""The same statements on PyZMQ and on this package, each in an interpreter of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.compat.differential import DIFFERENCES, Drivers, sections

SECTIONS = sections()


@pytest.fixture(scope="module")
def both(pyzmq: Path) -> Iterator[Drivers]:
    drivers = Drivers(pyzmq)
    yield drivers
    drivers.close()


@pytest.fixture
def drivers(both: Drivers) -> Drivers:
    both.reset()
    return both


@pytest.mark.parametrize("section", SECTIONS)
def test_written_statements_have_the_same_outcome(drivers: Drivers, section: str) -> None:
    mismatches = drivers.mismatches(SECTIONS[section])
    assert not mismatches, "\n".join(mismatches)


# -- every option ---------------------------------------------------------------------------

SOCKET_TYPES = ("PAIR", "REQ", "ROUTER", "SUB", "XPUB", "STREAM")
VALUES = (
    "0 1 -1 2 -2 255 256 2**31-1 2**31 -2**31 -2**31-1 2**63-1 2**63 2**64 True None 1.0 1.5 "
    "b'' b'a' b'\\0a' b'x'*32 b'x'*40 b'x'*41 b'x'*255 b'x'*256 '' 'a' bytearray(b'a') "
    "memoryview(b'a') [] object()"
).split()
# Bound to devices, groups of processes or descriptors of the machine: not set at random.
UNSET = {"USE_FD", "BINDTODEVICE"}
# In PyZMQ a plain attribute, which a program can overwrite without effect on the socket.
PLAIN_ATTRIBUTES = {"TYPE"}


def option_statements(name: str, socket_type: str) -> list[str]:
    """Get and set one option in every way that there is."""
    option = f"zmq.SocketOption.{name}"
    # A descriptor is another number in each process.
    got = "type(s.{})" if name == "FD" else "s.{}"
    lines = [f"s = S(zmq.{socket_type}, linger=0)"]
    reads = [
        got.format(f"getsockopt({option})"),
        got.format(name),
        got.format(name.lower()),
        got.format(name.title()),
        f"s.getsockopt_string({option}) if {name == 'LAST_ENDPOINT'} else 0",
    ]
    lines += reads
    if name not in UNSET:
        for value in VALUES:
            lines += [f"s.setsockopt({option}, {value})", reads[0]]
    if name not in UNSET | PLAIN_ATTRIBUTES:
        lines += [f"s.{name.lower()} = {value}" for value in ("1", "b'a'", "'a'", "None")]
        lines += [f"s.setsockopt_string({option}, {value})" for value in ("'a'", "b'a'", "1")]
        lines += reads
    return [*lines, "s.close(0)", reads[0], f"s.setsockopt({option}, 1)"]


def option_names() -> list[str]:
    import zmq

    return [option.name for option in zmq.SocketOption]


@pytest.mark.parametrize("socket_type", SOCKET_TYPES)
def test_every_option_is_read_and_set_alike(drivers: Drivers, socket_type: str) -> None:
    mismatches = [
        line
        for name in option_names()
        for line in drivers.mismatches(option_statements(name, socket_type))
    ]
    assert not mismatches, f"{len(mismatches)} differences\n" + "\n".join(mismatches)


def test_every_difference_in_the_list_is_one(both: Drivers, request: pytest.FixtureRequest) -> None:
    """A difference that no longer exists leaves the list."""
    ran = [item for item in request.session.items if item.fspath == request.node.fspath]
    if len(ran) < len(SECTIONS) + len(SOCKET_TYPES):
        pytest.skip("only some of the comparisons were asked for")
    assert {d.name for d in DIFFERENCES if not d.random_only} == both.used
