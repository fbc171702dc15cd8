"""The methods of a socket that tell of its peers, and wait for them.

What they do is imported when a program calls one.
"""

from __future__ import annotations

from zmq.constants import EVENT_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq.core.connections import Peer
    from zmq.core.event_stream import EventStream

__all__ = ["Peers"]


class Peers:
    """The methods of a socket; AwaitableSocket (core/queued.py) has those that are awaited."""

    __slots__ = ()

    def peers(self: Any) -> list[Peer]:
        """Return the peers of the socket: those whose handshake is over, oldest first.

        The first call has the socket followed until it is closed, which takes two descriptors; so
        do `wait_for_peers` and `connection_events`. Of connections that are older the system is
        asked, which tells neither since when they are there nor whether the handshake is over: one
        of those counts when 0.1 s have passed without news of it, or sooner where the system
        counts bytes. Windows does not list them: there this has to be called first before `bind`
        or `connect`.

        Returns
        -------
        list of Peer
            Each with `endpoint`, where the socket has bound or connected, and `since`, the time in
            s as `time.time` counts; None over inproc.

        Raises
        ------
        ZMQError
            ENOTSOCK on a closed socket; ENOTSUP on a socket in the context of another library.

        Notes
        -----
        Never blocks. Any thread may call it. See zmq_socket_monitor(3) for what libzmq tells.
        """
        from zmq.core.connections import peers

        return peers(self)

    def wait_for_peers(self: Any, n: int = 1, timeout: float | None = None) -> list[Peer]:
        """Wait until the socket has at least n peers.

        A peer is connected and its handshake is over: what is sent from then on reaches it, but
        for a PUB, which waits for no subscription (`wait_for_subscribers` does).
        May be called at any time, also long after `bind` and `connect`; see `peers`.

        Parameters
        ----------
        n : int
            How many.
        timeout : float, optional
            Milliseconds to wait; None or less than 0 waits without end.

        Returns
        -------
        list of Peer
            The peers, as `peers` gives them.

        Raises
        ------
        Again
            The time is over; its text says how many there are.
        ContextTerminated
            The context ends.
        ZMQError
            ENOTSOCK when the socket is closed meanwhile; and what `peers` raises.

        Notes
        -----
        Blocks. Several threads may wait for one socket. A wait that is cancelled or interrupted
        leaves nothing behind.
        """
        from zmq.core.connections import PeerWait

        return PeerWait(self, n, timeout).run()  # type: ignore[no-any-return]

    def wait_for_subscribers(
        self: Any, n: int = 1, topic: str | bytes | None = None, timeout: float | None = None
    ) -> int:
        """Wait until an XPUB has subscriptions, which it leaves for the program to receive.

        Parameters
        ----------
        n : int
            How many subscriptions. Of several to the same topic libzmq tells only where
            XPUB_VERBOSER (or XPUB_VERBOSE) was set first.
        topic : str or bytes, optional
            Count those that a message of this topic goes to; else any.
        timeout : float, optional
            Milliseconds to wait; None or less than 0 waits without end.

        Returns
        -------
        int
            How many subscriptions there are. A peer may have several.

        Raises
        ------
        Again
            The time is over; its text says how many there are.
        ContextTerminated
            The context ends.
        ZMQError
            ENOTSUP where libzmq does not tell: on a PUB (but for n=1 and any topic, from libzmq
            4.3.5 on), for more than one without XPUB_VERBOSER, and where the program has received
            from the socket already. ENOTSOCK when the socket is closed meanwhile.

        Notes
        -----
        Blocks, and looks every 2 ms. Any thread may call it. What it looks at stays to be received.
        """
        from zmq.core.connections import SubscriberWait

        return SubscriberWait(self, n, topic, timeout).run()  # type: ignore[no-any-return]

    def connection_events(
        self: Any, which: int = EVENT_ALL, timeout: float | None = None
    ) -> EventStream:
        """Return the connection events of the socket, from now on, to iterate over.

        Parameters
        ----------
        which : int
            Any of zmq.Event, or'ed.
        timeout : float, optional
            Milliseconds without an event after which the iteration raises Again.

        Returns
        -------
        EventStream
            Gives a `ConnectionEvent` at a time, and ends when the socket is closed.

        Raises
        ------
        ZMQError
            ENOTSOCK on a closed socket; ENOTSUP on a socket in the context of another library.

        Notes
        -----
        Never blocks: the iteration does. `get_monitor_socket` and other streams of the same socket
        get the same events. Over inproc libzmq has none.
        """
        return self._stream_of((self,), which, timeout)  # type: ignore[no-any-return]

    @staticmethod
    def _stream_of(sockets: tuple[Any, ...], which: int, timeout: float | None) -> Any:
        from zmq.core.event_stream import EventStream

        return EventStream(sockets, which, timeout)
