"""Old name of `zmq._native`; there is one backend only."""

from __future__ import annotations

# Programs name them with no more than `import zmq`.
from zmq.backend import cython as cython
from zmq.backend import select as select
from zmq.backend.cython import *  # noqa: F403
from zmq.backend.cython import monitored_queue as monitored_queue
from zmq.backend.select import public_api
from zmq.backend.select import select_backend as select_backend

#: Which backend was chosen, and which would have been next.
first: str = "zmq.backend.cython"
second: str = "zmq.backend.cffi"

__all__ = list(public_api)  # pyright: ignore[reportUnsupportedDunderAll]
