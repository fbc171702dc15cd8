"""Espresso, the proxy: stands between publishers and subscribers, and shows all that passes.

    python examples/patterns/espresso/proxy.py --bind-publishers tcp://127.0.0.1:5555 \\
        --bind-subscribers tcp://127.0.0.1:5556 --bind-listeners tcp://127.0.0.1:5557
"""

from __future__ import annotations

import argparse
import contextlib
import signal

import zmq
from zmq.devices import ThreadMonitoredQueue

#: The first part of what listeners get.
PUBLISHED, SUBSCRIBED = b"published", b"subscribed"


def make_proxy(publishers: str, subscribers: str, listeners: str) -> ThreadMonitoredQueue:
    """A proxy that is to be started.

    Parameters
    ----------
    publishers, subscribers, listeners
        Addresses to bind. To each of the last, a copy of every message goes in front of which
        stands its direction; a listener that is slow misses some, and holds nothing up.
    """
    proxy = ThreadMonitoredQueue(zmq.XSUB, zmq.XPUB, zmq.PUB, PUBLISHED, SUBSCRIBED)
    # Every subscription passes, not the first of each topic alone.
    proxy.setsockopt_out(zmq.XPUB_VERBOSER, 1)
    proxy.bind_in(publishers)
    proxy.bind_out(subscribers)
    proxy.bind_mon(listeners)
    return proxy


def main() -> None:
    parser = argparse.ArgumentParser(description="Pass publications on, and show them.")
    parser.add_argument("--bind-publishers", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--bind-subscribers", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--bind-listeners", default="tcp://127.0.0.1:5557", metavar="ADDRESS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    addresses = (options.bind_publishers, options.bind_subscribers, options.bind_listeners)
    with contextlib.suppress(KeyboardInterrupt), make_proxy(*addresses) as proxy:
        proxy.start()
        for bound in proxy.endpoints.values():
            print("listening at", *bound, flush=True)
        try:
            proxy.join()
        finally:
            proxy.stop(0)  # publishers go on: there is no end to wait for
            print(proxy.stats().messages_in, "messages passed", flush=True)


if __name__ == "__main__":
    main()
