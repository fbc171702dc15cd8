"""A page that shows what passes through a device, live; with the extra ``ohmq[dashboard]``.

    with zmq.dashboard.serve(device) as dashboard:
        print(dashboard.url)

The rules, which tests hold:

- The device does not wait for the page. Counters are read twice a second. Of the messages only a
  sample is read, and none while no page is open.
- The content of a message is shown as text, never as markup.
- On loopback every user may read. Pausing, resuming and stopping, and all access over another
  address, need the token. It travels in a header, never in a URL.
- Requests that name a foreign host or origin are refused: a page of another site cannot use a
  browser to reach the dashboard.
"""

from __future__ import annotations

try:
    from zmq.dashboard.dashboard import Dashboard, serve
except ModuleNotFoundError as _error:
    if _error.name is None or _error.name.split(".")[0] not in {
        "tornado",
        "bokeh",
        "prometheus_client",
    }:
        raise
    raise ModuleNotFoundError(
        "zmq.dashboard needs tornado, bokeh and prometheus-client: pip install 'ohmq[dashboard]'",
        name=_error.name,
    ) from _error

__all__ = ["Dashboard", "serve"]
