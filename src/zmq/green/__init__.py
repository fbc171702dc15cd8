"""zmq for gevent: what waits lets other greenlets run.

::

    import zmq.green as zmq

Everything else is as in zmq.
"""

from __future__ import annotations

import zmq as _zmq
from zmq import *  # noqa: F403
from zmq import __revision__ as __revision__
from zmq import __version__ as __version__
from zmq.green import core, poll
from zmq.green.device import device as _device

TYPE_CHECKING = False
if not TYPE_CHECKING:  # for a checker they are what they replace: their API is the same
    Context = _Context = core._Context
    Socket = _Socket = core._Socket
    Poller = _Poller = poll._Poller
    device = _device
    __all__ = _zmq.__all__

    def __getattr__(name: str) -> object:
        """Import what few programs use when one of them does."""
        return getattr(_zmq, name)
