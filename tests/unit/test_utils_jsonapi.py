"""JSON as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from zmq.utils import jsonapi


@pytest.mark.parametrize(
    ("value", "kwargs", "expected"),
    [
        ([1, 2.5, None, True], {}, b"[1, 2.5, null, true]"),
        ({"a": {}, "é": "☃"}, {}, b'{"a": {}, "\\u00e9": "\\u2603"}'),
        ({"é": 1}, {"ensure_ascii": False}, b'{"\xc3\xa9": 1}'),
        ({"b": 1, "a": 2}, {"separators": (",", ":"), "sort_keys": True}, b'{"a":2,"b":1}'),
        ({"a": 1}, {"indent": 2}, b'{\n  "a": 1\n}'),
        ({1: 2, None: 3}, {}, b'{"1": 2, "null": 3}'),
        (float("nan"), {}, b"NaN"),
        ([b"x"], {"default": str}, b'["b\'x\'"]'),
    ],
)  # fmt: skip
def test_dumps(value: Any, kwargs: dict[str, Any], expected: bytes) -> None:
    assert jsonapi.dumps(value, **kwargs) == expected


@pytest.mark.parametrize("value", [b"x", object(), {1, 2}])
def test_dumps_refuses_what_has_no_json_form(value: object) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        jsonapi.dumps(value)


def test_a_lone_surrogate_has_no_utf8() -> None:
    with pytest.raises(UnicodeEncodeError):
        jsonapi.dumps("\ud800", ensure_ascii=False)


@pytest.mark.parametrize("text", ['{"é": 1}', '{"é": 1}'.encode(), bytearray('{"é": 1}'.encode())])
def test_loads(text: Any) -> None:
    assert jsonapi.loads(text) == {"é": 1}


def test_loads_hands_arguments_on() -> None:
    assert jsonapi.loads(b"[1.5]", parse_float=str) == ["1.5"]
    assert jsonapi.loads(b'{"a": 1}', object_pairs_hook=list) == [("a", 1)]


@pytest.mark.parametrize(
    "text", [b"", b"nope", b'"\xe9"', '"é"'.encode("utf-16"), b"\xef\xbb\xbf[1]"]
)
def test_loads_guesses_no_encoding(text: bytes) -> None:
    with pytest.raises(ValueError):
        jsonapi.loads(text)


@pytest.mark.parametrize("text", [None, 3, memoryview(b"[1]")])
def test_loads_takes_text_and_bytes_only(text: Any) -> None:
    with pytest.raises(TypeError):
        jsonapi.loads(text)


TEXTS = (
    "{}", "[]", '""', "1", " 1", "1 ", "1\n", "\ufeff1", "", "   ", "nul", "null", "true ",
    "[1,2", "NaN", "1e5",
    '{"a": [1, {"b": null}]}\r\n\t ', '{"a":1}x', '{"a":1} x', '"\\ud800"', "-Infinity", "[1] \x0b",
    "1\u00a0", '"a"b', "[]]", "\t[]", '{"a":1,}', "{'a':1}", "01", "1 2", "[1] ,",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_loads_gives_what_the_module_of_the_standard_library_gives(text: str) -> None:
    def outcome(call: Callable[[Any], Any], given: Any) -> Any:
        try:
            return repr(call(given))
        except json.JSONDecodeError as error:
            return error.args, error.pos

    assert outcome(jsonapi.loads, text) == outcome(json.loads, text)
    assert outcome(jsonapi.loads, text.encode()) == outcome(json.loads, text)


def test_loads_calls_what_a_program_has_put_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", lambda text: ["instead of", text])
    assert jsonapi.loads(b"[1]") == ["instead of", "[1]"]
