"""Results of the calls of a socket where they are coroutines: for type checkers, never imported.

Each call returns another type than that of the blocking socket which it overrides. Written by
tools/awaited_types.py, from tools/awaited_types.pyi.in: a change is made there.
"""
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Literal, Self, TypeAlias, TypeVar, overload

from zmq.core.buffers import ReadableBuffer, WriteableBuffer
from zmq.core.codecs import Codec
from zmq.core.connections import Peer
from zmq.core.coroutines import CoroutinePoller as _CoroutinePoller
from zmq.core.coroutines import CoroutineSocket as _CoroutineSocket
from zmq.core.event_stream import AwaitedEventStream
from zmq.core.frame import Frame
from zmq.core.tracker import MessageTracker

_T = TypeVar("_T")
_R = TypeVar("_R")

_Tracker: TypeAlias = MessageTracker | None
_Answer: TypeAlias = Coroutine[Any, Any, _R]

class CoroutineSocket(_CoroutineSocket):
    """The signatures of zmq.anyio.Socket."""

    @overload
    def recv(
        self, flags: int = 0, copy: Literal[True] = True, track: bool = False
    ) -> _Answer[bytes]: ...
    @overload
    def recv(
        self, flags: int = 0, *, copy: Literal[False], track: bool = False
    ) -> _Answer[Frame]: ...
    @overload
    def recv(self, flags: int, copy: Literal[False], track: bool = False) -> _Answer[Frame]: ...
    @overload
    def recv(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> _Answer[bytes] | _Answer[Frame]: ...
    @overload
    def recv_multipart(
        self, flags: int = 0, copy: Literal[True] = True, track: bool = False
    ) -> _Answer[list[bytes]]: ...
    @overload
    def recv_multipart(
        self, flags: int = 0, *, copy: Literal[False], track: bool = False
    ) -> _Answer[list[Frame]]: ...
    @overload
    def recv_multipart(
        self, flags: int, copy: Literal[False], track: bool = False
    ) -> _Answer[list[Frame]]: ...
    @overload
    def recv_multipart(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> _Answer[list[bytes]] | _Answer[list[Frame]]: ...
    @overload
    def recv_many(
        self, limit: int = 1000, flags: int = 0, *, multipart: Literal[False] = False
    ) -> _Answer[list[bytes]]: ...
    @overload
    def recv_many(
        self, limit: int = 1000, flags: int = 0, *, multipart: Literal[True]
    ) -> _Answer[list[list[bytes]]]: ...
    @overload
    def recv_many(
        self, limit: int = 1000, flags: int = 0, *, multipart: bool
    ) -> _Answer[list[bytes]] | _Answer[list[list[bytes]]]: ...
    def recv_into(
        self, buffer: WriteableBuffer, /, *, nbytes: int = 0, flags: int = 0
    ) -> _Answer[int]: ...
    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> _Answer[str]: ...
    def recv_unicode(self, flags: int = 0, encoding: str = "utf-8") -> _Answer[str]: ...
    def recv_json(self, flags: int = 0, **kwargs: Any) -> _Answer[Any]: ...
    def recv_pyobj(self, flags: int = 0) -> _Answer[Any]: ...
    def recv_serialized(
        self,
        deserialize: Callable[[list[Any]], _R] | Codec[_R],
        flags: int = 0,
        copy: bool = True,
    ) -> _Answer[_R]: ...
    # A frame has its own tracker, also where its data are copied.
    @overload
    def send(  # type: ignore[overload-overlap]
        self,
        data: Frame,
        flags: int = 0,
        copy: bool = True,
        *,
        track: Literal[True],
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[MessageTracker]: ...
    @overload
    def send(  # type: ignore[overload-overlap]
        self,
        data: Frame,
        flags: int,
        copy: bool,
        track: Literal[True],
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[MessageTracker]: ...
    @overload
    def send(
        self,
        data: ReadableBuffer,
        flags: int = 0,
        copy: Literal[True] = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[None]: ...
    # A frame without a tracker has none to return, whatever copy says.
    @overload
    def send(  # type: ignore[overload-overlap]
        self,
        data: Frame,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[None] | _Answer[MessageTracker]: ...
    @overload
    def send(
        self,
        data: ReadableBuffer,
        flags: int = 0,
        *,
        copy: Literal[False],
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[MessageTracker]: ...
    @overload
    def send(
        self,
        data: ReadableBuffer,
        flags: int,
        copy: Literal[False],
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[MessageTracker]: ...
    @overload
    def send(
        self,
        data: ReadableBuffer,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> _Answer[None] | _Answer[MessageTracker]: ...
    @overload
    def send_multipart(  # pyright: ignore[reportOverlappingOverload]
        self,
        msg_parts: Sequence[ReadableBuffer],
        flags: int = 0,
        *,
        copy: Literal[False],
        track: bool = False,
        **kwargs: Any,
    ) -> _Answer[MessageTracker]: ...
    @overload
    def send_multipart(
        self,
        msg_parts: Sequence[ReadableBuffer],
        flags: int,
        copy: Literal[False],
        track: bool = False,
        **kwargs: Any,
    ) -> _Answer[MessageTracker]: ...
    @overload
    def send_multipart(
        self,
        msg_parts: Sequence[ReadableBuffer],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> _Answer[_Tracker]: ...
    def send_many(
        self, messages: Iterable[ReadableBuffer | Sequence[ReadableBuffer]], flags: int = 0
    ) -> _Answer[int]: ...
    def send_string(
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> _Answer[_Tracker]: ...
    def send_unicode(
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> _Answer[_Tracker]: ...
    def send_json(self, obj: object, flags: int = 0, **kwargs: Any) -> _Answer[None]: ...
    def send_pyobj(
        self, obj: object, flags: int = 0, protocol: int = ..., **kwargs: Any
    ) -> _Answer[_Tracker]: ...
    def send_serialized(
        self,
        msg: _T,
        serialize: Callable[[_T], Sequence[Any]] | Codec[_T],
        flags: int = 0,
        copy: bool = True,
        **kwargs: Any,
    ) -> _Answer[_Tracker]: ...
    def poll(self, timeout: float | None = None, flags: int = ...) -> _Answer[int]: ...
    # Coroutines on every front.
    def wait_for_peers(
        self, n: int = 1, timeout: float | None = None
    ) -> Coroutine[Any, Any, list[Peer]]: ...
    def wait_for_subscribers(
        self, n: int = 1, topic: str | bytes | None = None, timeout: float | None = None
    ) -> Coroutine[Any, Any, int]: ...
    def connection_events(
        self, which: int = ..., timeout: float | None = None
    ) -> AwaitedEventStream: ...
    def __aiter__(self) -> Self: ...
    async def __aenter__(self) -> Self: ...

class CoroutinePoller(_CoroutinePoller):
    """The signature of zmq.anyio.Poller."""

    def poll(self, timeout: float | None = -1) -> _Answer[list[tuple[Any, int]]]: ...
