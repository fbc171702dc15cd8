"""Old name of `zmq._native`; there is one backend only."""

from __future__ import annotations

from zmq.backend.cython import *  # noqa: F403
