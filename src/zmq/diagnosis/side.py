"""The side of this program: what a probe has to know of the socket that connects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Side:
    """The socket that connects; its secrets are not shown.

    Attributes
    ----------
    type_name : str
        "REQ", ...; empty where it is not known.
    mechanism : str
        "NULL", "PLAIN", "CURVE" or "GSSAPI".
    as_server : bool
        Whether it is the server of the mechanism.
    username, password : bytes
        Of PLAIN.
    equip : callable, optional
        Gives another socket the same keys of CURVE; False where there is no pair among them.
    proxy : bool
        Whether it connects through a SOCKS proxy, which a probe does not.
    """

    type_name: str = ""
    ipv6: bool = False
    mechanism: str = "NULL"
    as_server: bool = False
    username: bytes = b""
    password: bytes = field(default=b"", repr=False)
    equip: Callable[[Any], bool | None] | None = None
    proxy: bool = False
