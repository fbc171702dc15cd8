"""The options for CURVE, which commands that open a socket get as one object."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from zmq.cli.sockets.curve import CurveOptions
from zmq.cli.terminal.options import Decorator, grouped

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


#: Gives a command the four options in place of its parameter `curve`.
with_curve: Decorator = grouped("curve", _curve)
