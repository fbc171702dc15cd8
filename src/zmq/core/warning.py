"""Warnings that name the line of the program, however many frames of the library lie between."""

from __future__ import annotations

from _warnings import warn
from sys import _getframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["warn_of_pickle", "warn_program"]


def warn_program(text: str, category: type[Warning]) -> None:
    """Warn of the line outside of this package that has led to the call."""
    level, frame = 1, _getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("zmq."):
        level, frame = level + 1, frame.f_back
    warn(text, category, stacklevel=level)


def warn_of_pickle(socket: Any, endpoints: list[str]) -> None:
    """Warn, once for a socket, that unpickling runs what any machine of the network sends.

    Parameters
    ----------
    socket : Socket
        A socket that is about to receive a pickle.
    endpoints : list of str
        Where it is bound or connected without CURVE or GSSAPI, as far as that was not looked at.
    """
    from zmq._addresses import is_loopback, split_address
    from zmq.error import UnsafePickleWarning

    for endpoint in endpoints:
        # A connection may name its own address first: tcp://from;to.
        address = endpoint.partition("://")[2].rpartition(";")[2].partition("/")[0]
        if not (socket._pickle_warned or is_loopback(split_address(address)[0])):
            socket._pickle_warned = True
            warn_program(
                f"{socket!r} ({endpoint}): it unpickles what other machines send, and a pickle "
                "can run any code in this process. Use CURVE (zmq.auth), "
                "zmq.codecs.SignedPickle, or a codec without pickle. To silence this: "
                'warnings.simplefilter("ignore", zmq.UnsafePickleWarning)',
                UnsafePickleWarning,
            )
