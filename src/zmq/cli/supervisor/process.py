"""A configured device as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import zmq
from zmq.cli.devices.planned import PlannedDevice
from zmq.cli.sockets.curve import CurveKeys, authenticated, key_options
from zmq.cli.supervisor.plan import DeviceConfig, SideExtras
from zmq.devices import ProcessDevice


class _GuardedContext(zmq.Context[Any]):
    """The context of a device whose clients are checked; one a process."""

    keys: ClassVar[CurveKeys | None] = None
    _guard: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = authenticated(self, _GuardedContext.keys)
        self._guard.__enter__()

    def term(self, timeout: float | None = None) -> None:
        self._guard.__exit__(None, None, None)
        super().term(timeout)


class SupervisedDevice(PlannedDevice, ProcessDevice):
    """A device of a configuration, in a process of its own.

    Parameters
    ----------
    config
        What it is to be.
    pinned
        Where it was bound before: see PlannedDevice.

    Raises
    ------
    CommandError
        A program listens on an ipc path that it should bind.
    """

    start_method: str | None = "spawn"  # the parent process has threads

    def __init__(self, config: DeviceConfig, pinned: Mapping[str, list[str]]) -> None:
        options = {name: list(_options(each)) for name, each in config.extras.items()}
        super().__init__(config.plan, options, pinned)
        keys = (config.extras.get(each.name, SideExtras()).keys for each in config.plan.sides)
        guarded = [each for each in keys if each is not None and each.allow is not None]
        self._guard_keys = guarded[-1] if guarded else None

    def _open_sockets(self, relay_options: Any) -> None:
        if self._guard_keys is not None:
            _GuardedContext.keys = self._guard_keys
            self.context_factory: Callable[[], zmq.Context[Any]] = _GuardedContext
        super()._open_sockets(relay_options)

    def _show_end(self, run: Any) -> None:
        """Show nothing: the supervisor was told, and logs it."""


def _options(extras: SideExtras) -> Iterator[tuple[int, int | bytes]]:
    yield from key_options(extras.keys)
    yield from extras.settings
