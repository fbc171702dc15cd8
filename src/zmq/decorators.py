"""Decorators that open a context or a socket for the time of a call.

::

    @context("ctx")
    @socket("work", zmq.PULL)
    def worker(ctx, work): ...

What is opened is closed when the call ends, however it ends. A coroutine function keeps it
until the coroutine ends, a generator function until the generator does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import wraps
from typing import TYPE_CHECKING as TYPE_CHECKING
from typing import Any, TypeAlias, TypeVar

import zmq

__all__ = ("context", "socket")

_F = TypeVar("_F", bound=Callable[..., Any])
_DecoratorCallable: TypeAlias = Callable[[_F], _F]
_Open: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], AbstractContextManager[Any]]


def context(*args: Any, **kwargs: Any) -> _DecoratorCallable[Any]:
    """Open a context for each call of the decorated function, and terminate it afterwards.

    Parameters
    ----------
    *args
        First, when it is a str: the keyword under which the function gets the context. Without
        one the context comes after the positional arguments of the call. The rest goes to
        `zmq.Context`.
    **kwargs
        `name`: the same as the first str. The rest goes to `zmq.Context`.

    Notes
    -----
    Each call, in whichever thread, has a context of its own.
    """
    name, args = _split_name(args, kwargs)
    if args and inspect.isroutine(args[0]):
        raise TypeError(f"write @context() with parentheses above {args[0].__name__}()")
    return _decorator(name, lambda call_args, call_kwargs: zmq.Context(*args, **kwargs))


def socket(*args: Any, **kwargs: Any) -> _DecoratorCallable[Any]:
    """Open a socket for each call of the decorated function, and close it afterwards.

    Parameters
    ----------
    *args
        First, when it is a str: the keyword under which the function gets the socket. Without
        one the socket comes after the positional arguments of the call. Then the socket type;
        the rest goes to `Context.socket`.
    **kwargs
        `name`: the same as the first str. `context_name`: the keyword argument of the call that
        holds the context, by default "context". The rest goes to `Context.socket`.

    Notes
    -----
    The context is the keyword argument `context_name`, else the first context among the
    positional arguments, else `zmq.Context.instance()`. A `context` decorator with a name of
    its own therefore needs `context_name` below it.
    """
    name, args = _split_name(args, kwargs)
    if args and inspect.isroutine(args[0]):
        raise TypeError(f"write @socket(type) with parentheses above {args[0].__name__}()")
    context_name = kwargs.pop("context_name", "context")

    def open_socket(
        call_args: tuple[Any, ...], call_kwargs: dict[str, Any]
    ) -> AbstractContextManager[Any]:
        parent = _find_context(context_name, call_args, call_kwargs)
        opened: AbstractContextManager[Any] = parent.socket(*args, **kwargs)
        return opened

    return _decorator(name, open_socket)


def _split_name(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[str | None, tuple[Any, ...]]:
    """Take the name out of the arguments of a decorator."""
    if args and isinstance(args[0], str):
        if "name" in kwargs:
            raise TypeError(f"two names: {args[0]!r} and name={kwargs['name']!r}")
        return args[0], args[1:]
    if "name" in kwargs:
        name = kwargs.pop("name")
        if not isinstance(name, str):
            raise TypeError(f"name must be a str, not {type(name).__name__}")
        return name, args
    return None, args


def _find_context(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> zmq.Context:
    named = kwargs.get(name)
    if isinstance(named, zmq.Context):
        return named
    for arg in args:
        if isinstance(arg, zmq.Context):
            return arg
    return zmq.Context.instance()


def _decorator(name: str | None, open_one: _Open) -> _DecoratorCallable[Any]:
    """Make a decorator that opens something and adds it to the arguments of each call."""

    def add(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], opened: Any
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if name is None:
            return (*args, opened), kwargs
        if name in kwargs:
            title = getattr(function, "__name__", repr(function))
            raise TypeError(f"{title}() got multiple values for argument {name!r}")
        return args, {**kwargs, name: opened}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        # Three wrappers, because what is opened has to live until the body has run.
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def call_async(*args: Any, **kwargs: Any) -> Any:
                with open_one(args, kwargs) as opened:
                    args, kwargs = add(function, args, kwargs, opened)
                    return await function(*args, **kwargs)

            return call_async

        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                with open_one(args, kwargs) as opened:
                    args, kwargs = add(function, args, kwargs, opened)
                    return (yield from function(*args, **kwargs))

            return generate

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with open_one(args, kwargs) as opened:
                args, kwargs = add(function, args, kwargs, opened)
                return function(*args, **kwargs)

        return call

    return decorate
