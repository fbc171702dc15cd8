"""Old name of `zmq._native`."""

from __future__ import annotations

from zmq.backend.cython._zmq import *  # noqa: F403
from zmq.backend.cython._zmq import Frame as Frame

Message = Frame
