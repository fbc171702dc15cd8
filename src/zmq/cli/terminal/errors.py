"""What a command raises when it cannot go on: one line for the user and an exit code."""

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
    #: What to print, where that is more than one error.
    lines: Sequence[str] = ()


class UsageError(CommandError):
    """What was typed makes no sense; nothing was started."""

    exit_code = EXIT_USAGE


class ReaderGone(CommandError):
    """Nobody reads standard output any more (``| head``): a reason to end, not to complain."""

    exit_code = EXIT_OK


class TimedOut(CommandError):
    """Time was over before the work was done."""

    exit_code = EXIT_TIMEOUT


class EndedBySignal(CommandError):
    """A signal ended the command; it has nothing more to say unless something was lost."""

    def __init__(self, number: int, text: str = "") -> None:
        super().__init__(text)
        self.number = number
        self.exit_code = EXIT_SIGNAL + number


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
