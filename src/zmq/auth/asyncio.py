"""An authenticator in an asyncio event loop."""

from __future__ import annotations

import asyncio
from typing import Any
from warnings import warn

import zmq
import zmq.asyncio
from zmq.asyncio import Poller
from zmq.loops.asyncio import running

from .base import Authenticator, release_zap_socket

# Poller is among the names that PyZMQ has here.
__all__ = ["AsyncioAuthenticator", "Poller"]


class AsyncioAuthenticator(Authenticator):
    """Decides which clients may connect, in an event loop. For the rest see `Authenticator`.

    ::

        authenticator = AsyncioAuthenticator(context)
        authenticator.start()
        authenticator.configure_plain(passwords={"anna": "s3cret"})
        ...
        authenticator.stop()

    Parameters
    ----------
    context, encoding, log
        As for `zmq.auth.Authenticator`.
    loop
        The loop to run in; by default the one that runs at `start`, or is set for its thread.

    Notes
    -----
    `start` is called in the thread of the loop; `stop` and the configuring methods may be called
    from any thread. The methods of a credentials provider run in the loop, one at a time; those
    that are coroutine functions let the rest of the program go on.
    """

    def __init__(
        self,
        context: zmq.Context | None = None,
        loop: Any = None,
        encoding: str = "utf-8",
        log: Any = None,
    ) -> None:
        super().__init__(context, encoding, log)
        if loop is not None:
            warn(
                "AsyncioAuthenticator(loop) is deprecated: call start() in the loop",
                DeprecationWarning,
                stacklevel=2,
            )
        self._loop: asyncio.AbstractEventLoop | None = loop
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to answer, as soon as the loop runs.

        Raises
        ------
        RuntimeError
            No loop runs, none was given, and none is set for this thread.
        zmq.ZMQError
            It is running already, or the context has another authenticator (EADDRINUSE).
        """
        loop = self._loop or running()
        super().start()
        assert self.zap_socket is not None
        self._task = loop.create_task(self._serve(self.zap_socket), name="zmq-auth")

    def stop(self) -> None:
        """Stop answering and close the ZAP socket. Never blocks; may be called again."""
        task, self._task = self._task, None
        super().stop()
        if task is not None and not task.done() and not task.get_loop().is_closed():
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def _serve(self, zap_socket: zmq.Socket) -> None:
        """Answer what comes in, until the socket is closed or the context ends."""
        requests = zmq.asyncio.Socket(shadow=zap_socket)
        try:
            while True:
                request = await requests.recv_multipart()
                await self._answer(zap_socket, request)
        except zmq.ContextTerminated:
            pass
        except zmq.ZMQError as error:
            if not zap_socket.closed:
                self.log.error("ZAP: the authenticator stopped: %s", error)
        finally:
            # Context.term() waits for it.
            release_zap_socket(zap_socket)

    async def _answer(self, zap_socket: zmq.Socket, request: list[bytes]) -> None:
        try:
            await self.handle_zap_message(request)
        except zmq.ZMQError:
            raise
        except Exception:
            self.log.exception("ZAP: refused, because answering failed")
            # The next request comes only when this one has a reply.
            zap_socket.send_multipart(self.failure(request))
