"""Knowing when libzmq has let go of what it was lent."""

from __future__ import annotations

from zmq._native import Frame, collect_loans, has_loan_thread
from zmq.error import NotDone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Event

__all__ = ["_FINISHED_TRACKER", "MessageTracker"]


class MessageTracker:
    """Tells when libzmq has let go of the buffers of one or more messages.

    ``send(..., copy=False, track=True)`` returns one. Any thread may use it.

    Parameters
    ----------
    *towatch : threading.Event, Frame or MessageTracker
        What must be done for this tracker to be done; with none it is done from the start.

    Raises
    ------
    TypeError
        One of them is nothing that can be watched.
    ValueError
        A frame that is not tracked.
    """

    events: set[Event]
    peers: set[MessageTracker]

    def __init__(self, *towatch: MessageTracker | Event | Frame) -> None:
        self.events = set()
        self.peers = set()
        if not towatch:
            return
        from threading import Event  # most programs track nothing

        for watched in towatch:
            if isinstance(watched, Event):
                self.events.add(watched)
            elif isinstance(watched, MessageTracker):
                self.peers.add(watched)
            elif isinstance(watched, Frame):
                if watched.tracker is None:
                    raise ValueError("Not a tracked message: make the Frame with track=True")
                self.peers.add(watched.tracker)
            else:
                raise TypeError(
                    "a MessageTracker watches events, trackers and tracked frames, "
                    f"not {type(watched).__name__}"
                )

    @property
    def done(self) -> bool:
        """Whether libzmq has let go of everything."""
        collect_loans()
        return all(event.is_set() for event in self.events) and all(p.done for p in self.peers)

    def wait(self, timeout: float = -1) -> None:
        """Block until libzmq has let go of everything.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most; less than 0 waits without end.

        Raises
        ------
        NotDone
            Time ran out.
        """
        from time import monotonic

        deadline = None if timeout < 0 else monotonic() + timeout
        collect_loans()
        for event in self.events:
            left = None if deadline is None else max(0.0, deadline - monotonic())
            if not _wait(event, left):
                raise NotDone(f"libzmq still has the message after {timeout:g} s")
        for peer in self.peers:
            peer.wait(-1 if deadline is None else max(0.0, deadline - monotonic()))


def _wait(event: Event, left: float | None) -> bool:
    """Wait for the event of a message, as Event.wait; and see to it where no thread does."""
    while not has_loan_thread() and not event.is_set():
        collect_loans()
        step = _STEP_S if left is None else min(left, _STEP_S)
        if event.wait(step) or (left is not None and left <= step):
            return event.is_set()
        left = None if left is None else left - step
    return event.wait(left)


_STEP_S = 0.002
_FINISHED_TRACKER = MessageTracker()
