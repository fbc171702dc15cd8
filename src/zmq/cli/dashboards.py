"""``--dashboard``: the page of a device that this program runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import zmq
from zmq.cli.curve import CurveKeys, apply_keys
from zmq.cli.dashboard import open_dashboard
from zmq.cli.plan import DevicePlan

if TYPE_CHECKING:
    from zmq.dashboard import Dashboard


def serve_page(
    device: Any, plan: DevicePlan, address: str, *, title: str, keys: CurveKeys | None = None
) -> Dashboard:
    """Serve the page of a device.

    Parameters
    ----------
    device
        Anything with stats, pause, resume, stop, state and endpoints.
    plan
        What it is made of.
    address
        HOST:PORT to listen on.
    title
        Name on the page.
    keys
        CURVE keys of its monitor.

    Returns
    -------
    Dashboard
        It runs.

    Raises
    ------
    CommandError
        The extra is missing, or the address cannot be had.
    """

    def prepare(socket: zmq.Socket[Any]) -> None:
        # A reader of one's own monitor: its server key is the own one.
        if keys is not None and keys.server_key is None:
            apply_keys(socket, replace(keys, server_key=keys.public))

    ways = (None, None) if plan.monitor is None else (plan.in_prefix, plan.out_prefix)
    return open_dashboard(
        device, address, title=title, prepare=prepare, in_prefix=ways[0], out_prefix=ways[1]
    )
