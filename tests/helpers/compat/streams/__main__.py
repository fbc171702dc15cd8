"""Reads names of scenarios, one a line; answers with one JSON line each, of what was seen."""

from __future__ import annotations

import asyncio
import json
import sys
import warnings

from helpers.compat.streams.bench import REPORTS, SCENARIO_S, Bench, Seen
from helpers.compat.streams.scenarios import SCENARIOS


def run(name: str) -> Seen:
    bench = Bench()
    scenario = SCENARIOS[name]

    async def bounded() -> Seen:
        seen = scenario(bench)
        assert not isinstance(seen, dict)
        return await asyncio.wait_for(seen, SCENARIO_S)

    try:
        if asyncio.iscoroutinefunction(scenario):
            return asyncio.run(bounded())
        seen = scenario(bench)
        assert isinstance(seen, dict)
        return seen
    finally:
        REPORTS.take()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bench.context.destroy(linger=0)


def main() -> None:
    warnings.simplefilter("ignore", ResourceWarning)
    for line in sys.stdin:
        print(json.dumps(run(line.strip())), flush=True)


if __name__ == "__main__":
    main()
