"""Old home of `zmq.core.relay.monitored_queue`."""

from __future__ import annotations

import zmq
from zmq.core.relay import monitored_queue

__all__ = ["monitored_queue", "zmq"]
