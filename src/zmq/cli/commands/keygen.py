"""``ohmq keygen``: a CURVE key pair in two files, the secret one for its owner only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from zmq.cli.library import refuse_mixed_installation
from zmq.cli.terminal.display import write_bytes
from zmq.cli.terminal.errors import CommandError, UsageError


def write_keys(folder: Path, name: str, metadata: dict[str, str], *, force: bool) -> list[Path]:
    """Make a key pair and write ``name.key_secret`` and ``name.key``.

    Parameters
    ----------
    folder
        Where to write; has to exist.
    name
        Of the files, without an ending.
    metadata
        What else to write into them.
    force
        Whether to replace files that are there.

    Returns
    -------
    list of Path
        The secret file and the public file.

    Raises
    ------
    CommandError
        A file is there already (then nothing has changed), or the folder cannot be written.
    """
    from zmq.auth.certs import create_certificates

    made: list[Path] = []
    wanted = [folder / f"{name}.key_secret", folder / f"{name}.key"]
    try:
        # Made beside their place: there, a link or a rename takes one step, and a link that
        # finds a file fails, also if another program made it in the meantime.
        with tempfile.TemporaryDirectory(prefix=".ohmq-keygen-", dir=folder) as scratch:
            create_certificates(scratch, "new", metadata)
            for path in wanted:
                source = Path(scratch, "new" + path.suffix)
                if force:
                    os.replace(source, path)
                else:
                    os.link(source, path)
                    made.append(path)
    except FileExistsError as error:
        for path in made:
            path.unlink()
        there = next(path for path in wanted if path.exists())
        raise CommandError(
            f"{there} exists; take another name, or --force to lose that key"
        ) from error
    except OSError as error:
        for path in made:
            path.unlink()
        raise CommandError(f"{folder}: {error.strerror}") from error
    return wanted


def keygen(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The files are NAME.key[_secret].")],
    directory: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where to write them.")
    ] = Path(),
    metadata: Annotated[
        list[str] | None,
        typer.Option("--meta", metavar="KEY=TEXT", help="A remark in the files; repeatable."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace keys of the same name, which are lost.")
    ] = False,
) -> None:
    """Make a CURVE key pair.

    NAME.key_secret holds both keys and can be read by its owner only. NAME.key holds the public
    key, for the peers. Prints the names of the files and the public key.
    """
    refuse_mixed_installation()
    import zmq

    if not zmq.has("curve"):
        raise CommandError("this libzmq was built without CURVE; see 'ohmq info'")
    if not name or name != Path(name).name or name.startswith("."):
        raise UsageError(f"NAME {name!r}: is no name of a file; --dir says where to put it")
    remarks = {}
    for text in metadata or ():
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not text.isprintable():
            raise UsageError(f"--meta {text!r}: write KEY=TEXT")
        remarks[key.strip()] = value
    if not directory.is_dir():
        raise CommandError(f"--dir {directory}: no such directory")
    secret, public = write_keys(directory, name, remarks, force=force)
    from zmq.auth.certs import load_certificate

    public_key = load_certificate(public)[0]
    lines = [f"secret  {secret}", f"public  {public}", f"key     {public_key.decode()}"]
    write_bytes("".join(f"{line}\n" for line in lines).encode(), flush=True)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("keygen")(keygen)
