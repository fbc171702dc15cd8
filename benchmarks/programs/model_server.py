"""The sockets of a server for language models: the program of tests/ecosystem, for longer."""

from __future__ import annotations

import asyncio
import sys
import time
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "ecosystem" / "programs"))

from engine import TOKENS, Client, engine

ROUNDS, AT_ONCE = 10, 40


async def main() -> None:
    client = Client("/tmp/ohmq-model-server")
    process = get_context("spawn").Process(target=engine, args=(client.inputs, client.outputs))
    process.start()
    await client.start()
    await asyncio.gather(*(client.generate(n) for n in range(AT_ONCE)))
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        await asyncio.gather(*(client.generate(n) for n in range(AT_ONCE)))
    seconds = time.perf_counter() - begin
    print(ROUNDS * AT_ONCE * TOKENS / seconds, "tokens/s 40 requests of 200 kB at once")
    await client.stop()
    await asyncio.to_thread(process.join, 30)
    client.input.close(linger=0)
    client.output.close(linger=0)
    client.sync_context.term()


if __name__ == "__main__":
    asyncio.run(main())
