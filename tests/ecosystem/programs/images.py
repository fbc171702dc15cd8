"""Pictures of imagezmq, by request and answer and by publishing."""

from __future__ import annotations

import threading

import imagezmq
import numpy as np

picture = np.arange(640 * 480 * 3, dtype=np.uint8).reshape(480, 640, 3)


def serve(hub, count):
    for _ in range(count):
        name, got = hub.recv_image()
        results.append((name, np.array_equal(got, picture)))
        hub.send_reply(b"OK")


results = []
hub = imagezmq.ImageHub(open_port="tcp://127.0.0.1:5590")
thread = threading.Thread(target=serve, args=(hub, 20))
thread.start()
with imagezmq.ImageSender(connect_to="tcp://127.0.0.1:5590") as sender:
    answers = {sender.send_image(str(number), picture) for number in range(20)}
thread.join(60)
print(answers, len(results), all(same for _, same in results))

with imagezmq.ImageSender("tcp://127.0.0.1:5591", REQ_REP=False) as publisher:
    view = imagezmq.ImageHub("tcp://127.0.0.1:5591", REQ_REP=False)
    stop = threading.Event()

    def publish():
        while not stop.wait(0.05):  # a subscriber misses what comes before it
            publisher.send_image("published", picture)

    thread = threading.Thread(target=publish)
    thread.start()
    name, got = view.recv_image()
    stop.set()
    thread.join()
    print(name, np.array_equal(got, picture))
    view.close()
hub.close()
