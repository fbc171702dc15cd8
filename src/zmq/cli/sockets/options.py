"""The options for CURVE, which commands that open a socket get as one object."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import typer

from zmq.cli.sockets.curve import CurveOptions

CurveKey: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Own key pair, a .key_secret file of 'ohmq keygen'."),
]
CurveServerKey: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Encrypt: public key of the server, or its file."),
]
CurveServer: TypeAlias = Annotated[
    bool, typer.Option("--curve-server", help="Encrypt: this side is the server.")
]
CurveAllow: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Admit only clients whose .key files are here."),
]


def _curve(
    curve_key: CurveKey = None,
    curve_server_key: CurveServerKey = None,
    curve_server: CurveServer = False,
    curve_allow: CurveAllow = None,
) -> CurveOptions:
    return CurveOptions(curve_key, curve_server_key, curve_server, curve_allow)


def with_curve(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the four options in place of its parameter `curve`."""
    options = inspect.signature(_curve, eval_str=True).parameters

    @functools.wraps(command)
    def run(**given: Any) -> None:
        curve = _curve(**{name: given.pop(name) for name in options})
        command(**given, curve=curve)

    parameters: list[inspect.Parameter] = []
    for each in inspect.signature(command, eval_str=True).parameters.values():
        parameters += options.values() if each.name == "curve" else [each]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    vars(run)["__signature__"] = inspect.Signature(parameters)
    return run
