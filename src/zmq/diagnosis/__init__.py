"""Why two programs do not come together: see `zmq.doctor`.

`own_socket` looks at a socket of the program, `probe` at an endpoint from outside.
"""

from __future__ import annotations

from zmq.diagnosis.findings import Diagnosis, Finding, Step

__all__ = ["Diagnosis", "Finding", "Step"]
