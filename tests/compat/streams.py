"""What a program sees of ZMQStream, on whichever `zmq` its interpreter has.

Reads names of scenarios, one a line. Answers with one JSON line each: a dictionary of what was
seen. Errors are named by their class, because texts may differ.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from collections.abc import Awaitable, Callable

from streams_bench import REPORTS, SCENARIO_S, Bench, Seen
from streams_life import (
    asynchronous_sockets,
    attributes,
    closed_from_outside,
    closed_loops,
    closing,
    loops,
)
from streams_receiving import (
    callback_errors,
    coroutines,
    flush_without_callback,
    flushes,
    frames,
    inside_callbacks,
    receives,
    several,
)
from streams_sending import (
    behind_wrong_messages,
    flushed_wrong_messages,
    json_arguments,
    kinds,
    request_reply,
    send_callbacks,
    send_errors,
    send_waits,
    sends,
    sockets_that_cannot_send,
    wrong_callbacks,
    wrong_messages,
)

SCENARIOS: dict[str, Callable[[Bench], Awaitable[Seen] | Seen]] = {
    scenario.__name__: scenario
    for scenario in (
        sends, kinds, json_arguments, send_callbacks, send_waits, request_reply, send_errors,
        wrong_messages, behind_wrong_messages, flushed_wrong_messages, sockets_that_cannot_send,
        wrong_callbacks, receives, frames, callback_errors, coroutines, flushes,
        flush_without_callback, inside_callbacks, several, closing, closed_from_outside,
        attributes, asynchronous_sockets, loops, closed_loops,
    )
}  # fmt: skip


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
