"""ipyparallel: tasks of a load-balanced map, and calls to one engine."""

from __future__ import annotations

import time

import ipyparallel

with ipyparallel.Cluster(n=2, log_level=40) as client:
    balanced, direct = client.load_balanced_view(), client[:1]
    balanced.map_sync(lambda x: x, range(100))
    begin = time.perf_counter()
    balanced.map_sync(lambda x: x, range(1000))
    print(1000 / (time.perf_counter() - begin), "tasks/s load-balanced map on two engines")
    begin = time.perf_counter()
    for _ in range(200):
        direct.apply_sync(abs, -1)
    print(200 / (time.perf_counter() - begin), "calls/s one call after the other to one engine")
