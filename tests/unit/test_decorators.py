"""@context and @socket, in every style of call."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import zmq
from zmq.decorators import context, socket

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ closes before the body has run"
)


def take(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


class TestContext:
    def test_without_a_name_it_comes_last(self) -> None:
        args, kwargs = context()(take)(1, x=2)
        assert args[0] == 1
        assert isinstance(args[1], zmq.Context)
        assert kwargs == {"x": 2}

    @pytest.mark.parametrize("style", [context("ctx"), context(name="ctx")])
    def test_with_a_name(self, style: Any) -> None:
        args, kwargs = style(take)(1, x=2)
        assert args == (1,)
        assert isinstance(kwargs.pop("ctx"), zmq.Context)
        assert kwargs == {"x": 2}

    @pytest.mark.parametrize("style", [context(3), context(io_threads=3), context("ctx", 3)])
    def test_arguments_of_the_context(self, style: Any) -> None:
        def threads(*args: Any, **kwargs: Any) -> int:
            made = (*args, *kwargs.values())[0]
            return int(made.get(zmq.IO_THREADS))

        assert style(threads)() == 3

    def test_ends_with_the_call(self) -> None:
        seen: list[zmq.Context] = []

        @context("ctx")
        def good(ctx: zmq.Context) -> bool:
            seen.append(ctx)
            return ctx.closed

        @context("ctx")
        def bad(ctx: zmq.Context) -> None:
            seen.append(ctx)
            raise KeyError("x")

        assert good() is False
        with pytest.raises(KeyError):
            bad()
        assert [ctx.closed for ctx in seen] == [True, True]

    def test_each_thread_has_its_own(self) -> None:
        seen: list[zmq.Context] = []
        barrier = threading.Barrier(2, timeout=10)

        @context()
        def run(ctx: zmq.Context) -> None:
            seen.append(ctx)
            barrier.wait()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen[0] is not seen[1]

    def test_the_function_keeps_its_name(self) -> None:
        @context()
        def documented(ctx: zmq.Context) -> None:
            """Says so."""

        assert documented.__name__ == "documented"
        assert documented.__doc__ == "Says so."

    def test_an_argument_given_twice(self) -> None:
        with pytest.raises(TypeError, match="multiple values for argument 'ctx'"):
            context("ctx")(take)(ctx=5)

    def test_parentheses_are_needed(self) -> None:
        with pytest.raises(TypeError):
            context(take)()
        with pytest.raises(TypeError):
            socket(take)()


class TestSocket:
    def test_without_names(self) -> None:
        @context()
        @socket(zmq.PUB)
        def run(*args: Any) -> tuple[Any, ...]:
            ctx, pub = args[1:]
            return args[0], pub.context is ctx, pub.type

        assert run(1) == (1, True, zmq.PUB)

    @pytest.mark.parametrize(
        "style",
        [
            socket("pub", zmq.PUB),
            socket(zmq.PUB, name="pub"),
            socket(name="pub", socket_type=zmq.PUB),
        ],
    )
    def test_with_a_name(self, style: Any) -> None:
        (), kwargs = style(take)()
        assert kwargs["pub"].closed

    def test_several(self) -> None:
        @context("ctx")
        @socket("pub", zmq.PUB, context_name="ctx")
        @socket("sub", zmq.SUB, context_name="ctx")
        def run(ctx: Any, pub: Any, sub: Any) -> tuple[Any, ...]:
            assert [each.closed for each in (ctx, pub, sub)] == [False] * 3
            return pub.type, sub.type, pub.context is ctx, sub.context is ctx

        assert run() == (zmq.PUB, zmq.SUB, True, True)

    def test_the_order_of_the_decorators_is_free(self) -> None:
        @socket("pub", zmq.PUB)
        @context("ctx")
        def run(ctx: Any, pub: Any) -> bool:
            return pub.context is zmq.Context.instance()

        assert run()

    def test_where_the_context_comes_from(self) -> None:
        instance = zmq.Context.instance()

        @socket(zmq.PUB)
        def default(*args: Any, **kwargs: Any) -> Any:
            return args[-1].context

        @socket("pub", zmq.PUB, context_name="mine")
        def named(*args: Any, **kwargs: Any) -> Any:
            return kwargs["pub"].context

        with zmq.Context() as first, zmq.Context() as second:
            assert default() is instance
            assert default(first) is first
            assert default(1, first, second) is first
            assert default(context=first) is first
            assert default(other=first) is instance
            assert default(context=3) is instance
            assert named(mine=first) is first
            assert named(context=first) is instance
            assert named(second, mine=first) is first

    def test_closes_with_the_call(self) -> None:
        seen: list[Any] = []

        @context("ctx")
        @socket("pub", zmq.PUB, context_name="ctx")
        def fail(ctx: Any, pub: Any) -> None:
            seen.extend([ctx, pub])
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert [each.closed for each in seen] == [True, True]

    def test_methods(self) -> None:
        class Worker:
            @context("ctx")
            @socket("pub", zmq.PUB, context_name="ctx")
            def named(self, ctx: Any, pub: Any) -> bool:
                return isinstance(self, Worker) and pub.context is ctx

            @context()
            @socket(zmq.PUB)
            def positional(self, ctx: Any, pub: Any) -> bool:
                return isinstance(self, Worker) and pub.context is ctx

        assert Worker().named()
        assert Worker().positional()

    @pytest.mark.parametrize("style", [socket(), socket("name"), socket(zmq.PUB, "name")])
    def test_misuse(self, style: Any) -> None:
        with pytest.raises(TypeError):
            style(take)()


@ours_only
def test_a_coroutine_function_keeps_them_until_it_ends() -> None:
    seen: list[Any] = []

    @context("ctx")
    @socket("pub", zmq.PUB, context_name="ctx")
    async def run(ctx: Any, pub: Any) -> bool:
        seen.extend([ctx, pub])
        await asyncio.sleep(0)
        return ctx.closed or pub.closed

    assert asyncio.run(run()) is False
    assert [each.closed for each in seen] == [True, True]


@ours_only
def test_a_generator_function_keeps_them_until_it_ends() -> None:
    seen: list[Any] = []

    @context("ctx")
    def generate(ctx: Any) -> Any:
        seen.append(ctx)
        got = yield ctx.closed
        return got

    generator = generate()
    assert next(generator) is False
    with pytest.raises(StopIteration) as stop:
        generator.send("back")
    assert stop.value.value == "back"
    assert seen[0].closed


@ours_only
def test_two_names_are_one_too_many() -> None:
    with pytest.raises(TypeError, match="two names"):
        context("x", name="y")
    with pytest.raises(TypeError, match="must be a str"):
        context(name=None)
