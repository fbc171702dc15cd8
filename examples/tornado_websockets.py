"""Shows in web browsers what is published: a bridge from ØMQ to websockets, in one Tornado loop.

    python examples/tornado_websockets.py

It prints two addresses: publishers connect a PUB socket to the first, browsers open the second.
"""

from __future__ import annotations

import asyncio

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

import zmq
from zmq.eventloop.zmqstream import ZMQStream

PAGE = """<!doctype html><title>Published</title><ul id="list"></ul><script>
const socket = new WebSocket(`ws://${location.host}/messages`)
socket.onmessage = (event) => {
  const item = document.createElement("li")
  item.textContent = event.data
  document.getElementById("list").prepend(item)
}
</script>"""

browsers: set[Messages] = set()


class Page(RequestHandler):
    def get(self) -> None:
        self.write(PAGE)


class Messages(WebSocketHandler):
    def open(self, *args: str, **kwargs: str) -> None:
        browsers.add(self)

    def on_message(self, message: str | bytes) -> None:
        pass  # browsers only listen

    def on_close(self) -> None:
        browsers.discard(self)


def publish(message: list[bytes]) -> None:
    """Pass a message on to all browsers; its parts are lines of text."""
    text = "\n".join(part.decode("utf-8", "replace") for part in message)
    for browser in browsers:
        browser.write_message(text)


async def main() -> None:
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.subscribe("")
    socket.bind("tcp://127.0.0.1:*")
    stream = ZMQStream(socket)
    stream.on_recv(publish)

    listening = bind_sockets(0, "127.0.0.1")
    port = listening[0].getsockname()[1]
    server = HTTPServer(Application([("/", Page), ("/messages", Messages)]))
    server.add_sockets(listening)
    print(socket.getsockopt_string(zmq.LAST_ENDPOINT), f"http://127.0.0.1:{port}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        server.stop()
        stream.close()
        context.term()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("end")
