"""``--dashboard``: the page of a device that this program runs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import zmq
from zmq.cli.devices.plan import DevicePlan
from zmq.cli.sockets.curve import CurveKeys, apply_keys
from zmq.cli.sockets.opening import address_error
from zmq.cli.terminal.errors import CommandError, UsageError, one_line

if TYPE_CHECKING:
    from zmq.dashboard import Dashboard

TOKEN_VARIABLE = "OHMQ_DASHBOARD_TOKEN"


def serve_page(
    device: Any,
    plan: DevicePlan,
    address: str,
    *,
    title: str,
    keys: CurveKeys | None = None,
    option: str = "--dashboard",
) -> Dashboard:
    """Serve the page of a device.

    Parameters
    ----------
    device
        Anything with stats, pause, resume, stop, state and endpoints.
    plan
        Its plan.
    address
        HOST:PORT to listen on.
    title
        Name on the page.
    keys
        CURVE keys of its monitor.
    option
        What gave the address, for errors.

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
        # The page reads the monitor of this process: its server key is the own public key.
        if keys is not None and keys.server_key is None:
            apply_keys(socket, replace(keys, server_key=keys.public))

    prefixes = (None, None) if plan.monitor is None else (plan.in_prefix, plan.out_prefix)
    return open_dashboard(
        device,
        address,
        option=option,
        title=title,
        prepare=prepare,
        in_prefix=prefixes[0],
        out_prefix=prefixes[1],
    )


def open_dashboard(
    source: Any, listen: str, *, option: str = "--dashboard", **settings: Any
) -> Dashboard:
    """Start a dashboard, with errors that a user can act on.

    Parameters
    ----------
    source
        A background device, or the endpoint of a monitor.
    listen
        HOST:PORT of the page.
    option
        What gave it, for errors.
    **settings
        What zmq.dashboard.serve takes beside the token, which comes from the environment.

    Returns
    -------
    Dashboard
        It runs.

    Raises
    ------
    CommandError
        The extra is missing, or the address cannot be had.
    """
    try:
        from zmq.dashboard import serve
    except ModuleNotFoundError as error:
        raise CommandError(f"{one_line(str(error))}") from None
    try:
        return serve(source, listen, os.environ.get(TOKEN_VARIABLE), **settings)
    except ValueError as error:
        raise UsageError(one_line(str(error))) from None
    except OSError as error:
        reason = error.strerror or one_line(str(error))
        raise address_error(error.errno or 0, f"{option} {listen}", reason=reason) from None
    except zmq.ZMQError as error:
        raise CommandError(one_line(str(error))) from None
