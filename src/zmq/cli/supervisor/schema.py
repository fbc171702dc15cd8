"""The tables of ``devices.toml`` as models of pydantic: their keys, and what each may hold.

Checks that pydantic does not have raise `failure`, which pydantic reports with the others. The
context of a validation has the `folder` of the file, and the `ipc_limit` of the machine.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from zmq.cli.devices.plan import (
    KINDS,
    MONITOR_TYPES,
    RELAY_TYPES,
    CachePlan,
    DevicePlan,
    choose_types,
    plan_cache,
)
from zmq.cli.sockets.curve import CurveKeys, CurveOptions, load_keys
from zmq.cli.sockets.endpoints import Endpoint, SocketEndpoints, check_address, parse_endpoint
from zmq.cli.sockets.plan import setting
from zmq.cli.supervisor.plan import LOGS, Config, DeviceConfig, SideExtras, SupervisorConfig
from zmq.cli.terminal.errors import CommandError, UsageError

SIDES = ("in", "out", "monitor")
#: The type of the errors that `failure` makes.
FAILURE = "ohmq"
_DEFAULTS = SupervisorConfig()
_INT_MAX = 2**31 - 1
_Value = TypeVar("_Value")


def failure(*lines: str, below: tuple[str, ...] = ()) -> PydanticCustomError:
    """Make an error that pydantic reports: of the checked value, or of a key `below` it."""
    return PydanticCustomError(FAILURE, "{lines}", {"lines": list(lines), "below": below})


def kind_of(value: Any) -> str:
    """Name the type of a TOML value, for errors."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    names |= {list: "an array", dict: "a table"}
    return names.get(type(value), "a date")


# ---- single values


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Have pydantic report an error of a check that other parts of the command have, too."""
    try:
        yield
    except UsageError as error:
        raise failure(str(error).removeprefix(":").strip()) from None


def _one_of(known: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in known:
            raise failure(f"{value!r} is unknown; there are {', '.join(known)}")
        return value

    return check


def _type_of(known: Sequence[str]) -> Callable[[str], str]:
    check = _one_of([each.lower() for each in known])
    return lambda value: check(value.lower()).upper()


def _between(least: float, most: int, least_text: str, unit: str = "") -> Callable[[Any], Any]:
    def check(value: float) -> float:
        if not least <= value <= most:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            raise failure(f"{text} is not between {least_text} and {most}{unit}")
        return value

    return check


def _address(text: str) -> str:
    with _reported():
        check_address(text)
    return text


def _context(info: ValidationInfo) -> dict[str, Any]:
    return info.context or {}


def _endpoint(value: Any, info: ValidationInfo) -> Endpoint:
    if not isinstance(value, str):
        raise failure(f"an endpoint is a string, not {kind_of(value)}")
    with _reported():
        return parse_endpoint(value, "", ipc_limit=_context(info)["ipc_limit"])


def as_list(value: Any) -> list[Any]:
    """The elements of an array; a single value is one."""
    return value if isinstance(value, list) else [value]


def _with_names(table: Any) -> Any:
    """The table with its names in its values too, for checks of single values."""
    return {k: (k, value) for k, value in table.items()} if isinstance(table, dict) else table


def _setting(named: tuple[str, Any]) -> tuple[int, int | bytes]:
    name, value = named
    if not isinstance(value, (int, str)):
        raise failure(f"a number, a text or true and false, not {kind_of(value)}")
    with _reported():
        return setting(name, str(int(value)) if isinstance(value, int) else value, "")


_Seconds: TypeAlias = Annotated[float, AfterValidator(_between(0, 1_000_000, "0", " seconds"))]
_Delay: TypeAlias = Annotated[float, AfterValidator(_between(0.01, 1_000_000, "0.01", " seconds"))]
_Limit: TypeAlias = Annotated[int, AfterValidator(_between(0, _INT_MAX, "0 (no limit)"))]
_Most: TypeAlias = Annotated[int, AfterValidator(_between(1, 2**62, "1"))]
_Kind: TypeAlias = Annotated[str, AfterValidator(_one_of(tuple(KINDS)))]
_RelayType: TypeAlias = Annotated[str, AfterValidator(_type_of(RELAY_TYPES))]
_MonitorType: TypeAlias = Annotated[str, AfterValidator(_type_of(MONITOR_TYPES))]
_Address: TypeAlias = Annotated[str, AfterValidator(_address)]
_Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
_Text: TypeAlias = Annotated[str, Field(min_length=1)]
_Endpoints: TypeAlias = Annotated[
    list[Annotated[Endpoint, PlainValidator(_endpoint)]],
    Field(min_length=1),
    BeforeValidator(as_list),
]
_Settings: TypeAlias = Annotated[
    dict[str, Annotated[tuple[int, int | bytes], PlainValidator(_setting)]],
    BeforeValidator(_with_names),
]


# ---- tables


class Table(BaseModel):
    """A table without unknown keys, whose values are converted from no other type."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)


class Sides(Table, Generic[_Value]):
    """One value for each socket of a device."""

    in_: _Value | None = Field(default=None, alias="in")
    out: _Value | None = None
    monitor: _Value | None = None


class Curve(Table):
    """``curve.SIDE``; paths are relative to the file, and server_key may be a key itself."""

    key: _Text | None = None
    server_key: _Text | None = None
    server: bool = False
    allow: _Text | None = None
    _loaded: CurveKeys | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _load(self, info: ValidationInfo) -> Curve:
        folder = _context(info)["folder"]
        key, server_key, allow = (
            text and os.fspath(folder / text) for text in (self.key, self.server_key, self.allow)
        )
        if server_key and not os.path.exists(server_key):
            server_key = self.server_key
        try:
            self._loaded = load_keys(CurveOptions(key, server_key, self.server, allow), "{}")
        except CommandError as error:
            raise failure(*(error.lines or [str(error)])) from None
        return self


class Device(Table):
    """``[device.NAME]``."""

    kind: _Kind | None = None
    in_type: _RelayType | None = None
    out_type: _RelayType | None = None
    in_: _Endpoints = Field(alias="in")
    out: _Endpoints
    # Before the keys that need it.
    monitor: _Endpoints = []
    monitor_type: _MonitorType = "PUB"
    monitor_hwm: _Limit | None = None
    in_prefix: str = "in"
    out_prefix: str = "out"
    hwm: _Limit | None = None
    cache_entries: _Most | None = None
    cache_bytes: _Most | None = None
    dashboard: _Address | None = None
    options: Sides[_Settings] = Sides()
    curve: Sides[Curve] = Sides()
    _types: tuple[str, str] = PrivateAttr(("", ""))
    _cache: CachePlan | None = PrivateAttr(None)

    @field_validator("monitor_type", "monitor_hwm", "in_prefix", "out_prefix", "options", "curve")
    @classmethod
    def _needs_monitor(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("monitor") == []:
            if not isinstance(value, Sides):
                raise failure("there is no monitor")
            if value.monitor:
                raise failure("no monitor here", below=("monitor",))
        return value

    @model_validator(mode="after")
    def _choose_types(self) -> Device:
        if not self.kind and not (self.in_type and self.out_type):
            raise failure(f"needs a kind ({', '.join(KINDS)}), or in_type and out_type")
        try:
            self._types = choose_types(self.kind, self.in_type, self.out_type)
        except UsageError as error:
            given = (key for key in ("out_type", "in_type") if key in self.model_fields_set)
            raise failure(str(error), below=(next(given, "kind"),)) from None
        try:
            self._cache = plan_cache(self.kind, self.cache_entries, self.cache_bytes, "cache_{}")
        except UsageError as error:
            key = str(error).partition(":")[0]
            raise failure(str(error).partition(": ")[2], below=(key,)) from None
        return self

    def config(self, name: str) -> DeviceConfig:
        """The device as the supervisor runs it."""
        monitor = None
        if self.monitor:
            monitor = SocketEndpoints(
                "monitor", self.monitor_type, tuple(self.monitor), self.monitor_hwm
            )
        plan = DevicePlan(
            kind=self.kind or "device",
            in_side=SocketEndpoints("in", self._types[0], tuple(self.in_), self.hwm),
            out_side=SocketEndpoints("out", self._types[1], tuple(self.out), self.hwm),
            monitor=monitor,
            in_prefix=self.in_prefix.encode(),
            out_prefix=self.out_prefix.encode(),
            cache=self._cache,
        )
        extras = {
            side: SideExtras(tuple((settings or {}).values()), curve and curve._loaded)
            for side, (_, settings), (_, curve) in zip(SIDES, self.options, self.curve, strict=True)
        }
        return DeviceConfig(name, plan, extras, self.dashboard)


class Supervisor(Table):
    """``[supervisor]``."""

    drain_s: _Seconds = _DEFAULTS.drain_s
    restart_s: _Delay = _DEFAULTS.restart_s
    restart_max_s: _Delay = Field(default=_DEFAULTS.restart_max_s, validate_default=True)
    stats_s: _Seconds = _DEFAULTS.stats_s
    log: Annotated[str, AfterValidator(_one_of(LOGS))] = _DEFAULTS.log

    @field_validator("restart_max_s")
    @classmethod
    def _not_less(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("restart_s", 0):
            raise failure("is less than restart_s")
        return value


class Document(Table):
    """The whole file."""

    supervisor: Supervisor = Supervisor()
    device: dict[_Name, Device] = {}

    @model_validator(mode="after")
    def _has_device(self) -> Document:
        if not self.device:
            raise failure("no device in it; begin one with [device.NAME]")
        return self

    def config(self) -> Config:
        """The file as the supervisor runs it."""
        devices = tuple(device.config(name) for name, device in self.device.items())
        return Config(SupervisorConfig(**dict(self.supervisor)), devices)


_TABLES: dict[tuple[str | int, ...], type[Table]] = {
    (): Document,
    ("supervisor",): Supervisor,
    ("device", "*"): Device,
    ("device", "*", "options"): Sides,
    ("device", "*", "curve"): Sides,
    ("device", "*", "curve", "*"): Curve,
}


def known_keys(path: Sequence[str | int]) -> list[str]:
    """The keys that the table at a path may have."""
    pattern = tuple("*" if index % 2 else key for index, key in enumerate(path))
    return [field.alias or name for name, field in _TABLES[pattern].model_fields.items()]
