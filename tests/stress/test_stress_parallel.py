"""Threads that do the same at the same moment: what the GIL may hide, and what its absence shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zmq
from helpers.threads import at_once


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:Unclosed socket:ResourceWarning")
def test_sockets_come_and_go_while_others_look_at_all(
    context: zmq.Context, going: Callable[[], bool]
) -> None:
    def come_and_go() -> None:
        n = 0
        while going():
            n += 1
            socket = context.socket(zmq.PUSH)
            socket.linger = 0
            if n % 2:
                socket.close()
            else:
                del socket

    def look() -> None:
        while going():
            context._sockets_open()
            zmq.dump()

    at_once(*[come_and_go] * 4, *[look] * 2)
    assert context._sockets_open() == []
