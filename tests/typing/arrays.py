"""Arrays are sent and filled as any other buffer, for checkers of every Python version."""

from __future__ import annotations

from typing import assert_type

import numpy as np
import numpy.typing as npt

import zmq
import zmq.anyio
import zmq.asyncio
from zmq import MessageTracker
from zmq.eventloop.zmqstream import ZMQStream


def blocking(socket: zmq.Socket[bytes], array: npt.NDArray[np.float64]) -> None:
    assert_type(socket.send(array), None)
    assert_type(socket.send(array, zmq.SNDMORE, copy=False), MessageTracker)
    assert_type(socket.send(array, copy=False, track=True), MessageTracker)
    socket.send(array[0])
    socket.send_multipart([b"float64", array, array[1:]])
    socket.send_many([array, [b"float64", array]])
    assert_type(socket.recv_into(array), int)
    frame = zmq.Frame(array)
    np.frombuffer(frame.buffer, dtype=np.float64)
    np.frombuffer(socket.recv(), dtype=np.float64)


async def awaited(
    futures: zmq.asyncio.Socket, coroutines: zmq.anyio.Socket, array: npt.NDArray[np.uint8]
) -> None:
    assert_type(await futures.send(array), None)
    assert_type(await futures.send(array, copy=False), MessageTracker)
    await futures.send_multipart([b"uint8", array])
    assert_type(await futures.recv_into(array), int)
    assert_type(await coroutines.send(array), None)
    assert_type(await coroutines.send(array, copy=False), MessageTracker)
    await coroutines.send_multipart([b"uint8", array])
    assert_type(await coroutines.recv_into(array), int)


def streamed(stream: ZMQStream, array: npt.NDArray[np.int32]) -> None:
    stream.send(array, copy=False)
    stream.send_multipart([b"int32", array])


def mistakes(socket: zmq.Socket[bytes], array: npt.NDArray[np.float64]) -> None:
    socket.send([array])  # type: ignore[call-overload]
    socket.send(array.shape)  # type: ignore[call-overload]
    socket.send_multipart([1.5])  # type: ignore[list-item]
