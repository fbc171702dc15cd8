"""Opening the one socket of ``send``, ``recv``, ``watch`` and ``events``, and ending with it."""

from __future__ import annotations

import contextlib
from typing import Any, Self

import zmq
from zmq.cli.sockets.curve import apply_keys, authenticated
from zmq.cli.sockets.endpoints import Endpoint
from zmq.cli.sockets.opening import attach
from zmq.cli.sockets.plan import SocketPlan
from zmq.cli.terminal.errors import CommandError

# Sockets that do not linger close in no time; this only keeps a bug from hanging.
_TERM_S = 2.0
# Contexts whose messages do not leave: one that is forgotten would wait for them without end.
_ABANDONED: list[zmq.Context[Any]] = []


class Session:
    """A planned socket, open in a context of its own for as long as it is entered.

    Leaving it drops messages that have not left yet: a command that sends calls `flush` before.

    Raises
    ------
    CommandError
        On entry: an address cannot be had, or libzmq refuses an option.
    """

    def __init__(self, plan: SocketPlan) -> None:
        self.plan = plan
        self.context: zmq.Context[Any] = zmq.Context()
        #: Bound endpoints: pairs of the endpoint as it was typed and the real address.
        self.bound: list[tuple[Endpoint, str]] = []
        self._entered = contextlib.ExitStack()
        self._flushed = False

    def __enter__(self) -> Self:
        try:
            self._entered.enter_context(authenticated(self.context, self.plan.keys))
            self.socket: zmq.Socket[Any] = self.context.socket(getattr(zmq, self.plan.type_name))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._entered.close()
        if self._flushed:
            return
        socket = getattr(self, "socket", None)
        if socket is not None:
            socket.close(linger=0)
        with contextlib.suppress(zmq.TermTimeout):
            self.context.term(timeout=_TERM_S)

    def open(self) -> None:
        """Set the options of the socket, bind it and connect it."""
        apply_keys(self.socket, self.plan.keys)
        hwm = self.plan.sides[0].hwm
        if hwm is not None:
            self.socket.set(zmq.SNDHWM, hwm)
            self.socket.set(zmq.RCVHWM, hwm)
        for option, value in self.plan.settings:
            try:
                self.socket.set(option, value)
            except zmq.ZMQError as error:
                name = zmq.SocketOption(option).name.lower()
                why = zmq.strerror(error.errno or 0)
                raise CommandError(f"--option {name}: {why}") from error
        for side in self.plan.sides:
            for endpoint, real in zip(side.endpoints, attach(self.socket, side), strict=True):
                if endpoint.bind:
                    self.bound.append((endpoint, real))

    def chosen_addresses(self) -> list[str]:
        """One line for each address that the system has chosen: the user cannot know it."""
        return [f"bound {real}" for endpoint, real in self.bound if endpoint.is_wildcard]

    def flush(self, seconds: float | None) -> bool:
        """Close the socket, and wait until what was sent has left the queues of this process.

        Parameters
        ----------
        seconds
            Longest time to wait, in s; None waits without end. May be called again after an
            interruption.

        Returns
        -------
        bool
            False when time was over: what is left then is given up.
        """
        self._entered.close()  # its sockets would be in the way of the context
        if not self.socket.closed:
            self.socket.disable_monitor()
            for each in self.context._sockets_open():
                each.close(linger=-1 if each is self.socket else 0)
        self._flushed = True
        if self.context not in _ABANDONED:
            _ABANDONED.append(self.context)
        try:
            self.context.term(timeout=seconds)
        except zmq.TermTimeout:
            return False
        _ABANDONED.remove(self.context)
        return True
