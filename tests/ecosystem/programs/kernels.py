"""A kernel is started, asked, interrupted and restarted: by blocking calls, then by asyncio."""

from __future__ import annotations

import asyncio
import time

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import start_new_kernel


def answer(client, code):
    """The text of an expression."""
    reply = client.execute_interactive(code, timeout=60, output_hook=lambda message: None)
    return reply["content"]["status"]


async def from_asyncio(connection):
    client = AsyncKernelClient()
    client.load_connection_info(connection)
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    reply = await client.execute("1 + 1", reply=True, timeout=60)
    client.stop_channels()
    return reply["content"]["status"]


manager, client = start_new_kernel(startup_timeout=60)
try:
    print(answer(client, "x = 1"))
    client.execute("import time; time.sleep(60)")
    time.sleep(1)  # the kernel has to be at it
    manager.interrupt_kernel()
    print(client.get_shell_msg(timeout=60)["content"]["ename"])
    print(asyncio.run(from_asyncio(manager.get_connection_info())))
    manager.restart_kernel()
    client.wait_for_ready(timeout=60)
    print(answer(client, "x"))
finally:
    client.stop_channels()
    manager.shutdown_kernel()
