"""The programs of the tutorial, with a queue between them."""

from __future__ import annotations

import zmq
from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until
from zmq.devices import ThreadMonitoredQueue

TUTORIAL = ROOT / "examples" / "tutorial"


def test_clients_and_workers_share_the_queue() -> None:
    queue = ThreadMonitoredQueue(zmq.ROUTER, zmq.DEALER, zmq.PUB, b"in", b"out")
    for bind in (queue.bind_in, queue.bind_out, queue.bind_mon):
        bind("tcp://127.0.0.1:*")
    queue.start()
    ins, outs = queue.endpoints["in"][0], queue.endpoints["out"][0]
    worker = str(TUTORIAL / "worker.py")
    with queue, Child([worker, "A", outs]) as a, Child([worker, "B", outs]) as b:
        until(lambda: queue.stats().peers_out == 2)
        with Child(["-u", str(TUTORIAL / "client.py"), ins]) as client:
            for number in range(1000):
                assert client.line() == f"{number} squared is {number**2}"
            assert client.wait() == 0
        assert a.line().startswith("worker A gets")
        assert b.line().startswith("worker B gets")
        assert queue.stats().messages_out == 1000
