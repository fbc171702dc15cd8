"""Starting and stopping a dashboard in any program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from types import TracebackType

from zmq.dashboard.address import Address, parse_address
from zmq.dashboard.charts import THEMES, chart_items
from zmq.dashboard.guard import Guard, make_guard
from zmq.dashboard.hub import Hub
from zmq.dashboard.make_source import make_source
from zmq.dashboard.sampler import Prepare
from zmq.dashboard.server import Server, listen, log
from zmq.dashboard.source import Device, Prefixes, Source, as_bytes
from zmq.dashboard.watcher import Snapshot, Watcher

# How long stopping may wait for a tick of the watcher, or for a device that answers slowly.
STOP_S = 5.0


class Dashboard:
    """A running dashboard, started by `serve`. A context manager, which stops it.

    Attributes
    ----------
    url : str
        URL of the page, without the token.
    token : str
        Permits pause, resume and stop, and reading from another machine.
    address : tuple of str and int
        Host and port.
    """

    def __init__(self, source: Source, address: Address, guard: Guard, background: bool) -> None:
        self._guard = guard
        self._source = source
        self._lock = threading.Lock()
        self._stopped = False
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        for theme in THEMES:
            chart_items(theme)  # slow the first time, so not in the event loop
        self._loop = asyncio.new_event_loop() if background else asyncio.get_running_loop()
        self._hub = Hub(source)
        self._watcher = Watcher(source, source.make_sampler(), self._publish)
        try:
            self._sockets = listen(address)
        except BaseException:
            self._watcher.end(0)
            if background:
                self._loop.close()
            raise
        port: int = self._sockets[0].getsockname()[1]
        self.address: tuple[str, int] = (address.host, port)
        self.url: str = address.url(port)
        if background:
            ready = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(ready,), name="ohmq dashboard", daemon=True
            )
            self._thread.start()
            ready.wait()
        else:
            self._open()
        self._watcher.start()

    @property
    def token(self) -> str:
        """Permits pause, resume and stop."""
        return self._guard.token

    @property
    def link(self) -> str:
        """URL of the page with the token. For a person; keep it out of logs.

        The token follows ``#``; a browser does not send that part.
        """
        return f"{self.url}#token={self.token}"

    @property
    def private(self) -> bool:
        """Whether reading needs the token too."""
        return self._guard.private

    @property
    def running(self) -> bool:
        """Whether it has not been stopped."""
        return not self._stopped

    def stop(self) -> None:
        """Stop the dashboard, not its source. Blocks up to a few seconds; any thread may call it.

        With ``background=False`` its connections are closed in the next turns of the loop.
        """
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
        # The watcher ends first: it uses the source, which is closed afterwards.
        ended = self._watcher.end(STOP_S)
        if self._thread is None:
            self._closing = self._loop.create_task(self._close())
        elif self._thread is not threading.current_thread():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(STOP_S)
        if ended:
            self._source.close()
        else:
            log.warning("a device does not report its counters; its dashboard left sockets open")

    def __enter__(self) -> Dashboard:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else "running"
        return f"<zmq.dashboard.Dashboard {self.url} ({state})>"

    # ---- in the thread of the loop

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.call_soon(self._open)
            self._loop.call_soon(ready.set)
            self._loop.run_forever()
            self._loop.run_until_complete(self._close())
            self._end_tasks()
        finally:
            ready.set()
            self._loop.close()

    def _open(self) -> None:
        self._server = Server(self._hub, self._guard, self._sockets, self._count_viewers)

    async def _close(self) -> None:
        if self._server is not None:
            await self._server.close()

    def _end_tasks(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    def _count_viewers(self, count: int) -> None:
        self._watcher.viewers = count

    def _publish(self, snapshot: Snapshot) -> None:
        """Pass a snapshot to the event loop. Called in the thread of the watcher."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hub.publish, snapshot)


def serve(
    source: Device | str,
    address: str = "127.0.0.1:8080",
    token: str | None = None,
    *,
    title: str | None = None,
    monitor: str | None = None,
    in_prefix: bytes | str | None = None,
    out_prefix: bytes | str | None = None,
    hosts: Iterable[str] = (),
    private: bool = False,
    prepare: Prepare | None = None,
    background: bool = True,
) -> Dashboard:
    """Show the traffic of a device on a web page, served by this program.

    Returns at once; the server runs in a thread. It reads the counters of the device twice a second
    and, while a page is open, a sample of its messages. It stops the device only when a user with
    the token presses the button.

    Parameters
    ----------
    source
        A background device (of zmq.devices, or anything with stats, pause and resume), or the
        endpoint of the monitor of a queue that runs anywhere. Such a queue is known only by its
        monitor, and cannot be paused or stopped.
    address
        HOST:PORT to listen on; port 0 or ``*`` takes a free one. Off loopback every reader needs
        the token, and it travels unencrypted: put a proxy with TLS or a tunnel in between.
    token
        At least 16 characters; None generates one.
    title
        Name on the page.
    monitor
        Endpoint of the monitor, if `device.endpoints` does not have it.
    in_prefix, out_prefix
        First part of the copies, in to out and out to in; give both or none. By default those of
        the device, and "in" and "out" for a monitor.
    hosts
        Further names of this machine in requests of browsers. Requests for others are refused.
    private
        Whether reading needs the token on loopback too: other users of this machine can reach it.
    prepare
        Called with each socket that reads a monitor before it connects: to set its CURVE keys,
        for example.
    background
        False serves in the asyncio loop that is running, without a thread for the server.

    Returns
    -------
    Dashboard
        With url, token and stop(); a context manager.

    Raises
    ------
    ValueError
        The address, the token or the prefixes are not valid.
    TypeError
        The source is neither a device nor an endpoint.
    OSError
        The address cannot be bound.
    ZMQError
        The monitor cannot be connected to.
    """
    listen_on = parse_address(address)
    guard = make_guard(listen_on, token, hosts, private=private)
    prefixes: Prefixes = None
    if in_prefix is not None and out_prefix is not None:
        prefixes = (as_bytes(in_prefix), as_bytes(out_prefix))
    elif in_prefix is not None or out_prefix is not None:
        raise ValueError("give both in_prefix and out_prefix, or none of them")
    made = make_source(source, title=title, monitor=monitor, prefixes=prefixes, prepare=prepare)
    try:
        return Dashboard(made, listen_on, guard, background)
    except BaseException:
        made.close()
        raise
