"""Entry point of the command ``ohmq``: loads the program, and lets no traceback out."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence

from zmq.cli.terminal.display import FULL, cannot_write, forget_stdout, require_stdout
from zmq.cli.terminal.errors import EXIT_FAILED, EXIT_OK, CommandError, ReaderGone, one_line

_PRINTING = ("info", "recv", "watch", "events", "doctor", "explain")
_MISSING_EXTRA = "ohmq: this command needs typer and rich: pip install 'ohmq[cli]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``ohmq``.

    Parameters
    ----------
    arguments
        What was typed after the name of the program; ``sys.argv`` by default.

    Returns
    -------
    int
        Exit code: 0 done, 1 failed, 2 bad arguments, 130 interrupted before it began.
    """
    _print_what_cannot_be_encoded()
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if _only_prints(typed):
            require_stdout()
        code = _find_program(typed)(typed)
        if sys.stdout is not None:  # None when the program was started with it closed
            sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        forget_stdout()
        return EXIT_OK
    except CommandError as error:
        print(f"ohmq: {one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in FULL or error.filename is not None:
            return _unexpected(error)
        forget_stdout()
        print(f"ohmq: {cannot_write(error)}", file=sys.stderr)
        return EXIT_FAILED
    except Exception as error:
        return _unexpected(error)
    return code


def _only_prints(typed: Sequence[str]) -> bool:
    """Whether all that the command is called for is its output."""
    flags = typed[: typed.index("--")] if "--" in typed else typed
    asked = {"-h", "--help", "--version"}.intersection(flags)
    if not typed or asked:
        return True
    return typed[0] in _PRINTING or (typed[0] == "bench" and "--serve" not in flags)


def _unexpected(error: Exception) -> int:
    if os.environ.get("OHMQ_TRACEBACK"):
        raise error
    what = one_line(f"{type(error).__name__}: {error}")
    print(f"ohmq: {what} (OHMQ_TRACEBACK=1 shows where)", file=sys.stderr)
    return EXIT_FAILED


def _print_what_cannot_be_encoded() -> None:
    """In an old locale, what it cannot show is shown as an escape; it ends no command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _find_program(typed: Sequence[str]) -> Callable[[Sequence[str]], int]:
    """The whole program, or what of it runs without the extra or on a broken installation."""
    if list(typed) in (["info"], ["info", "--json"]):
        return _plain_info
    if list(typed[:1]) == ["adopt"]:
        return _plain_adopt
    if list(typed[:1]) == ["explain"] and not any(word.startswith("-") for word in typed):
        return _plain_explain
    try:
        run: Callable[[Sequence[str]], int] = importlib.import_module("zmq.cli.app").run
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        return _say_what_is_missing
    return run


def _plain_info(typed: Sequence[str]) -> int:
    from zmq.cli.commands.info import print_info

    return print_info(as_json="--json" in typed)


def _plain_adopt(typed: Sequence[str]) -> int:
    from zmq.cli.commands.adopt import adopt_plainly

    return adopt_plainly(list(typed[1:]))


def _plain_explain(typed: Sequence[str]) -> int:
    from zmq.cli.commands.explain import explain

    return explain(typed[1:])


def _say_what_is_missing(typed: Sequence[str]) -> int:
    print(_MISSING_EXTRA, file=sys.stderr)
    return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
