"""Servers that do not speak ZMTP: what they are, as far as one question each tells."""

from __future__ import annotations

import socket
from collections.abc import Callable

from zmq.diagnosis.wire import EndedError, SilentError, Wire
from zmq.diagnosis.zmtp import Speech, read_greeting

_HTTP_QUESTION = b"HEAD / HTTP/1.0\r\n\r\n"


def ask_stranger(connect: Callable[[], socket.socket], timeout_s: float) -> Speech | None:
    """Ask a server that has not answered ZMTP in other protocols, on connections of their own.

    Returns
    -------
    Speech or None
        None: it answers none of them.
    """
    for ask in (_speaks_http, _speaks_tls):
        try:
            found = ask(connect(), timeout_s)
        except OSError:
            continue
        if found is not None:
            return found
    return None


def _speaks_http(stream: socket.socket, timeout_s: float) -> Speech | None:
    with Wire(stream, timeout_s) as wire:
        try:
            wire.send(_HTTP_QUESTION)
            deadline = wire.deadline()
            while (found := read_greeting(wire.read)) is None:
                wire.more(deadline)
        except (EndedError, SilentError):
            return None
        return found.speech if found.speech in (Speech.HTTP, Speech.SSH, Speech.TLS) else None


def _speaks_tls(stream: socket.socket, timeout_s: float) -> Speech | None:
    with Wire(stream, timeout_s) as wire:
        try:
            import ssl
        except ImportError:  # a Python without it
            return None
        asker = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        asker.check_hostname, asker.verify_mode = False, ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = asker.wrap_bio(incoming, outgoing)
        deadline = wire.deadline()
        try:
            while True:
                try:
                    session.do_handshake()
                except ssl.SSLWantReadError:
                    wire.send(outgoing.read())
                    wire.more(deadline)
                    incoming.write(wire.read)
                    wire.read = b""
                else:
                    return Speech.TLS
        except ssl.SSLError as error:
            # An alert is an answer in TLS, too.
            return Speech.TLS if "ALERT" in (error.reason or "") else None
        except (EndedError, SilentError):
            return None
