"""Devices: they open sockets of given types, and move messages between them until they are stopped.

A device is told beforehand what its sockets are to be; they are opened where it runs: in the thread
that calls start(), in a thread of its own, or in a process of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import zmq
from zmq import ENOTSOCK as ENOTSOCK
from zmq import ETERM as ETERM
from zmq import PUSH as PUSH
from zmq import QUEUE as QUEUE
from zmq import Context as Context
from zmq import ZMQBindError as ZMQBindError
from zmq import ZMQError as ZMQError
from zmq import proxy as proxy
from zmq.core.relay_stats import DeviceStats
from zmq.devices._losses import warn
from zmq.devices._ports import reserve
from zmq.devices._run import Run
from zmq.devices._sides import OpenSide, RelayOptions, Side, TrafficSide, explained, relay_between
from zmq.devices._types import given, refuse_types

if TYPE_CHECKING:
    import socket
    from multiprocessing.process import BaseProcess
    from typing import Self

    from zmq.devices._process import RemoteRun

__all__ = ["BackgroundDevice", "Device", "DeviceStats", "ProcessDevice", "ThreadDevice"]

# How long start() waits for a run_device() of a subclass to set up its sockets, in s.
_OWN_START_S = 1.0


class Device:
    """A device that runs in the thread which starts it.

    Its methods may be called from any thread; sockets it takes none, it opens its own.

    Parameters
    ----------
    device_type : int
        One of zmq.DeviceType; kept, but of no effect: the types of the sockets decide.
    in_type, out_type : int
        Types of the two sockets. An out_type below 0 uses the in socket for both sides: everything
        goes back to where it came from, and what is said of the out socket counts for it.

    Attributes
    ----------
    daemon : bool
        Whether a background device ends with the program, without being stopped. True.
    context_factory : callable
        Makes the context of the sockets, when and where the device runs: ``Context.instance`` for
        devices of this process, ``Context`` for a ProcessDevice. A device terminates the context
        at its end where this is a class.
    """

    context_factory: Callable[[], zmq.Context[Any]] = zmq.Context.instance
    daemon: bool
    device_type: int
    in_type: int
    out_type: int

    def __init__(
        self,
        device_type: int = zmq.QUEUE,
        in_type: int | None = None,
        out_type: int | None = None,
    ) -> None:
        self.device_type = device_type
        self.in_type = given("in_type", in_type)
        self.out_type = given("out_type", out_type)
        self.daemon = True
        self._done = False
        # In the order in which a relay takes them. A subclass with more adds them.
        self._in, self._out = TrafficSide("in"), TrafficSide("out")
        self._sides: dict[str, Side] = {"in": self._in, "out": self._out}
        self._guards: list[socket.socket] = []
        self._opened: list[OpenSide] = []
        self._run: Run | None = None
        self._own_context: zmq.Context[Any] | None = None

    # ---- what the sockets are to be ----

    def _wanted(self) -> list[tuple[Side, int]]:
        """The sockets to open, each with its type. A subclass with more adds them."""
        if self.out_type < 0:
            return [(self._in.joined(self._out), self.in_type)]
        return [(self._in, self.in_type), (self._out, self.out_type)]

    def bind_in(self, addr: str) -> None:
        """Have the in socket bind an address when the device starts (Socket.bind)."""
        self._in.bind(addr)

    def bind_in_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Choose a free port for the in socket, which binds it when the device starts.

        Parameters
        ----------
        addr : str
            The address without the port: "tcp://127.0.0.1".
        *args, **kwargs
            min_port, max_port and max_tries, as Socket.bind_to_random_port has them.

        Returns
        -------
        int
            The port. Until the device starts the system gives it to no program that asks for any.
        """
        return self._bind_to_random_port(self._in, addr, *args, **kwargs)

    def connect_in(self, addr: str) -> None:
        """Have the in socket connect to an address when the device starts (Socket.connect)."""
        self._in.connect(addr)

    def setsockopt_in(self, opt: int, value: Any) -> None:
        """Have an option of the in socket set, before it binds or connects.

        Text becomes UTF-8, for identities for example.
        """
        self._in.options.append((opt, value))

    def bind_out(self, addr: str) -> None:
        """Have the out socket bind an address when the device starts (Socket.bind)."""
        self._out.bind(addr)

    def bind_out_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Choose a free port for the out socket: as bind_in_to_random_port."""
        return self._bind_to_random_port(self._out, addr, *args, **kwargs)

    def connect_out(self, addr: str) -> None:
        """Have the out socket connect to an address when the device starts (Socket.connect)."""
        self._out.connect(addr)

    def setsockopt_out(self, opt: int, value: Any) -> None:
        """Have an option of the out socket set, before it binds or connects."""
        self._out.options.append((opt, value))

    def _bind_to_random_port(self, side: Side, addr: str, *args: int, **kwargs: int) -> int:
        port, guard = reserve(addr, *args, **kwargs)
        if guard is not None:
            self._guards.append(guard)
        side.bind(f"{addr}:{port}")
        return port

    def _drop_guards(self) -> None:
        while self._guards:
            self._guards.pop().close()

    # ---- running ----

    def start(self) -> None:
        """Run the device; blocks until it has ended.

        Raises
        ------
        ZMQError
            A socket could not be opened, bound or configured, or the device failed later.
        """
        self._refuse_running()
        run = self._new_run()
        try:
            run.execute(self.run)
        finally:
            self._drop_guards()
        if run.error is not None:
            raise run.error

    def _new_run(self) -> Run:
        run = self._run = Run()
        run.tell_left = self._log_left_behind
        return run

    @classmethod
    def _log_left_behind(cls, left: str) -> None:
        """Log what the device has left behind, if anything. A program that says it replaces it."""
        warn(cls, left)

    def run(self) -> None:
        """Run the device in this thread. start() calls it; a subclass may replace it."""
        if self._run is None:
            self._run = Run()
        run = self._run
        try:
            self.run_device()
        except zmq.ZMQError as error:
            if not run.is_regular(error):
                raise
        finally:
            self._close_sockets()
            self._done = True

    def run_device(self) -> None:
        """Open the sockets and relay between them. A subclass may replace it.

        One that does calls `_setup_sockets` for its sockets; start() returns when they are there.
        """
        assert self._run is not None
        places = [at for side in self._sides.values() for at in side.places]
        refuse_types(self.in_type, self.out_type, places)
        options = self._relay_options()
        self._open_sockets(options)
        self._run.relay(relay_between(self._opened, options))

    def _relay_options(self) -> RelayOptions:
        return RelayOptions()

    # ---- the sockets, where the device runs ----

    def _setup_sockets(self) -> Any:
        """Open the sockets and return them in order, for a run_device() of a subclass."""
        self._open_sockets(None)
        sockets = {each.side.name: each.socket for each in self._opened}
        assert self._run is not None
        self._run.interrupt = self._close_sockets
        self._run.note_started()
        return tuple(sockets.get(name, sockets["in"]) for name in self._sides)

    def _open_sockets(self, relay_options: RelayOptions | None) -> None:
        """Open the sockets for a relay, or, without options, for a loop of a subclass."""
        assert self._run is not None
        factory = self.context_factory
        context = factory()
        self._own_context = context if isinstance(factory, type) else None
        for side, kind in self._wanted():
            opened = side.open(context, kind, relay_options, self._explained)
            self._opened.append(opened)
            self._run.endpoints[side.name] = opened.endpoints
        if self.out_type < 0:
            everywhere, own = self._run.endpoints["in"], len(self._in.binds)
            self._run.endpoints |= {"in": everywhere[:own], "out": everywhere[own:]}

    def _explained(self, error: Exception, side: Side, address: str | None) -> Exception:
        """Return the error that start() raises. A program with words of its own replaces it."""
        return explained(error, side, address)

    def _close_sockets(self) -> None:
        """Close the sockets; what was sent leaves first, as long as the device may take."""
        opened, self._opened = self._opened, []
        context, self._own_context = self._own_context, None
        if context is None or self._run is None:
            for each in opened:
                each.close()
        else:
            # In a context of its own what was sent has to leave before the context ends.
            self._run.flush(context, opened)

    # ---- what others ask of it ----

    def _current(self) -> Run | RemoteRun | None:
        return self._run

    def _running(self) -> Run | RemoteRun:
        run = self._current()
        if run is None:
            raise RuntimeError(f"this {type(self).__name__} was not started")
        return run

    def _refuse_running(self) -> None:
        if self._current() is not None and self.state not in ("stopped", "failed"):
            raise RuntimeError(f"this {type(self).__name__} is running already")
        self._done = False
        for name, endpoints in self.endpoints.items():
            self._sides[name].keep(endpoints)

    def stop(self, timeout: float | None = None) -> bool:
        """End the device. Blocks until it has ended; any thread may call it.

        It takes what its sockets have received by now, hands it on, and closes them. Where peers
        never cease to send, a PULL socket that is bound disconnects them after a second, or after a
        quarter of the time, and the rest of it is for what was received.

        Parameters
        ----------
        timeout : float, optional
            Seconds that this may take; then the device ends all the same, and what it still holds
            is lost. None waits as long as messages move, a minute at most, and for 5 s if they
            do not.

        Returns
        -------
        bool
            True if the device has ended and handed on all that it had taken in. In a signal handler
            that interrupts the device itself: False, as it ends only afterwards.
        """
        run = self._current()
        return True if run is None else run.stop(timeout)

    @property
    def left_behind(self) -> str:
        """Words that say what it could not hand on at its end; empty if all was well."""
        run = self._current()
        return "" if run is None else run.left_behind()

    def pause(self) -> None:
        """Take no more messages until resume(), in either direction.

        Raises
        ------
        RuntimeError
            The device does not run.
        """
        self._running().pause()

    def resume(self) -> None:
        """Undo pause(), or PAUSE on a control socket; RuntimeError if the device does not run."""
        self._running().resume()

    def stats(self) -> DeviceStats:
        """Return what has passed through since the start. After the end: until then."""
        run = self._current()
        if run is None:
            return DeviceStats()
        stats = run.stats()
        return stats._replace(peers_out=stats.peers_in) if self.out_type < 0 else stats

    @property
    def state(self) -> str:
        """State of the device: "new", "running", "paused", "stopped" or "failed"."""
        run = self._current()
        return "new" if run is None else run.state()

    @property
    def error(self) -> BaseException | None:
        """The exception that ended the device, or None."""
        run = self._current()
        return None if run is None else run.error

    @property
    def endpoints(self) -> dict[str, list[str]]:
        """Where its sockets are bound, with the real ports, by "in", "out", "mon" and "ctrl"."""
        run = self._current()
        found = {} if run is None else run.endpoints
        return {name: list(found.get(name, ())) for name in self._sides}

    @property
    def done(self) -> bool:
        """Whether it has been started and has ended, for whatever reason."""
        return self._done or self.state in ("stopped", "failed")

    @done.setter
    def done(self, value: bool) -> None:
        self._done = value

    def join(self, timeout: float | None = None) -> None:
        """Wait until the device has ended.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; `done` tells which it was.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.done and (deadline is None or time.monotonic() < deadline):
            if isinstance(run := self._current(), Run):
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                run.ended.wait(left)
            else:
                time.sleep(0.01)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __getstate__(self) -> dict[str, Any]:
        # The description of its sockets goes to another process; its run in this one does not.
        here: dict[str, Any] = {"_run": None, "_opened": [], "_guards": [], "_own_context": None}
        return self.__dict__ | here


class BackgroundDevice(Device):
    """A device that runs beside the program: the base of ThreadDevice and ProcessDevice."""

    #: The thread or process, when the device was started.
    launcher: Any = None
    _launch_class: Any = None

    def start(self) -> None:
        """Start the device; returns when it is relaying.

        Raises
        ------
        ZMQError
            A socket could not be opened, bound or configured; the message names it. Nothing is
            left behind.
        RuntimeError
            The device is running already.
        """
        raise NotImplementedError(
            "BackgroundDevice is a base class: start a ThreadDevice or a ProcessDevice"
        )

    def join(self, timeout: float | None = None) -> None:
        """Wait until the device has ended, at most `timeout` s; AttributeError if it never ran."""
        if self.launcher is None:
            raise AttributeError(f"this {type(self).__name__} was not started")
        self.launcher.join(timeout=timeout)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"launcher": None}

    def _show_end(self, run: Run) -> None:
        """Show an error that comes too late for start(). A program may replace this."""
        if run.error is not None and run.worked:
            raise run.error  # for the excepthook of the thread, or the end of the process

    def _is_own_loop(self) -> bool:
        """Whether a subclass does the work, which need not tell when it begins."""
        return (type(self).run_device, type(self).run) != (Device.run_device, Device.run)


class ThreadDevice(BackgroundDevice):
    """A device that runs in a thread of its own. See Device for the parameters."""

    _launch_class = threading.Thread

    def start(self) -> None:
        self._refuse_running()
        run = self._new_run()
        self.launcher: Any = self._launch_class(target=self._main, args=(run,))
        run.launcher = self.launcher
        self.launcher.daemon = self.daemon
        self.launcher.name = f"{type(self).__name__} {self.launcher.name}"
        try:
            self.launcher.start()
            run.started.wait(_OWN_START_S if self._is_own_loop() else None)
        except BaseException:
            # A signal came: start() has not returned, so the program could not stop it.
            run.request_stop(0)
            raise
        finally:
            self._drop_guards()
        if run.ended.is_set() and run.error is not None and not run.worked:
            self.launcher.join()
            raise run.error
        run.note_started()

    def _main(self, run: Run) -> None:
        run.execute(self.run)
        self._show_end(run)


class ProcessDevice(BackgroundDevice):
    """A device that runs in a process of its own. See Device for the parameters.

    The process ends with the one that started it, also when that is killed.

    Attributes
    ----------
    start_method : str, optional
        "fork", "spawn" or "forkserver" (multiprocessing); None for the program's default.
    """

    context_factory: Callable[[], zmq.Context[Any]] = zmq.Context
    start_method: str | None = None
    _remote: RemoteRun | None = None

    @property
    def _launch_class(self) -> Callable[..., BaseProcess]:
        import multiprocessing

        context: Any = multiprocessing.get_context(self.start_method)
        launch: Callable[..., BaseProcess] = context.Process
        return launch

    def start(self) -> None:
        from zmq.devices._process import RemoteRun

        self._refuse_running()
        self._remote = RemoteRun(self, _OWN_START_S if self._is_own_loop() else None)
        self.launcher: Any = self._remote.process
        try:
            self._remote.start()
        finally:
            self._drop_guards()

    def _current(self) -> Run | RemoteRun | None:
        # In the process itself there is a run, where it was started there is a remote one.
        return self._run if self._run is not None else self._remote

    def join(self, timeout: float | None = None) -> None:
        if self._remote is None:
            raise AttributeError(f"this {type(self).__name__} was not started")
        self._remote.join(timeout)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_remote": None}
