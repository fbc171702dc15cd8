"""``ohmq doctor``: why a socket that connects to an endpoint does not come together with it."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zmq.cli.library import refuse_mixed_installation
from zmq.cli.sockets.curve import NO_CURVE, CurveKeys, CurveOptions, apply_keys, load_keys
from zmq.cli.sockets.endpoints import parse_endpoint
from zmq.cli.sockets.options import with_curve
from zmq.cli.sockets.plan import DRAFT_TYPES, STABLE_TYPES, check_type, parse_setting
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.codec import to_json
from zmq.cli.terminal.display import write_bytes
from zmq.cli.terminal.errors import EXIT_FAILED, EXIT_OK, UsageError
from zmq.cli.terminal.stopper import signals_raise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zmq.diagnosis.findings import Report, Step
    from zmq.diagnosis.side import Side

_TYPES = tuple(each for each in STABLE_TYPES if each != "STREAM")
_USABLE = ("ipv6", "plain_username", "plain_password", "plain_server")
_NO_LIMIT = 1 << 30
_TRANSPORTS = ("tcp", "ipc")
_HELP = """Find out why a socket does not come together with an endpoint.

Resolves the name, connects, does the handshake as a socket of TYPE would, and prints each step,
what is wrong, and the line that mends it. No message is sent or taken.

ohmq doctor tcp://127.0.0.1:5555 --type req

Exit codes: 0 the two would come together, 1 they would not, 2 bad arguments, 128 + N ended by
signal N.
"""


@with_curve
def doctor(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="What a socket connects to.")],
    type_name: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Type of the socket that connects: push, sub, req, ...",
            autocompletion=opt.one_of(_TYPES),
        ),
    ] = None,
    form: opt.TextOrJson = "text",
    timeout: Annotated[
        float,
        typer.Option("--timeout", "-t", min=0.01, metavar="SECONDS", help="Longest of each wait."),
    ] = 3.0,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="NAME=VALUE", help=f"{', '.join(_USABLE)}; repeatable."
        ),
    ] = None,
    curve: CurveOptions = NO_CURVE,
) -> None:
    opt.check_seconds("--timeout", timeout, longest=1e6)
    opt.check_text_or_json(form)
    refuse_mixed_installation()
    mine = _side(type_name or "", settings or (), load_keys(curve))
    # A path that is too long is a finding here.
    where = parse_endpoint(endpoint, "ENDPOINT", bind=False, ipc_limit=_NO_LIMIT)
    if where.transport not in _TRANSPORTS:
        raise UsageError(f"ENDPOINT {endpoint!r}: only tcp:// and ipc:// are looked into")

    from zmq.diagnosis.probe import examine

    with signals_raise():
        report = examine(where.address, mine, timeout, None if form == "json" else _print_step)
        write_bytes(_conclusion(report, mine, form).encode(), flush=True)
    raise typer.Exit(EXIT_FAILED if report.findings else EXIT_OK)


def _side(type_name: str, settings: Sequence[str], keys: CurveKeys | None) -> Side:
    """What was typed, as the side that connects."""
    from zmq.constants import SocketOption
    from zmq.diagnosis.side import Side

    if type_name:
        check_type(type_name, type_name.upper(), (*_TYPES, *DRAFT_TYPES), "")
    given = dict(parse_setting(text) for text in settings)
    known = {int(SocketOption[name.upper()]): name for name in _USABLE}
    if unknown := given.keys() - known.keys():
        names = ", ".join(SocketOption(each).name.lower() for each in sorted(unknown))
        raise UsageError(f"--option {names}: changes nothing here; there are {', '.join(_USABLE)}")
    facts: dict[str, Any] = {known[number]: value for number, value in given.items()}
    plain = bool(facts.keys() & {"plain_username", "plain_password", "plain_server"})
    if plain and keys is not None:
        raise UsageError("PLAIN and CURVE: a socket has one of them")
    equip = None if keys is None else functools.partial(apply_keys, keys=keys)
    as_server = keys is not None and keys.server_key is None
    return Side(
        type_name.upper(),
        ipv6=bool(facts.get("ipv6")),
        mechanism="PLAIN" if plain else "CURVE" if keys is not None else "NULL",
        as_server=bool(facts.get("plain_server")) or as_server,
        username=facts.get("plain_username", b""),
        password=facts.get("plain_password", b""),
        equip=equip,
    )


def _print_step(step: Step) -> None:
    from zmq.diagnosis.findings import ASCII_MARKS, MARKS

    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
        marks = MARKS
    except UnicodeEncodeError:
        marks = ASCII_MARKS
    write_bytes(("\n".join(step.lines(marks)) + "\n").encode(), flush=True)


def _conclusion(report: Report, mine: Side, form: str) -> str:
    """What is left to print after the steps; for programs all of it. Pure."""
    if form == "json":
        facts = {
            "endpoint": report.endpoint,
            "ok": not report.findings,
            "type": mine.type_name,
            "peer_type": report.peer_type,
            "steps": [{"ok": each.ok, "text": each.text} for each in report.steps],
            "findings": [
                {"kind": each.kind, "what": each.what, "why": each.why, "mend": each.mend}
                for each in report.findings
            ],
        }
        return to_json(facts) + "\n"
    if report.findings:
        return ""
    unsaid = "" if mine.type_name else "; --type TYPE compares the types as well"
    return f"nothing is wrong: the two would come together{unsaid}\n"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("doctor", help=_HELP)(doctor)
