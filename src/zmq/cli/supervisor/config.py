"""``devices.toml``: read, typed and checked, with errors that say where. No sockets.

Every key is one row of a table below; what several keys must agree on is checked afterwards. All
errors of a file are found in one go.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zmq.cli.devices.plan import (
    DRAIN_S,
    KINDS,
    MONITOR_TYPES,
    RELAY_TYPES,
    DevicePlan,
    choose_types,
)
from zmq.cli.sockets.curve import CurveKeys, CurveOptions, load_keys
from zmq.cli.sockets.endpoints import Endpoint, SocketEndpoints, check_address, parse_endpoint
from zmq.cli.sockets.plan import setting
from zmq.cli.supervisor.toml_lines import Path as KeyPath
from zmq.cli.supervisor.toml_lines import key_lines
from zmq.cli.terminal.errors import CommandError, UsageError

LOGS = ("lines", "json")
SIDES = ("in", "out", "monitor")
_INT_MAX = 2**31 - 1
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class SideExtras:
    """Options and keys of a socket of a configured device."""

    settings: tuple[tuple[int, int | bytes], ...] = ()
    keys: CurveKeys | None = None


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """One device; two are equal when nothing has to be restarted."""

    name: str
    plan: DevicePlan
    extras: Mapping[str, SideExtras] = field(default_factory=dict)
    dashboard: str | None = None


@dataclass(frozen=True, slots=True)
class SupervisorConfig:
    """Settings of all devices; times in s."""

    drain_s: float = DRAIN_S
    restart_s: float = 0.5
    restart_max_s: float = 30.0
    stats_s: float = 0.0
    log: str = "lines"


@dataclass(frozen=True, slots=True)
class Config:
    """A whole file."""

    supervisor: SupervisorConfig
    devices: tuple[DeviceConfig, ...]


class ConfigError(UsageError):
    """A file with errors, each a line that names file, line and key."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = list(lines)


def load_config(file: str, *, ipc_limit: int = 107) -> Config:
    """Read a file.

    Raises
    ------
    ConfigError
        It holds errors: all of them.
    CommandError
        It cannot be read.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"--config {file}: {error.strerror}") from error
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
    reader = _Reader(file, key_lines(text), ipc_limit)
    config = reader.read(document)
    if reader.errors:
        raise ConfigError([line for _, line in sorted(reader.errors)])
    return config


def _syntax_error(file: str, text: str, what: str) -> str:
    found = re.search(r" \(at line (\d+), column \d+\)$", what)
    line = int(found[1]) if found else text.count("\n") + 1
    what = what[: found.start()] if found else what.removesuffix(" (at end of document)")
    return f"{file}:{line}: not TOML: {what}"


class _Reader:
    """Reads a document; each error goes to `errors`, with its line."""

    def __init__(self, file: str, lines: Mapping[KeyPath, int], ipc_limit: int) -> None:
        self.errors: list[tuple[int, str]] = []
        self._file = file
        self._folder = Path(file).parent
        self._lines = lines
        self._ipc_limit = ipc_limit
        self._bound: dict[str, KeyPath] = {}

    def complain(self, path: KeyPath, what: str) -> None:
        """Note an error at a key, or at the nearest one above that stands in the file."""
        found = path
        while found and found not in self._lines:
            found = found[:-1]
        line = self._lines.get(found, 1)
        key = ".".join(str(each) for each in path if isinstance(each, str))
        self.errors.append((line, f"{self._file}:{line}: {key + ': ' if key else ''}{what}"))

    def read(self, document: Mapping[str, Any]) -> Config:
        self._known((), document, ("supervisor", "device"))
        supervisor = self._supervisor(self._table((), document, "supervisor"))
        devices = self._table((), document, "device")
        if not devices and not self.errors:
            self.complain((), "no device in it; begin one with [device.NAME]")
        found = [self._device(name, value) for name, value in devices.items()]
        return Config(supervisor, tuple(each for each in found if each is not None))

    # ---- all keys

    def _known(self, path: KeyPath, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"do you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
                self.complain((*path, key), f"unknown key; {hint}")

    def _table(self, path: KeyPath, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.complain((*path, key), f"must be a table, not {_kind(value)}")
        return {}

    def _get(
        self, path: KeyPath, table: Mapping[str, Any], key: str, check: Callable[[Any], Any]
    ) -> Any:
        """A value that its check has accepted, or None."""
        if key not in table:
            return None
        try:
            return check(table[key])
        except UsageError as error:
            self.complain((*path, key), str(error))
            return None

    # ---- [supervisor]

    def _supervisor(self, table: Mapping[str, Any]) -> SupervisorConfig:
        path = ("supervisor",)
        checks: dict[str, Callable[[Any], Any]] = {
            "drain_s": _seconds(0),
            "restart_s": _seconds(0.01),
            "restart_max_s": _seconds(0.01),
            "stats_s": _seconds(0),
            "log": _one_of(LOGS),
        }
        self._known(path, table, tuple(checks))
        found = {key: self._get(path, table, key, check) for key, check in checks.items()}
        config = SupervisorConfig(**{k: v for k, v in found.items() if v is not None})
        if config.restart_max_s < config.restart_s:
            self.complain((*path, "restart_max_s"), "is less than restart_s")
        return config

    # ---- [device.NAME]

    def _device(self, name: str, table: Any) -> DeviceConfig | None:
        path = ("device", name)
        before = len(self.errors)
        if not isinstance(table, dict):
            self.complain(path, f"must be a table, not {_kind(table)}")
            return None
        if not _NAME.fullmatch(name):
            self.complain(path, "a name is made of letters, digits, '-', '_' and '.'")
        self._known(path, table, (*SIDES, *_DEVICE_CHECKS, "options", "curve"))
        found = {k: self._get(path, table, k, check) for k, check in _DEVICE_CHECKS.items()}
        endpoints = {side: self._endpoints(path, table, side) for side in SIDES}
        types = self._types(path, table, found) if len(self.errors) == before else ("", "")
        extras = self._extras(path, table)
        for key in ("monitor_type", "monitor_hwm", "in_prefix", "out_prefix"):
            if key in table and "monitor" not in table:
                self.complain((*path, key), "there is no monitor")
        if len(self.errors) > before:
            return None
        monitor = None
        if endpoints["monitor"]:
            kind = found["monitor_type"] or "PUB"
            monitor = SocketEndpoints("monitor", kind, endpoints["monitor"], found["monitor_hwm"])
        plan = DevicePlan(
            kind=found["kind"] or "device",
            in_side=SocketEndpoints("in", types[0], endpoints["in"], found["hwm"]),
            out_side=SocketEndpoints("out", types[1], endpoints["out"], found["hwm"]),
            monitor=monitor,
            in_prefix=b"in" if found["in_prefix"] is None else found["in_prefix"],
            out_prefix=b"out" if found["out_prefix"] is None else found["out_prefix"],
        )
        return DeviceConfig(name, plan, extras, found["dashboard"])

    def _types(
        self, path: KeyPath, table: Mapping[str, Any], found: Mapping[str, Any]
    ) -> tuple[str, str]:
        if not found["kind"] and not (found["in_type"] and found["out_type"]):
            kinds = ", ".join(KINDS)
            self.complain(path, f"needs a kind ({kinds}), or in_type and out_type")
            return "", ""
        try:
            return choose_types(found["kind"], found["in_type"], found["out_type"])
        except UsageError as error:
            key = next(each for each in ("out_type", "in_type", "kind") if each in table)
            self.complain((*path, key), str(error))
            return "", ""

    def _endpoints(
        self, path: KeyPath, table: Mapping[str, Any], side: str
    ) -> tuple[Endpoint, ...]:
        if side not in table:
            if side != "monitor":
                self.complain(path, f"{side} is missing: an endpoint or an array of them")
            return ()
        value = table[side]
        texts = value if isinstance(value, list) else [value]
        if not texts:
            self.complain((*path, side), "no endpoint in it")
        found = []
        for index, text in enumerate(texts):
            where = (*path, side, index) if isinstance(value, list) else (*path, side)
            try:
                if not isinstance(text, str):
                    raise UsageError(f"an endpoint is a string, not {_kind(text)}")
                endpoint = parse_endpoint(text, "", ipc_limit=self._ipc_limit)
            except UsageError as error:
                self.complain(where, str(error).removeprefix(":").strip())
                continue
            found.append(endpoint)
            self._refuse_repeated(where, endpoint)
        return tuple(found)

    def _refuse_repeated(self, where: KeyPath, endpoint: Endpoint) -> None:
        if not endpoint.bind or endpoint.is_wildcard:
            return
        first = self._bound.setdefault(endpoint.address, where)
        if first != where:
            key = ".".join(str(each) for each in first if isinstance(each, str))
            line = self._lines.get(first, 1)
            self.complain(where, f"{endpoint.address} is bound by {key} in line {line} already")

    def _extras(self, path: KeyPath, table: Mapping[str, Any]) -> dict[str, SideExtras]:
        options, curves = (self._table(path, table, key) for key in ("options", "curve"))
        for key, sides in (("options", options), ("curve", curves)):
            self._known((*path, key), sides, SIDES)
        extras = {}
        for side in SIDES:
            settings = self._settings((*path, "options", side), options.get(side, {}))
            keys = self._keys((*path, "curve", side), curves.get(side, {}))
            if (settings or keys) and side not in table:
                self.complain((*path, "options" if settings else "curve", side), f"no {side} here")
            extras[side] = SideExtras(settings, keys)
        return extras

    def _settings(self, path: KeyPath, table: Any) -> tuple[tuple[int, int | bytes], ...]:
        if not isinstance(table, dict):
            self.complain(path, f"must be a table, not {_kind(table)}")
            return ()
        found = []
        for name, value in table.items():
            try:
                if not isinstance(value, (int, str)):
                    raise UsageError(f"a number, a text or true and false, not {_kind(value)}")
                text = str(int(value)) if isinstance(value, int) else value
                found.append(setting(name, text, ""))
            except UsageError as error:
                self.complain((*path, name), str(error).removeprefix(":").strip())
        return tuple(found)

    def _keys(self, path: KeyPath, table: Any) -> CurveKeys | None:
        if not isinstance(table, dict):
            self.complain(path, f"must be a table, not {_kind(table)}")
            return None
        before = len(self.errors)
        checks = {"key": _text, "server_key": _text, "server": _yes_or_no, "allow": _text}
        self._known(path, table, tuple(checks))
        found = {key: self._get(path, table, key, check) for key, check in checks.items()}
        if len(self.errors) > before or not table:
            return None
        for key in ("key", "server_key", "allow"):
            text = found[key]
            # Paths are relative to the configuration; a key may also be written out.
            if text and (key != "server_key" or (self._folder / text).exists()):
                found[key] = os.fspath(self._folder / text)
        try:
            options = CurveOptions(
                found["key"], found["server_key"], bool(found["server"]), found["allow"]
            )
            return load_keys(options, "{}")
        except CommandError as error:
            for line in error.lines or [str(error)]:
                self.complain(path, line)
            return None


# ---- checks of single values: return the value to use, or raise UsageError


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    names |= {list: "an array", dict: "a table"}
    return names.get(type(value), "a date")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError("empty" if value == "" else f"must be a text, not {_kind(value)}")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise UsageError(f"must be a text, not {_kind(value)}")
    return value.encode()


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"must be true or false, not {_kind(value)}")
    return value


def _one_of(known: Sequence[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if _text(value) not in known:
            raise UsageError(f"{value!r} is unknown; there are {', '.join(known)}")
        return str(value)

    return check


def _type_of(known: Sequence[str]) -> Callable[[Any], str]:
    check = _one_of([each.lower() for each in known])
    return lambda value: check(_text(value).lower()).upper()


def _seconds(least: float) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UsageError(f"must be a number of seconds, not {_kind(value)}")
        if not least <= value <= 1e6:
            raise UsageError(f"{value:g} is not between {least:g} and 1000000 seconds")
        return float(value)

    return check


def _limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"must be a whole number, not {_kind(value)}")
    if not 0 <= value <= _INT_MAX:
        raise UsageError(f"{value} is not between 0 (no limit) and {_INT_MAX}")
    return value


def _address(value: Any) -> str:
    check_address(_text(value))
    return str(value)


_DEVICE_CHECKS: dict[str, Callable[[Any], Any]] = {
    "kind": _one_of(tuple(KINDS)),
    "in_type": _type_of(RELAY_TYPES),
    "out_type": _type_of(RELAY_TYPES),
    "monitor_type": _type_of(MONITOR_TYPES),
    "in_prefix": _bytes,
    "out_prefix": _bytes,
    "hwm": _limit,
    "monitor_hwm": _limit,
    "dashboard": _address,
}
