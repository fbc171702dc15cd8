"""The typer program: which commands there are, and how their errors reach the user."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from zmq.cli.terminal.errors import EXIT_OK, EXIT_USAGE, CommandError, ReaderGone, one_line

# One module a command. A new command is a new file and one more name here.
COMMANDS = (
    "device",
    "dashboard",
    "send",
    "recv",
    "watch",
    "events",
    "doctor",
    "explain",
    "keygen",
    "bench",
    "info",
    "adopt",
)


def _version(wanted: bool) -> None:
    if wanted:
        from zmq.cli.commands.info import version_line

        print(version_line())
        raise typer.Exit


def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print versions.")
    ] = False,
) -> None:
    """Run and look at ZeroMQ from the command line."""


def make_app(commands: Iterable[str] = COMMANDS) -> typer.Typer:
    """Build the program.

    Parameters
    ----------
    commands
        Those that it has. Each costs the time of its imports.

    Returns
    -------
    typer.Typer
        Plain: no boxes, no pretty tracebacks.
    """
    app = typer.Typer(
        name="ohmq",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for command in commands:
        importlib.import_module(f"zmq.cli.commands.{command}").register(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the program once.

    Parameters
    ----------
    arguments
        What was typed after the name of the program.

    Returns
    -------
    int
        Exit code: 0 done, 1 failed, 2 bad arguments.
    """
    if not arguments:
        arguments = ["--help"]
    try:
        # Outside its standalone mode typer raises its errors instead of drawing them.
        app = make_app(_wanted_commands(arguments))
        code = app(args=list(arguments), prog_name="ohmq", standalone_mode=False)
    except ReaderGone:
        raise
    except CommandError as error:
        for line in error.lines or [str(error)]:
            if line:
                print(f"ohmq: {one_line(line)}", file=sys.stderr)
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        return _parser_error(error)
    return code if isinstance(code, int) else EXIT_OK


def _wanted_commands(arguments: Sequence[str]) -> Sequence[str]:
    """The command that is called, or whose arguments a shell completes; all where there is none."""
    if "_OHMQ_COMPLETE" in os.environ:
        arguments = os.environ.get("COMP_WORDS", "").split()[1:]
    return arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS


def _parser_error(error: Any) -> int:
    """Print an error of the argument parser; anything else goes on.

    Releases of typer differ in where the parser's exceptions live, and agree in their shape.
    """
    if not hasattr(error, "format_message"):
        raise error
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "ohmq"
    message = one_line(error.format_message()).rstrip(".")
    print(f"ohmq: {message}; see '{path} --help'", file=sys.stderr)
    return EXIT_USAGE
