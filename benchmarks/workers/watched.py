"""A device with its monitor, its numbers and an open dashboard: what being watched costs."""

from __future__ import annotations

import subprocess
import sys
import time

from workers.common import Arguments
from workers.relay import SIDES, bind_side, make_device, relay

# Plays the open page: it takes what it is sent, and says when that has begun.
_PAGE = """
import asyncio, sys
from tornado.websocket import websocket_connect
async def look():
    feed = await websocket_connect(sys.argv[1])
    print(await feed.read_message() is not None, flush=True)
    while await feed.read_message() is not None:
        pass
asyncio.run(look())
"""


def dashboard(args: Arguments) -> None:
    """Relay, with a page open, until the harness ends this process; or bare, as `relay` does."""
    if args.text("api") == "bare":
        relay(args)
        return
    from zmq.dashboard import serve

    device = make_device(args, monitored=True)
    ports = [bind_side(device, side) for side in SIDES]
    device.start()
    with serve(device, "127.0.0.1:*") as page:
        feed = page.url.replace("http", "ws") + "feed"
        command = [sys.executable, "-c", _PAGE, feed]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as looking:
            assert looking.stdout is not None
            looking.stdout.readline()
            print("ready", *(f"tcp://127.0.0.1:{port}" for port in ports), flush=True)
            while looking.poll() is None:
                time.sleep(0.1)
