"""A page that shows what passes through a device, live; with the extra ``ohmq[dashboard]``.

    with zmq.dashboard.serve(device) as dashboard:
        print(dashboard.url)

The rules, which tests hold:

- The device does not wait for the page. Counters are read twice a second; of the messages only a
  sample is read, and nothing at all while nobody looks.
- What is read of a message is shown as text, never as markup.
- On loopback everybody may read. Whoever wants to pause, resume or stop, or comes over another
  address, has to know the token. It travels in a header, never in an address.
- Requests that name a foreign host or origin are refused: pages of others cannot use a browser
  to reach in here.
"""

from __future__ import annotations

try:
    from zmq.dashboard.running import Dashboard, serve
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] not in {
        "tornado",
        "bokeh",
        "prometheus_client",
    }:
        raise
    raise ModuleNotFoundError(
        "zmq.dashboard needs tornado, bokeh and prometheus-client: pip install 'ohmq[dashboard]'",
        name=error.name,
    ) from error

__all__ = ["Dashboard", "serve"]
