"""The modules of `zmq.utils` that programs import by name: strtypes, interop, garbage."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import zmq
import zmq.utils
from zmq.utils import garbage, strtypes
from zmq.utils.interop import cast_int_addr

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ does this in another way"
)


def test_the_package_offers_its_modules() -> None:
    assert {"interop", "jsonapi", "z85"} <= set(dir(zmq.utils))


TO_BYTES = [strtypes.asbytes, strtypes.b, strtypes.cast_bytes]
TO_TEXT = [strtypes.u, strtypes.cast_unicode]


@pytest.mark.filterwarnings("ignore:.*strtypes:DeprecationWarning")
class TestStrtypes:
    @pytest.mark.parametrize("cast", TO_BYTES)
    def test_to_bytes(self, cast: Callable[..., bytes]) -> None:
        assert cast("é") == cast(b"\xc3\xa9") == b"\xc3\xa9"
        assert cast("é", "latin1") == b"\xe9"
        assert cast("é", "ascii", "replace") == b"?"

    @pytest.mark.parametrize("cast", TO_TEXT)
    def test_to_text(self, cast: Callable[..., str]) -> None:
        assert cast("é") == cast(b"\xc3\xa9") == "é"
        assert cast(b"\xe9", "latin1") == "é"
        assert cast(b"\xe9", errors="replace") == "\ufffd"
        with pytest.raises(UnicodeDecodeError):
            cast(b"\xe9")

    @pytest.mark.parametrize("cast", TO_BYTES + TO_TEXT)
    @pytest.mark.parametrize("value", [None, 3, bytearray(b"a")])
    def test_nothing_else(self, cast: Callable[..., Any], value: Any) -> None:
        with pytest.raises(TypeError, match=r"bytes.*got|bytes, not"):
            cast(value)

    def test_types(self) -> None:
        assert strtypes.bytes is bytes
        assert strtypes.unicode is str
        assert isinstance("x", strtypes.basestring)
        assert set(strtypes.__all__) == {
            "asbytes", "bytes", "unicode", "basestring", "b", "u", "cast_bytes", "cast_unicode"
        }  # fmt: skip


def test_strtypes_warns_at_the_line_of_the_caller() -> None:
    with pytest.warns(DeprecationWarning, match="strtypes") as caught:
        strtypes.asbytes("x")
    assert caught[0].filename == __file__


class TestInterop:
    @pytest.mark.parametrize("number", [0, 3, -1, 2**63, True])
    def test_an_int_is_an_address(self, number: int) -> None:
        assert cast_int_addr(number) is number

    @pytest.mark.parametrize("value", ["10", b"10", None, 1.5, object()])
    def test_other_things_are_not(self, value: object) -> None:
        with pytest.raises(ValueError, match="int"):
            cast_int_addr(value)

    def test_a_cffi_pointer(self) -> None:
        cffi = pytest.importorskip("cffi", reason="cffi is not installed")
        ffi = cffi.FFI()
        assert cast_int_addr(ffi.cast("void *", 99)) == 99

    @ours_only
    def test_cffi_data_that_is_no_pointer(self) -> None:
        cffi = pytest.importorskip("cffi", reason="cffi is not installed")
        with pytest.raises(ValueError, match="struct"):
            cast_int_addr(cffi.FFI().new("struct { int a, b; } *")[0])

    def test_cffi_is_not_imported_for_it(self) -> None:
        before = "cffi" in sys.modules
        with pytest.raises(ValueError):
            cast_int_addr("x")
        assert ("cffi" in sys.modules) is before


class TestGarbage:
    def test_stores_until_it_stops(self) -> None:
        collector = garbage.GarbageCollector()
        assert not collector.is_alive()
        event = threading.Event()
        thing = object()
        key, other = collector.store(thing, event), collector.store("other")
        assert collector.is_alive()
        assert key != other
        assert collector.refs[key] == garbage.gcref(thing, event)
        assert collector.refs[key].obj is thing
        collector.stop()
        assert not collector.is_alive()
        assert collector.refs == {}
        collector.stop()

    @ours_only
    def test_starts_and_stops_again(self) -> None:
        collector = garbage.GarbageCollector()
        for _ in range(2):
            collector.start()
            collector.start()
            assert collector.is_alive()
            collector.stop()
            assert not collector.is_alive()

    def test_context(self, context: zmq.Context) -> None:
        assert garbage.GarbageCollector(context).context is context
        collector = garbage.GarbageCollector()
        made = collector.context
        assert collector.context is made
        assert made is not zmq.Context.instance()
        made.term()

    def test_the_common_one(self) -> None:
        assert isinstance(garbage.gc, garbage.GarbageCollector)
        assert garbage.gcref._fields == ("obj", "event")
        assert garbage.gc.url.startswith("inproc://")

    @ours_only
    def test_needs_no_thread_and_tells_those_that_wait(self) -> None:
        before = threading.active_count()
        collector = garbage.GarbageCollector()
        event = threading.Event()
        collector.store(b"x", event)
        assert threading.active_count() == before
        assert not event.is_set()
        collector.stop()
        assert event.is_set()

    @ours_only
    def test_the_thread_says_that_it_is_ready_and_ends(self) -> None:
        collector = garbage.GarbageCollector()
        thread = garbage.GarbageCollectorThread(collector)
        assert thread.daemon
        assert thread.gc is collector
        thread.start()
        thread.join(10)
        assert thread.ready.is_set()
        assert not thread.is_alive()

    @ours_only
    def test_concurrent_stores_get_keys_of_their_own(self) -> None:
        collector = garbage.GarbageCollector()
        threads = [
            threading.Thread(target=lambda: [collector.store(None) for _ in range(500)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(collector.refs) == 2000
        collector.stop()
