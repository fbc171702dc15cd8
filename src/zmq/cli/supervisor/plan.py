"""The devices to run and how, as they were read from ``devices.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zmq.cli.devices.plan import DRAIN_S, DevicePlan
from zmq.cli.sockets.curve import CurveKeys

LOGS = ("lines", "json")


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
