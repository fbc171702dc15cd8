"""A Jupyter kernel: one cell after the other, and a cell that prints much."""

from __future__ import annotations

import time

from jupyter_client.manager import start_new_kernel

LINES = 3000

manager, client = start_new_kernel(startup_timeout=60)
try:

    def run(code: str, hook: object = lambda message: None) -> None:
        reply = client.execute_interactive(code, timeout=120, output_hook=hook)
        if reply["content"]["status"] != "ok":
            raise SystemExit(reply["content"])

    for _ in range(20):
        run("pass")
    begin = time.perf_counter()
    for _ in range(200):
        run("pass")
    print(200 / (time.perf_counter() - begin), "cells/s one cell after the other")

    # As outputs of their own: what is printed at once is one message.
    flood = f"from IPython.display import display\nfor n in range({LINES}): display(n)"
    shown = []
    begin = time.perf_counter()
    run(flood, shown.append)
    seconds = time.perf_counter() - begin
    outputs = [each for each in shown if each["msg_type"] == "display_data"]
    if len(outputs) != LINES:
        raise SystemExit(f"{len(outputs)} of {LINES} outputs")
    print(LINES / seconds, "outputs/s a cell that shows many")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
