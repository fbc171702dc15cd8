"""``devices.toml``: read and checked, with errors that say where. No sockets.

The models in `schema` say which keys there are and what they hold. Here their errors get the line
of the key, and the words for a user. All errors of a file are found in one go.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from zmq.cli.sockets.endpoints import parse_endpoint
from zmq.cli.supervisor.plan import Config
from zmq.cli.supervisor.schema import FAILURE, SIDES, Document, as_list, kind_of, known_keys
from zmq.cli.supervisor.toml_lines import Path as KeyPath
from zmq.cli.supervisor.toml_lines import key_lines
from zmq.cli.terminal.errors import UsageError

#: An error: its line, for the order, and its text.
_Error: TypeAlias = tuple[int, str]

# Texts of pydantic's errors; {} is the type of the value.
_TEXTS = {
    "string_type": "must be a text, not {}",
    "string_too_short": "empty",
    "string_pattern_mismatch": "a name is made of letters, digits, '-', '_' and '.'",
    "bool_type": "must be true or false, not {}",
    "int_type": "must be a whole number, not {}",
    "float_type": "must be a number of seconds, not {}",
    "dict_type": "must be a table, not {}",
    "model_type": "must be a table, not {}",
    "too_short": "no endpoint in it",
}


class ConfigError(UsageError):
    """A file with errors, each a line that names file, line and key."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines: Sequence[str] = list(lines)


def load_config(file: str, *, ipc_limit: int = 107) -> Config:
    """Read a file.

    Raises
    ------
    ConfigError
        It holds errors: all of them.
    UsageError
        It cannot be read.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{file}:{line}: not UTF-8"]) from None
    return parse_config(text, file, ipc_limit=ipc_limit)


def parse_config(text: str, file: str, *, ipc_limit: int = 107) -> Config:
    """Check a document; key files are looked for from the directory of `file`.

    Raises
    ------
    ConfigError
        It holds errors: all of them.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_error(file, text, str(error))]) from None
    except RecursionError:
        raise ConfigError([f"{file}:1: nested too deeply"]) from None
    places = _Places(file, key_lines(text))
    context = {"folder": Path(file).parent, "ipc_limit": ipc_limit}
    errors = list(_repeated(document, places, ipc_limit))
    try:
        config = Document.model_validate(document, context=context).config()
    except ValidationError as error:
        errors += _described(error, places)
    else:
        if not errors:
            return config
    raise ConfigError([line for _, line in sorted(errors)])


def _syntax_error(file: str, text: str, what: str) -> str:
    found = re.search(r" \(at line (\d+), column \d+\)$", what)
    line = int(found[1]) if found else text.count("\n") + 1
    what = what[: found.start()] if found else what.removesuffix(" (at end of document)")
    return f"{file}:{line}: not TOML: {what}"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the keys of a file are."""

    file: str
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of a key, or of the nearest one above that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: KeyPath, text: str) -> _Error:
        line, key = self.line(path), _dotted(path)
        return line, f"{self.file}:{line}: {key + ': ' if key else ''}{text}"


def _dotted(path: KeyPath) -> str:
    return ".".join(each for each in path if isinstance(each, str))


def _described(error: ValidationError, places: _Places) -> Iterator[_Error]:
    """The errors of the models, in the words of this program."""
    for each in error.errors(include_url=False):
        kind, value = each["type"], each["input"]
        path = tuple(part for part in each["loc"] if part != "[key]")
        if kind == FAILURE:
            facts = each.get("ctx", {})
            for text in facts["lines"]:
                yield places.error((*path, *facts["below"]), text)
        elif kind == "extra_forbidden":
            yield places.error(path, f"unknown key; {_hint(path)}")
        elif kind == "missing":
            text = f"{path[-1]} is missing: an endpoint or an array of them"
            yield places.error(path[:-1], text)
        else:
            yield places.error(path, _TEXTS.get(kind, each["msg"]).format(kind_of(value)))


def _hint(path: KeyPath) -> str:
    known = known_keys(path[:-1])
    near = difflib.get_close_matches(str(path[-1]), known, 1)
    return f"do you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"


def _repeated(document: Any, places: _Places, ipc_limit: int) -> Iterator[_Error]:
    """Errors for the addresses that are bound twice, also beside other errors."""
    bound: dict[str, KeyPath] = {}
    for path, text in _endpoints(document):
        try:
            endpoint = parse_endpoint(text, "", ipc_limit=ipc_limit)
        except UsageError:
            continue  # the models report it
        if not endpoint.bind or endpoint.is_wildcard:
            continue
        first = bound.setdefault(endpoint.address, path)
        if first != path:
            where = f"{_dotted(first)} in line {places.line(first)}"
            yield places.error(path, f"{endpoint.address} is bound by {where} already")


def _endpoints(document: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """All endpoints of a document that may be wrong elsewhere."""
    devices = document.get("device")
    for name, device in devices.items() if isinstance(devices, dict) else ():
        for side in SIDES if isinstance(device, dict) else ():
            for index, text in enumerate(as_list(device.get(side))):
                if isinstance(text, str):
                    yield ("device", name, side, index), text
