"""``ohmq explain``: the pages that the texts of errors point to.

Works without the extra: an error points to them also where only the library is installed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from zmq.cli.library import refuse_mixed_installation
from zmq.cli.terminal.display import is_terminal, write_bytes
from zmq.cli.terminal.errors import EXIT_OK, CommandError, UsageError

if TYPE_CHECKING:
    import typer

_LINK = re.compile(r"\[([^\]]+)\]\([a-z-]+\.md\)")
_POINTER = re.compile(r"ohmq explain ([a-z-]+)")
# How much of what was typed an error repeats.
_SHOWN = 60
# Longer lines are hard to read, however wide the terminal is.
_COLUMNS = 100
_HELP = """Explain an error: what has happened, why, and what to do.

NAME is what the text of the error has after "more: ohmq explain". The whole text does as well, and
so does an error number, its name, or that of an exception. Without a NAME: the list of all pages.

ohmq explain nothing-received

ohmq explain EAGAIN

Exit codes: 0 done, 1 failed, 2 there is no such page.
"""


def explain(words: Iterable[str]) -> int:
    """Print the page for what was typed, or a list of pages where there are several.

    Parameters
    ----------
    words
        What was typed after the name of the command: nothing, a name, or the words of a text.

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    UsageError
        There is no page for it.
    """
    refuse_mixed_installation()
    asked = " ".join(words).strip()
    found = find_pages(asked) if asked else _names()
    if len(found) == 1 and asked:
        _print_page(read_page(found[0]))
        return EXIT_OK
    width = max(map(len, found))
    lines = [f"{name:<{width}}  {title_of(read_page(name))}" for name in found]
    lines += ["", "ohmq explain NAME prints one of these pages."]
    write_bytes("".join(f"{line}\n" for line in lines).encode(), flush=True)
    return EXIT_OK


def find_pages(asked: str) -> list[str]:
    """Find the pages for a name, an error number, an exception, or the text of an error.

    Parameters
    ----------
    asked
        One of these, as it was typed.

    Returns
    -------
    list of str
        Names of pages, at least one.

    Raises
    ------
    UsageError
        There is none; it tells names that are near.
    """
    from zmq._reasons.pointers import pages_of_number

    names = _names()
    if asked in names:
        return [asked]
    found = [name for name in _POINTER.findall(asked) if name in names]
    if not found:
        found = [page for number in _numbers_in(asked) for page in pages_of_number(number)]
    found = found or _pages_with(asked, names)
    if not found:
        raise UsageError(_unknown(asked, names))
    return list(dict.fromkeys(found))


# Names that no error number stands for.
_NAMES = {
    r"HANDSHAKE_FAILED_\w+|PROTOCOL_ERROR_\w+|ZAPWarning": "handshake-failed",
    r"TermTimeout": "context-in-use",
}
# Words that any text may have.
_COMMON = frozenset(("an", "and", "are", "for", "has", "is", "it", "its", "not", "of", "or", "the"))


def _pages_with(asked: str, names: list[str]) -> list[str]:
    """Find the pages for a name, or those that have every word of a text."""
    found = [page for name, page in _NAMES.items() if re.search(name, asked)]
    words = set(re.findall(r"[\w/']+", asked.lower())) - _COMMON
    if found or len(words) < 3:
        return found
    return [name for name in names if words <= set(re.findall(r"[\w/']+", read_page(name).lower()))]


def _numbers_in(asked: str) -> list[int]:
    """The error numbers that a text names, in one way or the other."""
    import errno

    import zmq
    from zmq._reasons.pointers import pages_of_number

    known = {name: number for number, name in errno.errorcode.items()}
    known |= {name: int(number) for name, number in zmq.Errno.__members__.items()}
    classes = {"Again": zmq.EAGAIN, "ContextTerminated": zmq.ETERM}
    words = re.findall(r"\w+", asked)
    numbers = [known[word.upper()] for word in words if word.upper() in known]
    if asked.isdecimal() and int(asked):
        numbers.append(int(asked))
    numbers += [int(classes[word]) for word in words if word in classes]
    if numbers:
        return numbers
    explained = {number for number in known.values() if pages_of_number(number)}
    # One text may begin like another: the longest counts.
    texts = sorted(
        ((zmq.strerror(each), each) for each in explained), key=lambda each: -len(each[0])
    )
    return [number for text, number in texts if text.lower() in asked.lower()][:1]


def _unknown(asked: str, names: list[str]) -> str:
    """The error for what no page is about."""
    import difflib

    near = [name for name in names if len(asked) > 2 and asked.lower() in name]
    near += difflib.get_close_matches(asked.lower(), names, n=3, cutoff=0.7)
    shown = asked if len(asked) <= _SHOWN else asked[: _SHOWN - 3] + "..."
    hint = f"near it are: {', '.join(dict.fromkeys(near))}; " if near else ""
    return f"no page is about {shown!r}; {hint}'ohmq explain' lists all"


# ---- the pages ----------------------------------------------------------------------------------


def _names() -> list[str]:
    from zmq._reasons.pointers import pages

    return pages()


def read_page(name: str) -> str:
    """Return a page, in Markdown.

    Raises
    ------
    CommandError
        The installation has lost it.
    """
    from importlib.resources import files

    try:
        return (files("zmq._reasons") / "pages" / f"{name}.md").read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(
            f"the page {name} is missing in this installation; see 'ohmq info'"
        ) from error


def title_of(page: str) -> str:
    """Return the title of a page."""
    return page.partition("\n")[0].removeprefix("# ")


def _print_page(page: str) -> None:
    """Print a page: with colours on a terminal, where rich is installed."""
    text = _LINK.sub(r"\1", page)
    if is_terminal(sys.stdout):
        try:
            from rich.console import Console
            from rich.markdown import Markdown
        except ModuleNotFoundError:
            pass
        else:
            console = Console()
            console.print(Markdown(text), width=min(console.width, _COLUMNS))
            return
    write_bytes(as_text(text).encode(), flush=True)


def as_text(page: str) -> str:
    """Lay out Markdown as plain text: titles are underlined, code is indented."""
    lines = []
    in_code = False
    for line in page.splitlines():
        marks = line.partition(" ")[0]
        if line.startswith("```"):
            in_code = not in_code
        elif in_code:
            lines.append(f"    {line}".rstrip())
        elif marks in ("#", "##"):
            title = line.removeprefix(marks).strip()
            lines += [title, ("=" if marks == "#" else "-") * len(title)]
        else:
            lines.append(line)
    return "".join(f"{line}\n" for line in lines)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    import typer

    def complete(incomplete: str) -> list[str]:
        return [name for name in _names() if name.startswith(incomplete)]

    argument = typer.Argument(
        None,
        metavar="NAME",
        help="A page, an error number, an exception, or the text of an error.",
        autocompletion=complete,
        show_default=False,
    )

    def command(words: list[str] | None = argument) -> None:
        raise typer.Exit(explain(words or ()))

    app.command("explain", help=_HELP)(command)
