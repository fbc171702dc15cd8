"""Errors that end a command: one line for the user, and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
# As timeout(1) has it.
EXIT_TIMEOUT = 124
# A command that a signal ended exits with this and the number of the signal, as shells have it.
EXIT_SIGNAL = 128


class CommandError(Exception):
    """The command cannot do what it was asked; the message is the line that the user reads."""

    exit_code = EXIT_FAILED
    #: The lines to print, where there is more than one error.
    lines: Sequence[str] = ()


class UsageError(CommandError):
    """Arguments that cannot be used; nothing was started."""

    exit_code = EXIT_USAGE


class ReaderGone(CommandError):
    """Standard output has no reader any more (``| head``): the command ends quietly."""

    exit_code = EXIT_OK


class TimedOut(CommandError):
    """Time was over before the work was done."""

    exit_code = EXIT_TIMEOUT


class EndedBySignal(CommandError):
    """A signal ended the command; it has nothing more to say unless something was lost."""

    def __init__(self, number: int, text: str = "") -> None:
        super().__init__(text)
        self.number = number
        self.exit_code: int = EXIT_SIGNAL + number


def one_line(text: str) -> str:
    """Fold any text into one line, because an error is one line on stderr.

    Parameters
    ----------
    text
        A message that may hold line breaks or runs of blanks.

    Returns
    -------
    str
        The same words, one blank apart.
    """
    return " ".join(text.split())
