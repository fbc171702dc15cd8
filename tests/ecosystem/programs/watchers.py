"""circusd keeps processes, circusctl counts and adds some, and ends it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SETTINGS = """
[circus]
endpoint = ipc://control
pubsub_endpoint = ipc://events
check_delay = 1

[watcher:sleepers]
cmd = sleep 600
numprocesses = 2
"""


def ctl(*words):
    command = [sys.executable, "-m", "circus.circusctl", "--endpoint", "ipc://control", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


Path("circus.ini").write_text(SETTINGS)
daemon = subprocess.Popen([sys.executable, "-m", "circus.circusd", "circus.ini"])
try:
    for _ in range(100):
        if "active" in ctl("status", "sleepers"):
            break
        time.sleep(0.2)
    print(ctl("status", "sleepers"), ctl("numprocesses", "sleepers"))
    ctl("incr", "sleepers", "--waiting")
    print(ctl("numprocesses", "sleepers"))
    ctl("quit", "--waiting")
    print(daemon.wait(30))
finally:
    daemon.kill()
