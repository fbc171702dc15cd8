"""Old name of `zmq._native`; there is one backend only."""

from __future__ import annotations

# Programs name them with no more than `import zmq`.
from zmq.backend import cython as cython
from zmq.backend import select as select
from zmq.backend.cython import *  # noqa: F403
