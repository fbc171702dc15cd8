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

from errno import EINTR

from zmq._native import failure_without_socket, strerror, zmq_errno, zmq_version_info
from zmq.constants import EAGAIN, ETERM, ETIMEDOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from zmq._native import Failure

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


_EAGAIN = int(EAGAIN)
# Words are in modules, and to read one takes a descriptor.
_NO_DESCRIPTOR = (
    "the process has no file descriptor left, also none to say more about this: close() what is "
    "not used, or allow more (ulimit -n) (more: ohmq explain too-many-sockets)"
)
_WOULD_BLOCK = strerror(_EAGAIN)


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
    # What is known of the call, or words; the text is made when it is read.
    _reason: Failure | str | None = None

    def __init__(self, errno: int | str | None = None, msg: str | None = None) -> None:
        if errno is None:
            errno = zmq_errno()
        if isinstance(errno, int):
            self.errno = errno
            self.strerror = strerror(errno) if msg is None else msg
        else:
            self.strerror = str(errno) if msg is None else msg

    def __str__(self) -> str:
        if self._reason is None:
            return self.strerror
        try:
            from zmq._reasons import words
        except ImportError:  # at the end of the interpreter
            return self.strerror
        except OSError:
            return f"{self.strerror}: {_NO_DESCRIPTOR}"
        return f"{self.strerror}: {words(self.errno or 0, self._reason)}"

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

    errno: int | None

    # Programs that ask for what may not be there yet meet it often: it is made without a call.
    def __init__(self, errno: int | str = "ignored", msg: str = "ignored") -> None:
        self.errno: int | None = _EAGAIN
        self.strerror = _WOULD_BLOCK


class InterruptedSystemCall(ZMQError, InterruptedError):  # type: ignore[misc]  # strerror is never None
    """A signal ended a call that should have been tried again (EINTR). Arguments are ignored."""

    errno: int | None = EINTR

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

    errno: int | None = ETIMEDOUT

    def __init__(self, timeout: float, sockets: Iterable[str] = ()) -> None:
        self.timeout = timeout
        self.sockets: list[str] = list(sockets)
        text = f"context not terminated after {timeout:g} s"
        if self.sockets:
            text += "; waiting for these sockets:\n  " + "\n  ".join(self.sockets)
        super().__init__(ETIMEDOUT, text)

    def __str__(self) -> str:
        try:
            from zmq._reasons.pointers import page_of, pointer_to
        except (ImportError, OSError):  # at the end of the interpreter; no descriptor is left
            return self.strerror
        more = pointer_to(page_of(ETIMEDOUT, "term"))
        return self.strerror + (f"\n {more}" if self.sockets else more)

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
        self.version: str = ".".join(map(str, zmq_version_info()))

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


def error_for(errno: int, reason: Failure | str | None = None) -> ZMQError:
    """Return the exception for a failed libzmq call.

    Parameters
    ----------
    errno : int
    reason : Failure or str, optional
        What the text says beside the words of zmq_strerror(3): what is known of the call, of which
        the words are made when the text is read; or the words.
    """
    if errno == EAGAIN:
        error: ZMQError = Again(errno)
    elif errno == ETERM:
        error = ContextTerminated(errno)
    elif errno == EINTR:
        error = InterruptedSystemCall(errno)
    else:
        error = ZMQError(errno)
    if reason is not None:
        error._reason = reason
    return error


def wrong_argument(failure: Failure) -> TypeError:
    """Return the exception for an argument of the wrong type."""
    from zmq._reasons import argument_words

    return TypeError(argument_words(failure))


def wrong_type(given: object) -> TypeError:
    """Return the exception for what is given as the type of a socket, and is no number."""
    return wrong_argument(failure_without_socket("type", {"shown": f"{given!r:.80}"}))


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
