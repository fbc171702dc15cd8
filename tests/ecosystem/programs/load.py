"""A locust master and two workers, on gevent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

USERS = """
from locust import User, constant, task

class Somebody(User):
    wait_time = constant(0.05)

    @task
    def work(self):
        self.environment.events.request.fire(
            request_type="x", name="y", response_time=1, response_length=1, exception=None)
"""

Path("locustfile.py").write_text(USERS)
locust = [sys.executable, "-m", "locust", "-f", "locustfile.py"]
drop = subprocess.DEVNULL
workers = [subprocess.Popen([*locust, "--worker"], stdout=drop, stderr=drop) for _ in range(2)]
try:
    words = "--master --headless -u 20 -r 20 -t 4s --expect-workers 2".split()
    master = subprocess.run([*locust, *words], capture_output=True, text=True, timeout=90)
    print(master.returncode, "0(0.00%)" in master.stderr, [each.wait(30) for each in workers])
finally:
    for worker in workers:
        worker.kill()
