"""The parts of every front: contexts, sockets, frames, pollers. Knows no event loop.

Importing it hands down to `zmq._native` what that layer cannot know: the exception classes, the
table of options, the names of the socket types and the message tracker.
"""

from __future__ import annotations

from zmq._native import (
    define_flags,
    define_frame_options,
    define_options,
    define_socket_types,
    set_error_factory,
    set_poll_event,
    set_term_timeout,
    set_tracker_class,
)
from zmq.constants import Event, Flag, MessageOption, PollEvent, SocketOption, SocketType
from zmq.core.tracker import _FINISHED_TRACKER, MessageTracker
from zmq.error import TermTimeout, error_for, wrong_argument

set_error_factory(error_for, wrong_argument)
set_term_timeout(TermTimeout)
set_tracker_class(MessageTracker, _FINISHED_TRACKER)
define_options(SocketOption.__members__)
define_socket_types(SocketType.__members__)
define_frame_options({name: int(number) for name, number in MessageOption.__members__.items()})
set_poll_event(PollEvent)
define_flags(Flag, PollEvent, Event)
