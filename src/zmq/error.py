"""The exceptions of the library.

::

    Exception
    ├── ZMQBaseError                    everything below, for one except clause
    │   ├── ZMQError                    a call failed: errno says how, strerror in words
    │   │   ├── Again                   EAGAIN: would block, or a timeout ran out
    │   │   ├── ContextTerminated       ETERM: the context was terminated meanwhile
    │   │   ├── InterruptedSystemCall   EINTR; an InterruptedError, too
    │   │   └── TermTimeout             ETIMEDOUT: Context.term() gave up; a TimeoutError, too
    │   ├── ZMQBindError                bind_to_random_port() found no free port
    │   ├── NotDone                     MessageTracker.wait() timed out
    │   └── DecodeError                 a message that a codec cannot read; a ValueError, too
    ├── NotImplementedError
    │   └── ZMQVersionError             the loaded libzmq is too old
    └── RuntimeWarning
        ├── ZAPWarning                  a server asks for authentication, and no handler answers
        ├── UnsafePickleWarning         unpickles what any machine of the network may send
        └── DraftFDWarning              FD of a socket that has none

Error numbers are those of `zmq.Errno`; zmq_errno(3), zmq_strerror(3).
"""

from __future__ import annotations

from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL, EINTR, ENODEV, ENOENT

from zmq._native import strerror, zmq_errno, zmq_version_info
from zmq.constants import EAGAIN, ETERM, ETIMEDOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Again",
    "ContextTerminated",
    "DecodeError",
    "DraftFDWarning",
    "InterruptedSystemCall",
    "NotDone",
    "TermTimeout",
    "UnsafePickleWarning",
    "ZAPWarning",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
]


class ZMQBaseError(Exception):
    """Base of the library's exceptions."""


class ZMQError(ZMQBaseError):
    """A call failed.

    Parameters
    ----------
    errno : int, optional
        The error number; by default that of this thread's last libzmq call. Text in its place
        becomes the message of an error without a number.
    msg : str, optional
        The message; by default that of zmq_strerror(3).
    """

    errno: int | None = None
    strerror: str

    def __init__(self, errno: int | str | None = None, msg: str | None = None) -> None:
        if errno is None:
            errno = zmq_errno()
        if isinstance(errno, int):
            self.errno = errno
            self.strerror = strerror(errno) if msg is None else msg
        else:
            self.strerror = str(errno) if msg is None else msg

    def __str__(self) -> str:
        return self.strerror

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"


class ZMQBindError(ZMQBaseError):
    """No port of the range could be bound."""


class NotDone(ZMQBaseError):
    """Messages are still in use by libzmq when the wait for them ended."""


class DecodeError(ZMQBaseError, ValueError):
    """The parts of a message are not what a codec makes (zmq.codecs): the text says what is wrong.

    The message is received, and gone; the socket can go on.
    """


class ContextTerminated(ZMQError):
    """The context was terminated before or during the call (ETERM). Arguments are ignored."""

    def __init__(self, errno: int | str = "ignored", msg: str = "ignored") -> None:
        super().__init__(ETERM)


class Again(ZMQError):
    """The call would block, or its timeout ran out (EAGAIN). Arguments are ignored."""

    def __init__(self, errno: int | str = "ignored", msg: str = "ignored") -> None:
        super().__init__(EAGAIN)


class InterruptedSystemCall(ZMQError, InterruptedError):  # type: ignore[misc]  # strerror is never None
    """A signal ended a call that should have been tried again (EINTR). Arguments are ignored."""

    errno = EINTR

    def __init__(self, errno: int | str = "ignored", msg: str = "ignored") -> None:
        super().__init__(EINTR)

    def __str__(self) -> str:
        return f"{self.strerror}: the library should have retried the call; please report this"


class TermTimeout(ZMQError, TimeoutError):  # type: ignore[misc]  # strerror is never None
    """`Context.term` gave up, as sockets were still open or had messages to send (ETIMEDOUT).

    Parameters
    ----------
    timeout : float
        How long it waited, in seconds.
    sockets : iterable of str
        The sockets that it waited for, one line of text each.

    Attributes
    ----------
    timeout : float
    sockets : list of str
    """

    errno = ETIMEDOUT

    def __init__(self, timeout: float, sockets: Iterable[str] = ()) -> None:
        self.timeout = timeout
        self.sockets = list(sockets)
        text = f"context not terminated after {timeout:g} s"
        if self.sockets:
            text += "; waiting for these sockets:\n  " + "\n  ".join(self.sockets)
        super().__init__(ETIMEDOUT, text)

    def __reduce__(self) -> tuple[type[TermTimeout], tuple[float, list[str]]]:
        return type(self), (self.timeout, self.sockets)


class ZMQVersionError(NotImplementedError):
    """The loaded libzmq is too old.

    Parameters
    ----------
    min_version : str
        The oldest libzmq that would do.
    msg : str
        What is missing.
    """

    def __init__(self, min_version: str, msg: str = "Feature") -> None:
        self.msg = msg
        self.min_version = min_version
        self.version = ".".join(map(str, zmq_version_info()))

    def __str__(self) -> str:
        return f"{self.msg} requires libzmq >= {self.min_version}, have {self.version}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"


class ZAPWarning(RuntimeWarning):
    """A server socket asks for authentication, but no ZAP handler answers in its context.

    libzmq itself says nothing then. It refuses every client, or lets every client in: see the text
    of the warning, and `Context.zap_required`.
    """


class UnsafePickleWarning(RuntimeWarning):
    """A pickle is received from a socket that other machines reach without a key.

    Unpickling runs what the sender likes. Given once for a socket that is bound or connected
    beyond this machine with neither CURVE nor GSSAPI.
    """


class DraftFDWarning(RuntimeWarning):
    """A thread-safe (draft) socket was asked for its FD, which libzmq does not give."""

    def __init__(self, msg: str = "") -> None:
        super().__init__(
            msg
            or "libzmq has no FD for thread-safe sockets; this one is a makeshift and may go away. "
            'To silence this: warnings.simplefilter("ignore", zmq.DraftFDWarning)'
        )


def error_for(errno: int, msg: str | None = None) -> ZMQBaseError:
    """Return the exception for a failed libzmq call.

    Parameters
    ----------
    errno : int
    msg : str, optional
        The whole message; by default that of zmq_strerror(3).
    """
    if errno == EAGAIN:
        error: ZMQError = Again(errno)
    elif errno == ETERM:
        error = ContextTerminated(errno)
    elif errno == EINTR:
        error = InterruptedSystemCall(errno)
    else:
        return ZMQError(errno) if msg is None else ZMQError(errno, msg)
    if msg is not None:
        error.strerror = msg
    return error


def address_reason(errno: int, transport: str) -> tuple[str, str]:
    """Return why an address cannot be bound or connected, and the way out.

    Parameters
    ----------
    errno : int
    transport : str
        The part of the endpoint before ``://``.

    Returns
    -------
    tuple of str
        Both may be empty: of most numbers strerror says all there is to say.
    """
    if errno == EADDRINUSE:
        return "address in use", {
            "inproc": "take another name, or close the socket that has it",
            "ipc": "take another path, or stop the program that has it",
        }.get(transport, "take another port (:* finds a free one), or stop the program that has it")
    if errno in (EADDRNOTAVAIL, ENODEV):
        return "no network interface of this machine has that address", ""
    if errno == EACCES:
        if transport == "ipc":
            return "permission denied", "the directory has to be writable"
        return "permission denied", "ports under 1024 need extra rights"
    if errno == ENOENT and transport == "ipc":
        return "no such directory", "the directory of a path has to exist"
    return "", ""


def _check_rc(rc: int, errno: int | None = None, error_without_errno: bool = True) -> None:
    """Raise the exception for a libzmq call that returned -1; errno 0 can be let pass."""
    if rc != -1:
        return
    if errno is None:
        errno = zmq_errno()
    if errno or error_without_errno:
        raise error_for(errno)


def _check_version(min_version_info: tuple[int, ...], msg: str = "Feature") -> None:
    """Raise `ZMQVersionError` unless the loaded libzmq is of that version or later."""
    if zmq_version_info() < min_version_info:
        raise ZMQVersionError(".".join(map(str, min_version_info)), msg)
