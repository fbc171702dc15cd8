"""What a command raises when it cannot go on: one line for the user and an exit code."""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2


class CommandError(Exception):
    """The command cannot do what it was asked; the message is the line that the user reads."""

    exit_code = EXIT_FAILED


class UsageError(CommandError):
    """What was typed makes no sense; nothing was started."""

    exit_code = EXIT_USAGE


class ReaderGone(CommandError):
    """Nobody reads standard output any more (``| head``): a reason to end, not to complain."""

    exit_code = EXIT_OK


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
