"""Which page explains an error. The pages are in ``pages/``; ``ohmq explain NAME`` prints one."""

from __future__ import annotations

from errno import (
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EBUSY,
    EINVAL,
    EMFILE,
    ENAMETOOLONG,
    ENODEV,
    ENOENT,
    ETIMEDOUT,
)

from zmq.constants import (
    EAGAIN,
    EFAULT,
    EFSM,
    EHOSTUNREACH,
    ENOCOMPATPROTO,
    ENOTSOCK,
    ENOTSUP,
    EPROTONOSUPPORT,
    ETERM,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from zmq._native import Failure

__all__ = ["page_of", "pages", "pages_of_number", "pointer", "pointer_to"]

# In place of the cases: every case. In place of a number: every number, or that of an argument of
# the wrong type.
_EACH: tuple[str, ...] = ()
_ANY = -1
_NONE = 0

# A page, the cases of a Failure that it is about, and their error numbers. Of the rows that fit the
# first one counts; the list of all pages has their order, too: common errors come first.
_ROWS: tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...] = (
    ("nothing-received", ("recv",), (EAGAIN,)),
    ("cannot-send", ("send",), (EAGAIN,)),
    ("no-peers", ("wait_for_peers", "wait_for_subscribers"), (EAGAIN,)),
    ("handshake-failed", ("handshake",), (EAGAIN,)),
    ("out-of-turn", ("send", "recv"), (EFSM,)),
    ("wrong-direction", ("send", "recv"), (ENOTSUP,)),
    ("unknown-peer", ("send", "recv"), (EHOSTUNREACH,)),
    ("closed-socket", ("closed",), (ENOTSOCK, ENOTSUP)),
    ("context-ending", _EACH, (ETERM,)),
    ("context-ending", ("context closed",), (ENOTSUP, EFAULT)),
    ("context-in-use", ("term",), (ETIMEDOUT,)),
    ("after-fork", ("forked", "forked object"), (ENOTSOCK,)),
    ("used-by-device", ("claimed",), (EBUSY,)),
    ("too-many-sockets", ("socket", "loop"), (EMFILE,)),
    ("bad-address", ("bind", "connect", "monitor"), (EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO)),
    ("bad-address", ("address",), (_NONE,)),
    ("address-in-use", ("bind", "monitor"), (EADDRINUSE,)),
    ("cannot-bind", ("bind", "connect"), (EADDRNOTAVAIL, ENODEV, ENOENT, EACCES, ENAMETOOLONG)),
    ("not-bound", ("unbind", "disconnect"), (ENOENT, EINVAL, _ANY)),
    ("wrong-argument", ("data", "part", "parts", "text"), (_NONE,)),
    ("not-awaited", ("unawaited",), (_NONE,)),
    ("option-refused", ("set", "get", "join", "leave"), (EINVAL, _ANY)),
    ("option-refused", ("option",), (_NONE,)),
    ("unknown-type", ("socket",), (EINVAL,)),
    ("unknown-type", ("type",), (_NONE,)),
    ("unknown-type", ("no descriptor",), (ENOTSUP,)),
)


def page_of(number: int, case: str) -> str:
    """Return the name of the page; empty where there is none.

    Parameters
    ----------
    number : int
        The error number; 0 for an argument of the wrong type.
    case : str
        That of the Failure; "handshake" for a wait that was in vain for its handshakes, "unawaited"
        for a future that is used in place of its result.
    """
    for page, cases, numbers in _ROWS:
        if (case in cases or cases is _EACH) and (number in numbers or _ANY in numbers):
            return page
    return ""


def pages_of_number(number: int) -> list[str]:
    """Return the pages that may explain an error of which only the number is known."""
    return _once(page for page, _, numbers in _ROWS if number in numbers)


def pages() -> list[str]:
    """Return all pages that errors point to, in the order of the rows."""
    return _once(page for page, _, _ in _ROWS)


def pointer(number: int, failure: Failure) -> str:
    """Return the end of the text of a failure: where there is more about it."""
    case = "handshake" if number == EAGAIN and _of_handshake(failure) else failure.case
    return pointer_to(page_of(number, case))


def pointer_to(page: str) -> str:
    return f" (more: ohmq explain {page})" if page else ""


def _of_handshake(failure: Failure) -> bool:
    """Whether handshakes have failed, or may have without a word."""
    more = failure.more or {}
    if failure.received or (more.get("standing") and more.get("handshakes")):
        return False
    if "failed_handshakes" in more:
        return True
    if "connections" in more:
        _, handshakes, ended = more["connections"]
        return bool(ended and not handshakes)
    has_endpoint = bool(failure.bound or failure.connected)
    return bool(more.get("mechanism")) and has_endpoint and not failure.received


def _once(pages: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(pages))
