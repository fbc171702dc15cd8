"""Where the keys of a TOML document stand."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zmq.cli.supervisor.toml_lines import Path, key_lines

DOCUMENT = '''\
# [not.a.table]
title = "a # b = [c]"   # x = 1

[device.orders]
in = [
  "tcp://*:1",  # ]
  "tcp://*:2",
]
text = """
[no.table]
key = 'no'
"""
options.in = { rcvhwm = 10, "a b" = [1, {c = 2}] }
when = 1979-05-27 07:32:00Z

[[job]]
name = "a"
[[job]]
name = 'b\\'
[job.sub]
x = 1
'''


def test_lines() -> None:
    assert key_lines(DOCUMENT) == {
        ("title",): 2,
        ("device",): 4,
        ("device", "orders"): 4,
        ("device", "orders", "in"): 5,
        ("device", "orders", "in", 0): 6,
        ("device", "orders", "in", 1): 7,
        ("device", "orders", "text"): 9,
        ("device", "orders", "options"): 13,
        ("device", "orders", "options", "in"): 13,
        ("device", "orders", "options", "in", "rcvhwm"): 13,
        ("device", "orders", "options", "in", "a b"): 13,
        ("device", "orders", "options", "in", "a b", 0): 13,
        ("device", "orders", "options", "in", "a b", 1): 13,
        ("device", "orders", "options", "in", "a b", 1, "c"): 13,
        ("device", "orders", "when"): 14,
        ("job",): 16,
        ("job", 0): 16,
        ("job", 0, "name"): 17,
        ("job", 1): 18,
        ("job", 1, "name"): 19,
        ("job", 1, "sub"): 20,
        ("job", 1, "sub", "x"): 21,
    }


def test_line_ends_of_windows() -> None:
    assert key_lines("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}


@pytest.mark.parametrize(
    "text",
    [
        'a = """"quoted""""\nb = 1',
        "a = '''it''''\nb = 1",
        'a = "\\\\"\nb = 1',
        'a = "\\""\nb = 1',
        "a = ''\nb = 1",
        'a = [[], [[]], "]"]\nb = 1',
        "a = {}\nb = 1",
        "a = 07:32:00\nb = 1",
        "a = 1979-05-27T07:32:00.9-07:00\nb = 1",
        "a = -inf#x\nb = 1",
        'a.b."c.d" = 1\nb = 1',
        "a = [ # x\n # ]\n 1, # y\n] # z\nb = 1",
        "a = 1979-05-27 # a day\nb = 1",
    ],
)
def test_the_key_behind_is_found(text: str) -> None:
    tomllib.loads(text)
    assert key_lines(text)[("b",)] == text.count("\n") + 1


def paths(value: Any, path: Path = ()) -> set[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = set()
    for key, each in items:
        found.add((*path, key))
        if isinstance(each, (dict, list)):
            found |= paths(each, (*path, key))
    return found


SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.text(max_size=8), st.just(1.5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
TABLES = st.dictionaries(
    st.text(max_size=5), st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=4
)


def written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{quoted(key)} = {written(each)}" for key, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"  {written(each)}, # ]\n" for each in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    escaped = json.dumps(text).replace("\x7f", "\\u007f")
    return escaped if text.isascii() else '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


@given(TABLES)
def test_every_key_is_found_where_it_stands(tables: dict[str, dict[str, Any]]) -> None:
    text = ""
    begins: dict[Path, int] = {}
    for name, table in tables.items():
        begins[(name,)] = text.count("\n") + 1
        text += f"[{quoted(name)}] # [x]\n"
        for key, value in table.items():
            begins[(name, key)] = text.count("\n") + 1
            text += f"{quoted(key)} = {written(value)}\n"
    lines = key_lines(text)
    # Empty arrays and tables of tables have nothing below them; all else is in both.
    assert set(lines) == paths(tomllib.loads(text))
    assert {path: lines[path] for path in begins} == begins
