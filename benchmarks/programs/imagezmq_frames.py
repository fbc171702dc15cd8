"""imagezmq: pictures of 640 by 480 dots to another process, each of which is answered."""

from __future__ import annotations

import multiprocessing
import time

import imagezmq
import numpy as np

ADDRESS = "tcp://127.0.0.1:45673"
FRAMES = 2000


def receive() -> None:
    hub = imagezmq.ImageHub(open_port=ADDRESS)
    while True:
        hub.recv_image()
        hub.send_reply(b"OK")


if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=receive, daemon=True)
    process.start()
    picture = np.arange(640 * 480 * 3, dtype=np.uint8).reshape(480, 640, 3)
    with imagezmq.ImageSender(connect_to=ADDRESS) as sender:
        for _ in range(50):
            sender.send_image("camera", picture)
        begin = time.perf_counter()
        for _ in range(FRAMES):
            sender.send_image("camera", picture)
        print(FRAMES / (time.perf_counter() - begin), "frames/s request and answer")
    process.kill()
