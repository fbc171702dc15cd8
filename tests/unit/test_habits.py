"""Small things that programs written for PyZMQ count on."""

from __future__ import annotations

import inspect
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

import zmq
import zmq.asyncio
from helpers.processes import run_python
from zmq.utils.win32 import allow_interrupt

ours_only = pytest.mark.skipif(not hasattr(zmq, "ohmq_version"), reason="PyZMQ has no such thing")


class TestCopyThreshold:
    def test_what_a_program_sets_counts_for_new_sockets(
        self, context: zmq.Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with context.socket(zmq.PUSH) as before:
            assert before.copy_threshold == zmq.COPY_THRESHOLD == 65536
            monkeypatch.setattr(zmq, "COPY_THRESHOLD", 5)
            assert before.copy_threshold == 65536
            assert zmq.Socket(shadow=before).copy_threshold == 5
            for front in (context, zmq.asyncio.Context(context)):
                with front.socket(zmq.PUSH) as after:
                    assert after.copy_threshold == 5
            with context.socket(zmq.PUSH, copy_threshold=7) as told:
                assert told.copy_threshold == 7

    @ours_only
    def test_and_for_frames(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # A copy is done with at once.
        assert zmq.Frame(b"12345", track=True).tracker is zmq._FINISHED_TRACKER
        monkeypatch.setattr(zmq, "COPY_THRESHOLD", 5)
        assert zmq.Frame(b"12345", track=True).tracker is not zmq._FINISHED_TRACKER
        assert zmq.Frame(b"1234", track=True).tracker is zmq._FINISHED_TRACKER

    def test_what_is_no_number(self, context: zmq.Context, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(zmq, "COPY_THRESHOLD", "x")
        with pytest.raises(TypeError):
            context.socket(zmq.PUSH)


class TestWarnings:
    def test_a_block_that_leaves_sockets_open(self) -> None:
        with pytest.warns(ResourceWarning) as told, zmq.Context() as context:
            sockets = [context.socket(kind) for kind in (zmq.PUB, zmq.SUB)]
        assert [str(warning.message).partition(" at ")[0] for warning in told] == [
            f"Destroying context with unclosed socket <zmq.Socket(zmq.{kind})"
            for kind in ("PUB", "SUB")
        ]
        assert {warning.filename for warning in told} == {__file__}
        assert [warning.source for warning in told] == sockets
        assert all(socket.closed for socket in sockets)

    def test_destroy_says_nothing(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUB)
        context.destroy()
        assert socket.closed

    def test_a_block_that_leaves_nothing_open(self) -> None:
        with zmq.Context() as context, context.socket(zmq.PUB):
            pass


@pytest.mark.parametrize("kind", [zmq.Socket, zmq.asyncio.Socket])
def test_pickles_are_of_pythons_default_protocol(kind: Any) -> None:
    assert inspect.signature(kind.send_pyobj).parameters["protocol"].default == (
        pickle.DEFAULT_PROTOCOL
    )


def test_option_of_an_asyncio_socket_by_its_name() -> None:
    with zmq.asyncio.Context() as context, context.socket(zmq.PUB) as socket:
        assert socket.get(key=zmq.TYPE) == zmq.PUB


@pytest.mark.parametrize("front", [zmq, zmq.asyncio])
class TestAttributes:
    def test_by_the_names_of_their_arguments(self, front: Any) -> None:
        with front.Context() as context, context.socket(zmq.PUB) as socket:
            socket.__setattr__(key="LINGER", value=3)
            assert socket.__getattr__(key="linger") == socket.linger == 3

    def test_subclasses(self, front: Any) -> None:
        class Own(front.Socket):  # type: ignore[misc]
            mine = None

            def __setattr__(self, key: str, value: Any) -> None:
                names.append(key)
                super().__setattr__(key, value)

            def __getattr__(self, key: str) -> Any:
                return 5 if key == "five" else super().__getattr__(key)

        class Further(Own):
            pass

        for kind in (Own, Further):
            names: list[str] = []
            with front.Context() as context, context.socket(zmq.PUB, kind) as socket:
                del names[:]
                socket.linger, socket.mine = 7, 8
                assert (socket.linger, socket.mine, socket.five) == (7, 8, 5)
                assert names == ["linger", "mine"]
                del socket.mine
                assert socket.mine is None
                with pytest.raises(AttributeError):
                    socket.nothing = 1
                with pytest.raises(AttributeError):
                    _ = socket.nothing


def test_library_dirs() -> None:
    (directory,) = zmq.get_library_dirs()
    assert Path(directory).is_dir()


def test_allow_interrupt_does_nothing_where_nothing_has_to_be_done() -> None:
    if sys.platform == "win32":
        pytest.skip("a console is needed to press Ctrl-C in")
    called: list[str] = []
    with allow_interrupt(lambda: called.append("x")):
        pass
    with allow_interrupt(), pytest.raises(LookupError), allow_interrupt():
        raise LookupError
    assert called == []


def test_import_stays_small() -> None:
    lines = run_python(
        """
        import sys
        before = set(sys.modules)
        import zmq
        new = set(sys.modules) - before
        large = {"typing", "asyncio", "json", "pickle", "logging", "threading", "zmq.core.zap"}
        print(sorted(new & large))
        """
    )
    assert lines == ["[]"]
