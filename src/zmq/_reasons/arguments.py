"""Words for options, groups, new sockets, and arguments of the wrong type."""

from __future__ import annotations

from errno import EMFILE

from zmq._reasons.naming import more_of, socket_of, type_of
from zmq._reasons.pointers import page_of, pointer, pointer_to
from zmq.constants import SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from zmq._native import Failure

__all__ = ["argument_words", "get_option", "group", "new_socket", "set_option", "unawaited"]


def set_option(number: int, failure: Failure) -> str:
    more = more_of(failure)
    given = f"the value {more['value']}" if "value" in more else f"{more.get('length')} bytes"
    text = f"{socket_of(failure)} does not take {given} as {more['option']}"
    if more["option"].startswith("CURVE_") and "length" in more:
        return (
            f"{text}: a key has 40 bytes of Z85, as zmq.curve_keypair() makes them, or 32 as it is"
        )
    return f"{text}: this type of socket has no such option, or the option takes another value"


def get_option(number: int, failure: Failure) -> str:
    option = more_of(failure)["option"]
    return (
        f"{socket_of(failure)} does not tell {option}: it can only be set, or this type or this "
        "libzmq has no such option"
    )


def group(number: int, failure: Failure) -> str:
    return (
        f"{socket_of(failure)} cannot {failure.case} the group {more_of(failure)['group']!r}: "
        "groups are for DISH sockets, which leave those that they have joined"
    )


def new_socket(number: int, failure: Failure) -> str:
    more = more_of(failure)
    if number != EMFILE:
        return (
            f"{failure.socket_type} is no type of socket that this libzmq has: the types are those "
            "of zmq.SocketType"
        )
    what = f"no {type_of(failure)} socket can be opened"
    if more["descriptor_left"]:
        return (
            f"{what}: the context has {more['open']} open, and its MAX_SOCKETS is "
            f"{more['max_sockets']}: close() some, or set context.max_sockets before the first one"
        )
    return (
        f"{what}: the process has no file descriptor left, of which each socket takes one or more: "
        "close() what is not used, or allow more (ulimit -n)"
    )


# ---- arguments ----------------------------------------------------------------------------------


def argument_words(failure: Failure) -> str:
    """Return the text for an argument of the wrong type."""
    text = _ARGUMENTS[failure.case](more_of(failure))
    whose = "" if failure.socket_type < 0 else f" ({socket_of(failure)})"
    return text + whose + pointer(0, failure)


def _data(more: dict[str, Any]) -> str:
    kind = more["of"]
    if kind == "str":
        return "send takes bytes, not str: use send_string, or encode the text first"
    text = f"a bytes-like object is required, not {kind!r}: "
    if kind in ("list", "tuple"):
        return (
            text + "send_multipart sends the parts of a message, send_json and send_pyobj objects"
        )
    if kind == "NoneType":
        return text + "b'' is an empty message"
    if kind in ("Future", "Ready", "SocketFuture", "coroutine", "Task"):
        return text + "await it first"
    return text + "send_json and send_pyobj send other objects"


def _part(more: dict[str, Any]) -> str:
    text = f"Frame {more['number']} ({more['shown']}) does not support the buffer interface"
    if more["message"] >= 0:
        text = f"message {more['message']}: {text}"
    if more["given"] in ("bytes", "bytearray", "memoryview"):
        return (
            f"{text}. send_multipart takes a list of parts, not {more['given']}: "
            "send_multipart([data]), or send(data)"
        )
    if more["given"] == "str":
        return f"{text}. send_multipart takes a list of parts, not str: use send_string"
    if more["of"] == "str":
        return f"{text}: encode text first, or use send_string."
    return f"{text}: a part is bytes, or has a buffer."


def _parts(more: dict[str, Any]) -> str:
    instead = "list() makes one of it" if more.get("many") else "use send for a single part"
    return f"send_multipart takes a list of parts, not {more['of']!r}: {instead}"


def _string(more: dict[str, Any]) -> str:
    return f"send_string takes str, not {more['of']}: send takes bytes"


def _place(more: dict[str, Any]) -> str:
    return (
        f"expected addr to be str, got addr={more['shown']}: an address is like "
        "'tcp://127.0.0.1:5555'"
    )


def _option(more: dict[str, Any]) -> str:
    text = f"option {more['option']} takes {more['expected']}, not {more['of']}"
    if more["expected"] == "int":
        return f"{text}: got {more['shown']}"
    if more["of"] == "str":
        return f"{text}: use set_string, or encode the value"
    return text


def _type(more: dict[str, Any]) -> str:
    return f"socket_type is a zmq.SocketType like zmq.REQ, not {more['shown']}{_meant(more)}"


def _meant(more: dict[str, Any]) -> str:
    """Name the constant that a text spells."""
    name = more["shown"].strip("'\"").upper().removeprefix("ZMQ.")
    return f": write zmq.{name}" if name in SocketType.__members__ else ""


def unawaited(problem: str) -> str:
    """Return the text for a future that is used in place of its result."""
    return (
        f"{problem}: a call on a socket of zmq.asyncio returns a future; await it first, as in "
        f"(await socket.recv()).decode(){pointer_to(page_of(0, 'unawaited'))}"
    )


_ARGUMENTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "data": _data,
    "part": _part,
    "parts": _parts,
    "text": _string,
    "address": _place,
    "option": _option,
    "type": _type,
}
