"""Why two programs do not come together: see `zmq.doctor`.

`doctor` examines a socket of the program, `examine` an endpoint from outside.
"""

from __future__ import annotations

from zmq.diagnosis.findings import Diagnosis, Finding, Step

__all__ = ["Diagnosis", "Finding", "Step"]
