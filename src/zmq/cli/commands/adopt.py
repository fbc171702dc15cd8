"""``ohmq adopt``: programs that require ``pyzmq`` get this package.

Works without the extra, and where PyZMQ has overwritten files of this package.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zmq.cli.adoption.installer import Installer, find_installer
from zmq.cli.adoption.saved import SavedFiles
from zmq.cli.adoption.standin import NAME, VERSION, write_standin
from zmq.cli.installation import OWN_NAME, Distribution, find_distributions, locks, warning_of_lock
from zmq.cli.terminal.errors import EXIT_OK, CommandError, UsageError

if TYPE_CHECKING:
    import typer

_HELP = """\
usage: ohmq adopt [--undo] [--yes] [--dry-run]
       ohmq adopt --save FOLDER

Installs a stand-in for the distribution pyzmq in this environment.
  --undo     put PyZMQ back, and remove ohmq
  --yes      do not ask
  --dry-run  say what would be done, and do nothing
  --save     write the stand-in to a folder, for other installers, and change nothing"""


@dataclass(slots=True)
class Plan:
    """Steps in their order, each with the sentence that tells of it."""

    steps: list[tuple[str, Callable[[], None]]] = field(default_factory=list)

    def add(self, sentence: str, step: Callable[[], None]) -> None:
        self.steps.append((sentence, step))


def _is_standin(found: Distribution | None) -> bool:
    return found is not None and not found.has_files


def plan_adoption(
    own: Distribution | None, theirs: Distribution | None, installer: Installer, folder: Path
) -> Plan:
    """Plan what makes this package the environment's ``pyzmq``.

    Parameters
    ----------
    own, theirs
        The installed distributions ohmq and pyzmq, if any.
    installer
        Of the environment.
    folder
        For files that are needed on the way.

    Returns
    -------
    Plan
        Without steps where all is done already.

    Raises
    ------
    CommandError
        Conda has installed PyZMQ: only conda can remove it.
    """
    plan = Plan()
    if theirs is not None and theirs.installer == "conda" and theirs.has_files:
        raise CommandError(
            "conda has installed pyzmq, and would put it back: "
            "run 'conda remove --force pyzmq' first, then 'python -m zmq adopt'"
        )
    if own is not None and own.damaged:
        # First of all: where it cannot be had, everything stays as it was.
        plan.add(
            f"install {OWN_NAME} {own.version} again, {len(own.damaged)} of its files "
            "are missing or overwritten",
            lambda: installer.install_release(own.origin or f"{OWN_NAME}=={own.version}"),
        )
    if not (_is_standin(theirs) and theirs is not None and theirs.version == VERSION):
        what = f"replace pyzmq {theirs.version}" if theirs else "satisfy requirements on pyzmq"
        plan.add(
            f"{what} with a stand-in, pyzmq {VERSION}, that has no files and requires {OWN_NAME}",
            lambda: _replace(installer, folder),
        )
    return plan


def _replace(installer: Installer, folder: Path) -> None:
    """Install the stand-in; the files of this package survive the end of PyZMQ's."""
    saved = SavedFiles(OWN_NAME, folder)
    try:
        installer.install_file(write_standin(folder))
    finally:
        saved.restore()


def plan_return(
    own: Distribution | None, theirs: Distribution | None, installer: Installer, folder: Path
) -> Plan:
    """Plan what puts PyZMQ back; see `plan_adoption`."""
    plan = Plan()
    if own is None and theirs is not None and theirs.has_files:
        return plan
    version = theirs.version if theirs is not None else VERSION
    plan.add(
        f"remove {OWN_NAME} and install PyZMQ {version} from the index",
        lambda: _put_back(installer, folder, version),
    )
    return plan


def _put_back(installer: Installer, folder: Path, version: str) -> None:
    """Remove this package and install PyZMQ; without an index everything stays as it was."""
    saved = [SavedFiles(OWN_NAME, folder), SavedFiles(NAME, folder)]
    installer.remove([OWN_NAME, NAME])
    try:
        installer.install_release(f"{NAME}=={version}")
    except BaseException:
        for each in saved:
            each.restore()
        raise


def _agreed() -> bool:
    """Ask on a terminal; a script has agreed by running the command."""
    if sys.stdin is None or not sys.stdin.isatty():
        return True
    return input("Go ahead? [y/N] ").strip().lower() in {"y", "yes"}


def adopt(*, undo: bool = False, yes: bool = False, dry_run: bool = False) -> int:
    """Make this package the environment's ``pyzmq``, or undo that.

    Parameters
    ----------
    undo
        Put PyZMQ back.
    yes
        Do not ask on a terminal.
    dry_run
        Say what would be done, and do nothing.

    Returns
    -------
    int
        Exit code.
    """
    found = {each.name: each for each in find_distributions()}
    installer = find_installer()
    with tempfile.TemporaryDirectory(prefix="ohmq-adopt-") as scratch:
        make = plan_return if undo else plan_adoption
        plan = make(found.get(OWN_NAME), found.get(NAME), installer, Path(scratch))
        if not plan.steps:
            print(f"Nothing to do in {sys.prefix}.")
            return EXIT_OK
        print(f"In {sys.prefix}, with {installer.name}:")
        for sentence, _ in plan.steps:
            print(f"  - {sentence}")
        sys.stdout.flush()
        if dry_run:
            return EXIT_OK
        if not yes and not _agreed():
            raise CommandError("nothing was changed")
        for _, step in plan.steps:
            step()
    if undo:
        print("Done.")
        return EXIT_OK
    for lock in locks(Path(sys.prefix).parent):
        print(f"Beware: {warning_of_lock(lock)}.")
    print("Done. 'python -m zmq adopt --undo' puts PyZMQ back.")
    return EXIT_OK


def adopt_plainly(typed: list[str]) -> int:
    """Run the command without typer; `typed` is what follows ``ohmq adopt``."""
    if set(typed) & {"-h", "--help"}:
        print(_HELP)
        return EXIT_OK
    if typed[:1] == ["--save"]:
        return save(typed[1:])
    known = {"--undo": "undo", "--yes": "yes", "-y": "yes", "--dry-run": "dry_run"}
    wrong = [word for word in typed if word not in known]
    if wrong:
        raise UsageError(f"no such option: {wrong[0]}; see 'ohmq adopt --help'")
    return adopt(**{known[word]: True for word in typed})


def save(typed: list[str]) -> int:
    """Write the stand-in's wheel to the folder that was typed, and print its path."""
    if len(typed) != 1:
        raise UsageError("--save wants a folder, and no other option")
    folder = Path(typed[0])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        print(write_standin(folder))
    except OSError as error:
        raise CommandError(f"cannot write to {folder}: {error.strerror}") from error
    return EXIT_OK


def register(app: typer.Typer) -> None:
    """Add the command to the program, which then lists it; its words are parsed here."""
    import typer

    def command(context: typer.Context) -> None:
        """Give this package to programs that require pyzmq."""
        raise typer.Exit(adopt_plainly(context.args))

    command.__annotations__["context"] = typer.Context
    settings = {
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    }
    app.command("adopt", context_settings=settings)(command)
