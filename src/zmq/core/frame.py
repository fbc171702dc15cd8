"""Message parts as objects."""

from __future__ import annotations

from zmq._native import Frame as NativeFrame
from zmq._native import set_frame_class

__all__ = ["Frame", "Message"]


class Frame(NativeFrame):
    """One part of a message, with its buffer and its properties.

    Supports the buffer protocol and ``len``. A frame that was received is the memory that libzmq
    received into; a frame that is sent can be sent again. Any thread may use it.

    Parameters
    ----------
    data : bytes-like, optional
        What the part holds. None makes an empty part.
    track : bool
        Whether ``tracker`` tells when libzmq has let go of the data.
    copy : bool, optional
        Whether to copy the data. By default they are copied if they are smaller than
        copy_threshold.
    copy_threshold : int, optional
        In bytes; zmq.COPY_THRESHOLD by default.
    """

    # The native class has room for what few frames have, and takes none until they do.
    __slots__ = ()


set_frame_class(Frame)

#: The old name of Frame.
Message = Frame
