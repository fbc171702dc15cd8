"""The plan of one socket, from the options of ``send``, ``recv``, ``watch`` and ``events``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from zmq.cli.sockets.curve import CurveKeys, CurveOptions, load_keys
from zmq.cli.sockets.endpoints import SocketEndpoints, parse_endpoint
from zmq.cli.sockets.secret_files import read_secret
from zmq.cli.terminal.errors import UsageError

STABLE_TYPES = (
    "PAIR",
    "PUB",
    "SUB",
    "REQ",
    "REP",
    "DEALER",
    "ROUTER",
    "PULL",
    "PUSH",
    "XPUB",
    "XSUB",
    "STREAM",
)
DRAFT_TYPES = (
    "CLIENT",
    "RADIO",
    "DISH",
    "GATHER",
    "SCATTER",
    "CHANNEL",
)
_PASSWORDS = ("plain_password", "socks_password")
_YES = {"true": 1, "yes": 1, "on": 1, "false": 0, "no": 0, "off": 0}


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """The socket options of a command, as they were typed."""

    type_name: str
    binds: Sequence[str] = ()
    connects: Sequence[str] = ()
    settings: Sequence[str] = ()
    hwm: int | None = None
    curve: CurveOptions = field(default_factory=CurveOptions)


@dataclass(frozen=True, slots=True)
class SocketPlan:
    """The socket to open; all is checked that can be checked without a network."""

    type_name: str
    sides: tuple[SocketEndpoints, ...]
    settings: tuple[tuple[int, int | bytes], ...]
    keys: CurveKeys | None

    @property
    def security(self) -> str:
        """ "client" or "server" of CURVE, "plain", or "" for none."""
        from zmq.constants import SocketOption

        if self.keys is not None:
            return "server" if self.keys.server_key is None else "client"
        plain = {SocketOption.PLAIN_SERVER, SocketOption.PLAIN_USERNAME}
        return "plain" if plain.intersection(dict(self.settings)) else ""

    def as_type(self, type_name: str) -> SocketPlan:
        """The same plan for another type that speaks the same protocol."""
        return replace(self, type_name=type_name)


def plan_socket(
    options: SocketOptions, usable: Sequence[str], why_not: str = "", *, ipc_limit: int = 107
) -> SocketPlan:
    """Check what was typed.

    Parameters
    ----------
    options
        What was typed.
    usable
        Socket types that the command can work with.
    why_not
        What to add when another type is asked for.
    ipc_limit
        Longest ipc path of this machine, in bytes.

    Returns
    -------
    SocketPlan
        To be opened.

    Raises
    ------
    UsageError
        Something is missing, unknown, or cannot work together.
    CommandError
        A key file cannot be read.
    """
    type_name = options.type_name.upper()
    check_type(options.type_name, type_name, usable, why_not)
    sides = []
    for verb, texts in (("bind", options.binds), ("connect", options.connects)):
        found = tuple(
            parse_endpoint(text, f"--{verb}", ipc_limit=ipc_limit, bind=verb == "bind")
            for text in texts
        )
        if found:
            sides.append(SocketEndpoints(verb, type_name, found, options.hwm))
    if not sides:
        raise UsageError(
            "no endpoint; write --connect (-c) or --bind (-b), for example -c tcp://127.0.0.1:5555"
        )
    settings = tuple(parse_setting(text) for text in options.settings)
    return SocketPlan(type_name, tuple(sides), settings, load_keys(options.curve))


def check_type(typed: str, type_name: str, usable: Sequence[str], why_not: str) -> None:
    """Refuse what is no type of a socket, or none that is usable; `why_not` is added then.

    Raises
    ------
    UsageError
    """
    if type_name not in (*STABLE_TYPES, *DRAFT_TYPES):
        names = ", ".join(each.lower() for each in usable if each in STABLE_TYPES)
        raise UsageError(f"no socket type is called {typed!r}; there are {names}")
    if type_name not in usable:
        raise UsageError(f"{type_name}: not a type for this command{why_not}")
    if type_name in DRAFT_TYPES:
        import zmq

        if not zmq.has("draft"):
            raise UsageError(f"{type_name} is a draft, and this libzmq was built without drafts")


def parse_setting(text: str) -> tuple[int, int | bytes]:
    """Read ``name=value``, a socket option by its name in zmq_setsockopt(3).

    Secrets are not among the arguments, which others can see: a password is ``name=@file``.

    Parameters
    ----------
    text
        For example ``rcvhwm=10``, ``ZMQ_IPV6=yes``, ``routing_id=me``.

    Returns
    -------
    tuple
        The number of the option, and its value.

    Raises
    ------
    UsageError
        No such option, the value is of another type, or it is a secret.
    CommandError
        The file of a password cannot be read.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--option {text!r}: write NAME=VALUE, for example rcvhwm=10")
    plain = _plain_name(name).lower()
    if plain == "curve_secretkey":
        raise UsageError(f"--option {plain}: others can see arguments; take --curve-key FILE")
    if plain not in _PASSWORDS:
        return setting(name, value, f"--option {text!r}")
    if not value.startswith("@"):
        raise UsageError(f"--option {plain}: others can see arguments; write {plain}=@FILE")
    return setting(name, "", "")[0], read_secret(value[1:], f"--option {plain}")


def _plain_name(name: str) -> str:
    return name.strip().upper().removeprefix("ZMQ_")


def setting(name: str, value: str, where: str) -> tuple[int, int | bytes]:
    """The number and the value of a socket option; `where` begins the error."""
    from zmq.constants import SocketOption

    option = SocketOption.__members__.get(_plain_name(name))
    if option is None:
        raise UsageError(f"{where}: no socket option is called {name!r}")
    if option._opt_type == "bytes":
        return int(option), value.encode()
    number = _YES.get(value.strip().lower())
    if number is None:
        try:
            number = int(value)
        except ValueError:
            raise UsageError(f"{where}: {name} takes a number, not {value!r}") from None
    return int(option), number
