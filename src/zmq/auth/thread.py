"""An authenticator in a thread of its own, for programs without an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from typing import Any

import zmq
import zmq.asyncio
from zmq.loops.blocking import call_blocking

from .base import Authenticator, release_zap_socket

__all__ = ["ThreadAuthenticator"]

# How long stop() waits for a credentials provider that is at work.
_STOP_WAIT_S = 5.0


class AuthenticationThread(threading.Thread):
    """Answers what comes in on the ZAP socket, until it is told to stop or the context ends.

    While it runs it keeps its authenticator alive: a program need not.
    """

    poller: Any = None

    def __init__(self, authenticator: ThreadAuthenticator, pipe: zmq.Socket) -> None:
        super().__init__(name="zmq-auth", daemon=True)
        assert authenticator.zap_socket is not None
        self.authenticator = authenticator
        self.log: Any = authenticator.log
        self.zap_socket: zmq.Socket[Any] = authenticator.zap_socket
        self.pipe = pipe
        self.poller = zmq.Poller()
        self.started: threading.Event = threading.Event()

    def run(self) -> None:
        self.started.set()
        # Its sockets would block the hub whose greenlet this "thread" may be.
        call_blocking(lambda tell: self._answer_all())

    def _answer_all(self) -> None:
        poller = self.poller
        poller.register(self.zap_socket, zmq.POLLIN)
        poller.register(self.pipe, zmq.POLLIN)
        try:
            # One event loop for all requests, because a credentials provider may be a coroutine
            # function that keeps connections of its own.
            with asyncio.Runner() as runner:
                while self._serve(poller, runner):
                    pass
        except zmq.ContextTerminated:
            self._close_control()
        except zmq.ZMQError as error:
            # stop() closes the sockets of a thread that it no longer waits for.
            if not (self.zap_socket.closed or self.pipe.closed):
                self.log.error("ZAP: the authenticator stopped: %s", error)
        finally:
            # Context.term() waits for these.
            release_zap_socket(self.zap_socket)
            self.pipe.close()

    def _close_control(self) -> None:
        """Close the other end of the pipe: the program may not know of us any more."""
        control = self.authenticator.pipe
        if control is not None:
            control.close()

    def _serve(self, poller: zmq.Poller, runner: asyncio.Runner) -> bool:
        """Wait for one request and answer it; say whether to go on."""
        ready = {socket for socket, _ in poller.poll()}
        if self.pipe in ready:
            return False
        request = self.zap_socket.recv_multipart()
        try:
            runner.run(self.authenticator.handle_zap_message(request))
        except zmq.ZMQError:
            raise
        except Exception:
            self.log.exception("ZAP: refused, because answering failed")
            # The next request comes only when this one has a reply.
            self.zap_socket.send_multipart(self.authenticator.failure(request))
        return True


class ThreadAuthenticator(Authenticator):
    """Decides which clients may connect, in a daemon thread. For the rest see `Authenticator`.

    ::

        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_plain(passwords={"anna": "s3cret"})
        ...
        authenticator.stop()

    Notes
    -----
    `start`, `stop` and the configuring methods may be called from any thread. The methods of a
    credentials provider run in the authenticator's thread, one at a time.

    The context may be one of any event loop. Once started, an authenticator goes on until it is
    stopped or its context ends, also when the program keeps no reference to it.
    """

    pipe: zmq.Socket | None
    pipe_endpoint: str = ""
    thread: AuthenticationThread | None

    def __init__(
        self, context: zmq.Context | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        super().__init__(context, encoding, log)
        self.pipe = None
        self.thread = None
        self.pipe_endpoint = f"inproc://zmq.auth.{id(self)}"
        self._pid = os.getpid()

    def start(self) -> None:
        """Begin to answer; returns when clients can be checked.

        Raises
        ------
        zmq.ZMQError
            It is running already, or the context has another authenticator (EADDRINUSE).
        """
        super().start()
        self._pid = os.getpid()
        pipe = self.context.socket(zmq.PAIR, socket_class=zmq.SyncSocket)
        theirs = self.context.socket(zmq.PAIR, socket_class=zmq.SyncSocket)
        pipe.linger = theirs.linger = 0
        try:
            pipe.bind(self.pipe_endpoint)
            theirs.connect(self.pipe_endpoint)
            self.pipe, self.thread = pipe, AuthenticationThread(self, theirs)
            self.thread.start()
        except BaseException:
            self.pipe = self.thread = None
            pipe.close()
            theirs.close()
            super().stop()
            raise

    def stop(self) -> None:
        """Stop answering, end the thread and close the sockets. May be called again.

        Waits for the client that is being checked, 5 s at most: a credentials provider that
        takes longer is left behind, with a warning, and its client refused.
        """
        pipe, self.pipe = self.pipe, None
        thread, self.thread = self.thread, None
        if pipe is None or thread is None or self._pid != os.getpid():
            # In a forked child thread and sockets are the parent's.
            return
        if thread.is_alive() and thread is not threading.current_thread():
            # The thread may have gone in the meantime, and the context with it.
            with contextlib.suppress(zmq.ZMQError):
                pipe.send(b"", zmq.NOBLOCK)
            thread.join(_STOP_WAIT_S)
            if thread.is_alive():
                self.log.warning(
                    "ZAP: a credentials provider still runs %g s after stop()", _STOP_WAIT_S
                )
        with contextlib.suppress(zmq.ZMQError):
            pipe.unbind(self.pipe_endpoint)
        pipe.close()
        super().stop()
        thread.pipe.close()

    def is_alive(self) -> bool:
        """Whether the thread is running, and so clients are checked."""
        return self.thread is not None and self.thread.is_alive()

    def __del__(self) -> None:
        # While its thread runs it is not collected: what is left is the end of the pipe.
        # An object whose constructor failed has none.
        if getattr(self, "thread", None) is not None:
            self.stop()
