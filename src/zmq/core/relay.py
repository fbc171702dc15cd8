"""Relays: they move messages between two sockets."""

from __future__ import annotations

from zmq._native import Relay as NativeRelay
from zmq._native import monitored_queue, proxy, proxy_steerable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq.core.relay_stats import DeviceStats, RelayStats

__all__ = ["Relay", "device", "monitored_queue", "proxy", "proxy_steerable"]


class Relay(NativeRelay):
    """Moves messages between two sockets, in both directions, until it is stopped.

    `run` blocks, without the GIL; everything else may be called from any thread meanwhile. While it
    runs the sockets belong to the relay: any other use of them raises ZMQError (EBUSY).

    Parameters
    ----------
    in_socket, out_socket : Socket
        What it moves messages between. The same socket twice sends everything back.
    mon_socket : Socket, optional
        Gets a copy of each message, in either direction. What it cannot take is dropped and
        counted, unless the relay waits for it.
    control_socket : Socket, optional
        Takes the commands of zmq_proxy_steerable(3).
    in_prefix, out_prefix : bytes or str, optional
        First part of the copies, by the socket that the message came from; None for no such part.
    swap : bool, optional
        Whether the first two parts change places, which two ROUTERs need. By default they do for
        two ROUTERs.
    waits : bool, optional
        Whether a message waits until mon_socket has taken its copy, as in libzmq's proxy.
    events : tuple, optional
        Monitor sockets (`Socket.get_monitor_socket`) of the in, the out and the mon socket, each
        may be None: the relay counts the peers that connect and go.
    drops_silently : bool, optional
        Whether mon_socket is a PUB or XPUB with XPUB_NODROP: then what it drops is counted.
    intake : list, optional
        Pairs of a socket and an address where it is bound, of sockets that only receive. A drain
        asks their peers to close their connections (events of the socket have to be given), and
        unbinds the address when they are gone, or when three quarters of its time are over.
    cache : tuple of int, optional
        How many messages, and how many bytes of them, are kept for subscribers that come later: the
        last one of each topic. out_socket is an XPUB with XPUB_MANUAL, in_socket a SUB that has
        subscribed to what is to be kept. See `zmq.devices.LastValueCache`.
    """

    def stats(self) -> RelayStats:
        """Return the counts of messages and bytes, over all runs. Never blocks; any thread may."""
        from zmq.core.relay_stats import RelayStats

        return RelayStats(**self._counters())

    def measure(self) -> DeviceStats:
        """Return the counts together with times, rates and peers. Never blocks; any thread may."""
        from zmq.core.relay_stats import DeviceStats

        return DeviceStats(**self._counters(), **self._gauges(), **self._cache_counters())


def device(device_type: int, frontend: Any, backend: Any) -> None:
    """Move messages between two sockets until the context is terminated; as `proxy`.

    Parameters
    ----------
    device_type : int
        One of zmq.DeviceType. All of them work alike: the types of the sockets decide.
    frontend, backend : Socket
        What to move messages between; the same socket twice sends everything back.

    Raises
    ------
    ContextTerminated
        The regular end.
    """
    proxy(frontend, backend)
