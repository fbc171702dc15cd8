"""Mistakes that programs make: the same exceptions as PyZMQ, and texts that help.

`pytest -rP tests/compat/test_mistakes.py` prints both texts of each.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.compat import mistakes
from helpers.interpreters import with_helpers
from helpers.processes import run_python
from zmq._reasons.pointers import pages

# In neither library an error: libzmq takes such a port without its highest bits.
SILENT = {"bind_to_a_cut_port", "connect_to_a_cut_port"}
# Where PyZMQ has put words of its own into strerror.
OWN_STRERROR = {"bind_in_a_missing_directory", "bind_a_path_that_is_too_long"}
# Where PyZMQ makes the error without its number, which pickles and copies then lose.
NO_ARGS = {
    "unbind_what_is_not_bound",
    "disconnect_what_is_not_connected",
    "a_type_that_is_none",
    "too_many_sockets",
    "too_many_descriptors",
    *OWN_STRERROR,
}
# The pages that their texts point to.
PAGES = {
    "nothing-received": [
        "receive_without_an_endpoint",
        "receive_where_none_has_connected",
        "receive_from_no_pair",
        "receive_where_none_is_bound",
        "receive_without_a_subscription",
        "receive_what_no_topic_fits",
        "receive_more_than_was_sent",
        "receive_without_waiting",
        "receive_from_a_dead_server",
        "receive_from_another_context",
        "connect_a_host_that_does_not_resolve",
        "peers_whose_types_do_not_fit",
    ],
    "cannot-send": [
        "send_to_no_peer",
        "send_without_an_endpoint",
        "send_more_than_the_high_water_mark",
        "send_more_without_waiting",
        "send_at_once_to_no_peer",
    ],
    "handshake-failed": ["a_wrong_password", "a_wrong_server_key"],
    "out-of-turn": [
        "request_sent_twice",
        "reply_received_before_a_request",
        "reply_sent_before_a_request",
        "request_received_twice",
    ],
    "wrong-direction": ["receive_from_pub", "receive_from_push", "send_on_sub", "send_on_pull"],
    "unknown-peer": ["send_to_an_unknown_peer", "send_to_a_peer_that_has_gone"],
    "bad-address": [
        "bind_without_a_transport",
        "connect_without_a_transport",
        "an_unknown_transport",
        "a_transport_of_other_types",
        "connect_without_a_port",
        "an_address_that_is_a_number",
    ],
    "cannot-bind": [
        "bind_a_host_that_does_not_resolve",
        "bind_an_interface_that_is_not_there",
        "bind_an_address_of_another_machine",
        "bind_in_a_missing_directory",
        "bind_a_path_that_is_too_long",
    ],
    "address-in-use": ["bind_an_address_in_use", "bind_a_name_in_use"],
    "not-bound": ["unbind_what_is_not_bound", "disconnect_what_is_not_connected"],
    "closed-socket": ["receive_on_a_closed_socket", "send_on_a_closed_socket"],
    "context-ending": ["a_socket_of_a_closed_context", "receive_when_the_context_ends"],
    "too-many-sockets": ["too_many_sockets", "too_many_descriptors"],
    "unknown-type": ["a_type_that_is_text", "a_type_that_is_none"],
    "wrong-argument": [
        "send_text",
        "send_none",
        "send_a_number",
        "send_a_dict",
        "send_a_list",
        "send_bytes_as_parts",
        "send_a_part_that_is_text",
        "send_bytes_as_text",
    ],
    "option-refused": [
        "subscribe_on_push",
        "an_option_of_the_wrong_type",
        "a_value_that_an_option_refuses",
        "a_key_that_is_none",
    ],
}
# Pages about what PyZMQ does otherwise, or not at all; tests/unit has these errors.
ELSEWHERE = {"after-fork", "used-by-device", "not-awaited", "context-in-use", "no-peers"}
PROGRAM = str(Path(mistakes.__file__))


def outcomes(python: str | Path) -> dict[str, dict[str, Any]]:
    lines = run_python(
        f"import runpy; runpy.run_path({PROGRAM!r}, None, '__main__')",
        python=python,
        env=with_helpers(python),
    )
    return {found["name"]: found for found in map(json.loads, lines)}


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, Any]]:
    return outcomes(sys.executable)


@pytest.fixture(scope="module")
def theirs(pyzmq: Path) -> dict[str, dict[str, Any]]:
    return outcomes(pyzmq)


def comparable(value: str | None) -> str | None:
    """Without the ports that the system has chosen."""
    return value and re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:PORT", value)


@pytest.mark.parametrize("name", sorted(mistakes.MISTAKES))
def test_a_mistake(
    name: str, ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]
) -> None:
    mine, other = ours[name], theirs[name]
    print(f"{name.replace('_', ' ')}\n  PyZMQ: {other['text']}\n  ohmq:  {mine['text']}")
    assert (mine["class"], mine.get("errno")) == (other["class"], other.get("errno"))
    if name in SILENT:
        assert mine["class"] is None
        return
    assert mine["class"] is not None, "it raised nothing"
    if name not in OWN_STRERROR:
        assert comparable(mine["strerror"]) == comparable(other["strerror"])
    if mine["strerror"] is not None:
        assert mine["text"].startswith(mine["strerror"])
        assert name in NO_ARGS or mine["args"] == other["args"]
    for words in (*mistakes.MISTAKES[name].names, mistakes.MISTAKES[name].step):
        assert words in mine["text"]
    (page,) = [page for page, names in PAGES.items() if name in names]
    assert mine["text"].endswith(f" (more: ohmq explain {page})")


def test_every_page_has_an_error() -> None:
    assert {*PAGES} | ELSEWHERE == {*pages()}
    assert sum(map(len, PAGES.values())) == len(mistakes.MISTAKES) - len(SILENT)


def test_there_are_enough() -> None:
    assert len(mistakes.MISTAKES) >= 40
