"""Which types of sockets make a device."""

from __future__ import annotations

import zmq

# Messages can only leave these, or only enter them.
_SENDS_ONLY = frozenset({zmq.PUB, zmq.PUSH, zmq.SCATTER, zmq.RADIO})
_RECEIVES_ONLY = frozenset({zmq.SUB, zmq.PULL, zmq.GATHER, zmq.DISH})


def given(name: str, kind: int | None) -> int:
    """Return an argument; TypeError if there is none."""
    if kind is None:
        raise TypeError(f"{name} must be specified")
    return kind


def refuse_types(in_type: int, out_type: int, places: list[str]) -> None:
    """Raise where nothing could ever pass between sockets at these places.

    TypeError for what is no type, ZMQError (EINVAL) for types that both only send, or only receive.
    """
    for name, kind in (("in_type", in_type), ("out_type", out_type)):
        if not hasattr(kind, "__index__"):
            raise TypeError(f"{name} is one of zmq.SocketType, not {kind!r}")
    kinds = (in_type, out_type) if out_type >= 0 else (in_type,)
    for group, verb in ((_SENDS_ONLY, "receives"), (_RECEIVES_ONLY, "sends")):
        if group.issuperset(kinds):
            names = " and a ".join(zmq.SocketType(kind).name for kind in kinds)
            where = f" ({', '.join(places)})" if places else ""
            raise zmq.ZMQError(
                zmq.EINVAL,
                f"a {names} socket cannot make a device{where}: none of them {verb} messages",
            )
