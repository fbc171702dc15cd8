"""The table of socket options says what the loaded libzmq does."""

from __future__ import annotations

import re
from ast import literal_eval
from contextlib import suppress

import pytest

import zmq
from helpers.interpreters import ROOT

PAGE = (ROOT / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|(.*)\|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
TABLE = {found[0]: [cell.strip() for cell in found[1:]] for found in ROW.findall(PAGE)}
TYPES = [zmq.SocketType(number) for number in range(12)]
# The state of a socket, which is another one for each.
STATES = {"TYPE", "EVENTS", "FD"}
OTHER_DEFAULTS = {("LINGER", "SUB"): 0, ("LINGER", "XSUB"): 0}


def test_every_option_has_a_row() -> None:
    assert set(TABLE) == {option.name for option in zmq.SocketOption}


@pytest.mark.parametrize("name", TABLE)
def test_type(name: str) -> None:
    kind = "bytes" if zmq.SocketOption[name]._opt_type == "bytes" else "int"
    assert TABLE[name][0] == kind


@pytest.mark.parametrize("name", TABLE)
def test_default(name: str, context: zmq.Context) -> None:
    """A default that the page names is that of every type of socket, where it can be read."""
    default = TABLE[name][2]
    for kind in TYPES:
        with context.socket(kind) as socket:
            try:
                value = socket.get(zmq.SocketOption[name])
            except zmq.ZMQError:
                continue  # libzmq does not know it (a draft, an older version), or does not tell it
        if default:
            assert value == OTHER_DEFAULTS.get((name, kind.name), literal_eval(default))
        else:  # no default: it cannot be read, or only by a libzmq with drafts or CURVE
            assert name in STATES or "Draft" in TABLE[name][4] or name.startswith("CURVE_")


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row[3] != "all"])
def test_sockets(name: str, context: zmq.Context) -> None:
    """Other types of sockets than those that the page names do not take the option."""
    option = zmq.SocketOption[name]
    taking = set()
    for kind in TYPES:
        with context.socket(kind) as socket, suppress(zmq.ZMQError):
            socket.set(option, b"x" if option._opt_type == "bytes" else 0)
            taking.add(kind.name)
    named = set(TABLE[name][3].split(", "))
    if name == "CONFLATE":  # every type takes it, and only these heed it
        assert taking >= named
    elif taking or "Draft" not in TABLE[name][4]:  # else this libzmq does not know it
        assert taking == named - {"none"}
