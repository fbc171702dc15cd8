"""The words of errors: the socket, what is wrong with the call, and what to do.

A call that fails notes a Failure (``_native/failures.pxi``): plain values. Here words are made of
it, when a program reads the text of the exception: one that is caught and not read costs no words.
Every front has its words from here, and so has the command for addresses.

Words name the socket, end without a full stop, and have the next step last; then they point to a
page, where pointers.py has one for the case.
"""

from __future__ import annotations

from zmq._reasons import waiting
from zmq._reasons.addresses import address, address_reason, monitor, not_there
from zmq._reasons.arguments import (
    argument_words,
    get_option,
    group,
    new_socket,
    set_option,
    unawaited,
)
from zmq._reasons.naming import call_of, more_of, socket_of
from zmq._reasons.pointers import pointer
from zmq.constants import EAGAIN, EFSM, EHOSTUNREACH, ETERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from zmq._native import Failure

__all__ = ["address_reason", "argument_words", "unawaited", "words"]


def words(number: int, reason: Failure | str) -> str:
    """Return the words for an error number, and what is known of the call."""
    if isinstance(reason, str):
        return reason
    return _words_of(number, reason) + pointer(number, reason)


def _words_of(number: int, reason: Failure) -> str:
    if reason.case in _STATES:
        return _STATES[reason.case](reason)
    if number in _ERRORS:
        return _ERRORS[number](reason)
    of_case = _CASES.get(reason.case)
    return call_of(reason) if of_case is None else of_case(number, reason)


# ---- the socket, or its context, cannot be used -------------------------------------------------


def _closed(failure: Failure) -> str:
    if failure.socket_type < 0:
        return "the socket is closed, or was never opened: open one with context.socket()"
    return f"the socket is closed ({socket_of(failure)}): open another one with context.socket()"


def _forked(failure: Failure) -> str:
    return (
        f"{socket_of(failure)} belongs to the parent process: open a new context and socket in the "
        "child after a fork"
    )


def _forked_object(failure: Failure) -> str:
    more = more_of(failure)
    return f"{more['name']} belongs to the parent process: {more['step']} in the child after a fork"


def _context_closed(failure: Failure) -> str:
    return "the context is closed: make a new one with zmq.Context()"


def _no_loop_descriptor(failure: Failure) -> str:
    return (
        "no file descriptor is left for an event loop's sockets: close() what is not used, or "
        "allow more (ulimit -n)"
    )


def _claimed(failure: Failure) -> str:
    return (
        f"{socket_of(failure)} is in use by a device: stop the device first, or use another socket"
    )


def _no_descriptor(failure: Failure) -> str:
    return (
        f"{socket_of(failure)} has no descriptor, and {more_of(failure)['waiter']} cannot wait for "
        "it: this type needs a libzmq that was built with its draft API"
    )


_STATES: dict[str, Callable[[Failure], str]] = {
    "closed": _closed,
    "forked": _forked,
    "forked object": _forked_object,
    "claimed": _claimed,
    "context closed": _context_closed,
    "loop": _no_loop_descriptor,
    "no descriptor": _no_descriptor,
}


# ---- what is said for an error number, and for a call -------------------------------------------

_ERRORS: dict[int, Callable[[Failure], str]] = {
    int(EAGAIN): waiting.would_block,
    int(EFSM): waiting.out_of_turn,
    int(EHOSTUNREACH): waiting.unreachable,
    int(ETERM): waiting.terminated,
}

_CASES: dict[str, Callable[[int, Failure], str]] = {
    "bind": address,
    "connect": address,
    "unbind": not_there,
    "disconnect": not_there,
    "monitor": monitor,
    "set": set_option,
    "get": get_option,
    "join": group,
    "leave": group,
    "socket": new_socket,
    "send": lambda number, failure: waiting.not_supported(failure),
    "recv": lambda number, failure: waiting.not_supported(failure),
}
