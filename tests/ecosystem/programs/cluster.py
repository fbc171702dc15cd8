"""A controller with its monitored queues, and two engines."""

from __future__ import annotations

import ipyparallel

with ipyparallel.Cluster(n=2, log_level=40) as client:
    squares = client[:].map_sync(lambda x: x * x, range(20))
    balanced = client.load_balanced_view()
    more = balanced.map_async(lambda x: x + 1, range(200)).get(timeout=60)
print(sum(squares), sum(more))
