"""The handshake of CURVE with a peer, by libzmq's own client, which speaks through this process.

A socket with the keys connects to a port of ours, and its commands are handed on one by one. So it
is known how far the handshake came, which no event of libzmq tells, and it can be ended in time.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from zmq.diagnosis.wire import EndedError, SilentError, Wire
from zmq.diagnosis.zmtp import Command, build_command, build_greeting, error_reason


class How(Enum):
    """How a handshake with a server has ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # by an ERROR, with a reason
    WRONG_KEY = "wrong key"  # closed after HELLO, which the server could not decrypt
    CLOSED = "closed"  # after INITIATE: by the type, or by an authentication without an answer
    SILENT = "silent"  # after INITIATE: the authentication does not answer
    MUTE = "mute"  # after HELLO
    NO_PAIR = "no pair"  # this side has no keys of its own: nothing was tried
    IS_CLIENT = "is client"
    STRANGE = "strange"  # a command that has no place there


class Trial(NamedTuple):
    """A handshake that was tried."""

    how: How
    reason: str = ""
    #: What the server has sent in READY, where that can be read.
    ready: bytes = b""


def try_curve(
    wire: Wire, equip: Callable[[Any], bool | None], type_name: str, timeout_s: float
) -> Trial:
    """Do the handshake of a client, after the greetings.

    Parameters
    ----------
    wire
        To the server.
    equip
        Gives a socket its keys; False where there is no pair of its own among them.
    type_name
        The type that the client announces.
    timeout_s
        Longest wait for one answer, in s.
    """
    # The blocking front, whatever the program uses: nothing here may depend on its loop.
    from zmq.constants import SocketType
    from zmq.core.context import Context

    context: Any = Context()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(timeout_s)
            client = context.socket(SocketType[type_name])
            client.linger = 0
            client.reconnect_ivl = -1
            if equip(client) is False:
                return Trial(How.NO_PAIR)
            client.connect(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
            stream, _ = listener.accept()
        with Wire(stream, timeout_s) as inner:
            inner.send(build_greeting("CURVE", as_server=True))
            inner.exactly(64)
            return _hand_on(wire, inner)
    finally:
        context.destroy(linger=0)


def _hand_on(wire: Wire, inner: Wire) -> Trial:
    answer = _exchange(wire, inner.command(), gone=How.WRONG_KEY, mute=How.MUTE)
    if isinstance(answer, Trial):
        return answer
    if answer.name == "HELLO":
        return Trial(How.IS_CLIENT)
    if answer.name != "WELCOME":
        return _ending(answer)
    inner.send(build_command(answer.name, answer.data))
    try:
        initiate = inner.command()
    except EndedError:
        return Trial(How.WRONG_KEY)  # the server's WELCOME is not of that key
    answer = _exchange(wire, initiate, gone=How.CLOSED, mute=How.SILENT)
    return answer if isinstance(answer, Trial) else _ending(answer)


def _exchange(wire: Wire, command: Command, gone: How, mute: How) -> Command | Trial:
    try:
        wire.send(build_command(command.name, command.data))
        return wire.command()
    except EndedError:
        return Trial(gone)
    except SilentError:
        return Trial(mute)


def _ending(answer: Command) -> Trial:
    if answer.name == "ERROR":
        return Trial(How.REFUSED, error_reason(answer.data))
    return Trial(How.ACCEPTED if answer.name == "READY" else How.STRANGE, answer.name)
