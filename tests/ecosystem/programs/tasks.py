"""Tasks of parsl: its interchange process hands them to two workers."""

from __future__ import annotations

import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider


@parsl.python_app
def square(number):
    return number * number


def main():
    executor = HighThroughputExecutor(
        label="local",
        address="127.0.0.1",
        max_workers_per_node=2,
        cores_per_worker=0.1,
        encrypted=True,
        provider=LocalProvider(init_blocks=1, max_blocks=1),
    )
    with parsl.load(Config(executors=[executor], run_dir="runs", usage_tracking=0)):
        print(sum(future.result(timeout=100) for future in map(square, range(100))))


if __name__ == "__main__":
    main()
