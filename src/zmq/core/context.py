"""Contexts: what the sockets of a program share."""

from __future__ import annotations

import sys
from _warnings import warn  # there to the very end of the interpreter, and free to import

from zmq._native import Context as NativeContext
from zmq._native import failure_without_socket
from zmq.constants import EFAULT, EINVAL, ENOTSUP, ContextOption, SocketOption
from zmq.core import exiting
from zmq.core.attrsettr import AttributeSetter
from zmq.core.busy_wait import busy_wait_option
from zmq.core.naming import shown_name
from zmq.core.open_streams import close_streams, open_streams
from zmq.core.singleton import making
from zmq.core.socket import Socket
from zmq.error import ZMQError, error_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Self, TypeAlias, TypeVar, overload
    from typing import Generic as Subscripted

    # The checkers know it by themselves; TypeVar of 3.11 has no default.
    from typing_extensions import TypeVar as TypeVarWithDefault

    _Made = TypeVar("_Made")
    # What the context makes. `zmq.Context` alone says nothing about it.
    _SocketType = TypeVarWithDefault("_SocketType", bound=Socket[Any], covariant=True, default=Any)
else:
    from zmq.core.generic import Subscripted

    _SocketType = object

__all__ = ["Context", "SyncContext"]


# PyZMQ's names of the arguments of `set` are not the same in the two bases.
class Context(  # pyright: ignore[reportIncompatibleMethodOverride]
    NativeContext, AttributeSetter, Subscripted[_SocketType]
):
    """A container of sockets, with their I/O threads (zmq_ctx_new(3)).

    Any thread may use a context. Options are attributes, in any case: ``ctx.max_sockets``. Socket
    options that are set on a context are defaults of the sockets it makes afterwards:
    ``ctx.linger = 0``.

    Parameters
    ----------
    io_threads : int
        Threads that move messages in and out of the process; one does for a gigabyte a second.
    shadow : Context or int, optional
        Another context, or its address: the new object is a second handle of the same context.

    Raises
    ------
    ZMQError
        EINVAL for a number of threads that libzmq refuses, EMFILE when no descriptor is left.
    """

    sockopts: dict[int, Any]
    _shadow: bool
    _shadow_obj: Any
    # Whether destroy() says which sockets it finds open: at the end of a `with` block.
    _warn_destroy_close: bool = False

    _instance: ClassVar[Any] = None
    _socket_class: ClassVar[Any] = Socket

    if TYPE_CHECKING:

        @overload
        def __init__(self: Context[Socket[bytes]], io_threads: int = 1) -> None: ...
        @overload
        def __init__(self: Context[Socket[bytes]], io_threads: Context[Any]) -> None: ...
        @overload
        def __init__(self: Context[Socket[bytes]], *, shadow: Context[Any] | int) -> None: ...

    def __init__(self, io_threads: int | Context[Any] = 1, shadow: Context[Any] | int = 0) -> None:
        if isinstance(io_threads, NativeContext):
            io_threads, shadow = 1, io_threads
        super().__init__(io_threads, _address_of(shadow))
        self.sockopts = {}
        self._shadow = bool(shadow)
        self._shadow_obj = shadow if isinstance(shadow, NativeContext) else None
        if not shadow:
            exiting.watch_multiprocessing()

    # ---- singletons and shadows ----

    @classmethod
    def instance(cls, io_threads: int = 1) -> Self:
        """Return the context of the process, made at the first call.

        Made anew when the last one has been terminated, and in the child of a fork. All threads
        that ask get the same one.
        """
        instance = cls._instance
        if _is_usable(instance):
            return instance  # type: ignore[no-any-return]
        with making():
            instance = cls._instance
            if not _is_usable(instance):
                made = cls(io_threads=io_threads)
                # A signal handler, or a greenlet of this thread, may have come in between.
                instance = vars(cls).get("_instance")
                if instance is made or not _is_usable(instance):
                    instance = cls._instance = made
                else:
                    made.destroy(linger=0)
        return instance  # type: ignore[no-any-return]

    @classmethod
    def shadow(cls, address: int | Context[Any]) -> Self:
        """Return a second handle of a context, given by itself or by its address."""
        return cls(shadow=address)

    @classmethod
    def shadow_pyczmq(cls, ctx: Any) -> Self:
        """Return a second handle of the context that a pyczmq ``zctx`` holds."""
        from pyczmq import zctx  # type: ignore[import-not-found]

        from zmq.core.interop import cast_int_addr

        return cls(shadow=cast_int_addr(zctx.underlying(ctx)))

    def __copy__(self, memo: Any = None) -> Self:
        return type(self).shadow(self)

    __deepcopy__ = __copy__

    # ---- sockets ----

    if TYPE_CHECKING:

        @overload
        def socket(self, socket_type: int, socket_class: type[_Made], **kwargs: Any) -> _Made: ...
        @overload
        def socket(
            self, socket_type: int, socket_class: Callable[..., _Made], **kwargs: Any
        ) -> _Made: ...
        @overload
        def socket(
            self, socket_type: int, socket_class: None = None, **kwargs: Any
        ) -> _SocketType: ...

    def socket(
        self,
        socket_type: int,
        socket_class: Callable[[Context[Any], int], Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Open a socket (zmq_socket(3)).

        Parameters
        ----------
        socket_type : int
            One of zmq.SocketType.
        socket_class : callable, optional
            Makes the socket; by default the context's ``_socket_class``.
        **kwargs
            For the class.

        Raises
        ------
        ZMQError
            ENOTSUP if the context is closed, EFAULT if another handle of it has closed it, EINVAL
            for an unknown type, EMFILE at max_sockets.
        """
        if self._is_over():
            # PyZMQ's errors: another object has ended the context where this one is not closed.
            error = ENOTSUP if self.closed else EFAULT
            raise error_for(error, failure_without_socket("context closed"))
        make = self._socket_class if socket_class is None else socket_class
        made = make(self, socket_type, **kwargs)
        for option, value in self.sockopts.items():
            # Not every type has every option: SUBSCRIBE is nothing to a PUB socket.
            try:  # noqa: SIM105  # contextlib takes longer to import than this package's core
                made.setsockopt(option, value)
            except ZMQError:
                pass
        return made

    def destroy(self, linger: int | None = None) -> None:
        """Close all sockets of the context, then terminate it.

        Parameters
        ----------
        linger : int, optional
            Milliseconds that unsent messages of each socket may still take.
        """
        if self.closed:
            return
        for socket in self._sockets_open():
            if self._warn_destroy_close and not socket._ends_with_context:
                warn(
                    f"Destroying context with unclosed socket {socket!r}",
                    ResourceWarning,
                    stacklevel=3,
                    source=socket,
                )
            socket.close(linger=linger)
        self.term()

    def term(self, timeout: float | None = None) -> None:
        """End the context; blocks until its sockets are closed and what they hold is sent.

        Sockets that are still open get ContextTerminated from every call meanwhile; another
        thread has to close them. Interrupted or out of time, the end goes on in the background,
        and another call waits for it again.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; None waits without end.

        Raises
        ------
        TermTimeout
            Time ran out; it lists the sockets that are in the way, with type, endpoints, what they
            may still hold, and where they were opened (in development mode, ``python -X dev``).
        """
        if open_streams:
            close_streams(self)
        super().term(timeout)

    # ---- options ----

    busy_wait_us = busy_wait_option

    def setsockopt(self, opt: int, value: Any) -> None:
        """Set the default that a socket option has in the context's new sockets."""
        self.sockopts[opt] = value

    def getsockopt(self, opt: int) -> Any:
        """Return the default of a socket option.

        Raises
        ------
        KeyError
            None was set.
        """
        return self.sockopts[opt]

    def _get_attr_opt(self, name: str, opt: int) -> Any:
        if name in ContextOption.__members__:
            try:
                return self.get(opt)
            except ZMQError as error:
                if error.errno != EINVAL:
                    raise
                raise AttributeError(f"{name} attribute is write-only") from None
        if name not in SocketOption.__members__:
            raise AttributeError(f"{type(self).__name__} has no such option: {name}")
        if opt not in self.sockopts:
            raise AttributeError(f"{name} has no default here: set {name.lower()} first")
        return self.sockopts[opt]

    def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
        if name in ContextOption.__members__:
            self.set(opt, value)
        elif name in SocketOption.__members__:
            self.sockopts[opt] = value
        else:
            raise AttributeError(f"{type(self).__name__} has no such option: {name}")

    # ---- the end ----

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        self._warn_destroy_close = True
        self.destroy()

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *ContextOption.__members__]

    # At the end of the interpreter the names of modules are no more: what this needs is kept here.
    def __del__(self, _warn: Any = warn, _is_finalizing: Any = sys.is_finalizing) -> None:
        if self._is_over() or self.__dict__.get("_shadow", True):
            return
        if _is_finalizing() or exiting.begun:
            return
        # A program that has limited the time of its end does not wait for it here either.
        if not self._owned_here() or self._is_ending():
            return
        # Its sockets hold the context: those that are open are garbage of the same cycle, and the
        # end of the context would wait for them for ever.
        for socket in self._sockets_open():
            socket.close()
        _warn(f"Unclosed context {self!r}", ResourceWarning, stacklevel=2, source=self)
        self.term()

    def __repr__(self, _name: Any = shown_name) -> str:
        if self.closed:
            detail = " closed"
            count = ""
        else:
            detail = ""
            n = len(self._sockets_open())
            count = f"{n} socket{'' if n == 1 else 's'}" if n else ""
        return f"<{_name(type(self))}({count}) at {id(self):#x}{detail}>"


def _is_usable(instance: Any) -> bool:
    """Whether it is a context that was made in this process and has not ended."""
    return instance is not None and not instance._is_over() and instance._owned_here()


def _address_of(shadow: Any) -> Any:
    """Return what the native class takes: a context as it is, anything else as an address."""
    if not shadow or isinstance(shadow, (int, NativeContext)):
        return shadow
    from zmq.core.interop import cast_int_addr

    return cast_int_addr(shadow)


#: The blocking Context, under the name that tells it from those of the event loops.
if TYPE_CHECKING:
    SyncContext: TypeAlias = Context[Socket[bytes]]
else:
    SyncContext = Context

Socket._context_class = Context
