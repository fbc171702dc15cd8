"""Calls and a stream by zerorpc: gevent, and sockets of its own that replace send and recv."""

from __future__ import annotations

import gevent
import zerorpc


class Service:
    def hello(self, name):
        return "Hello, " + name

    @zerorpc.stream
    def numbers(self, n):
        return iter(range(n))


server, client = zerorpc.Server(Service()), zerorpc.Client()
server.bind("ipc://service")
gevent.spawn(server.run)
client.connect("ipc://service")
print(client.hello("RPC"), sum(client.numbers(1000)))
client.close()
server.close()
