"""The codecs: what goes in comes out, what is no message is refused, and nothing is copied."""

from __future__ import annotations

import contextlib
import dataclasses
import pickle
import secrets
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zmq
from zmq import codecs

KEY = bytes(range(32))
OTHER_KEY = secrets.token_bytes(32)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip

ARRAYS = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "strided": np.arange(10)[::3],
    "backwards": np.arange(5)[::-1],
    "one number": np.array(5),
    "scalar": np.float32(2.5),
    "empty": np.zeros((0, 3)),
    "dates": np.array(["2020-01-01", "2021-02-03"], "M8[D]"),
    "text": np.array(["é", "two"]),
    "big-endian": np.arange(3, dtype=">i4"),
    "bool": np.array([True, False]),
    "long double": np.arange(3, dtype=np.longdouble),
    "complex": np.array([1 + 2j]),
    "fields": np.array([(1, 2.5), (3, 4.5)], [("a", "u1"), ("b", "<f8")]),
    "padded": np.ones(2, np.dtype([("a", "u1"), ("b", "<f8")], align=True)),
    "nested": np.ones(2, [("a", "i2", (2, 3)), ("b", [("x", "f4"), ("y", "S3")])]),
    "32 axes": np.ones((1,) * 32),
}


def as_received(parts: list[Any]) -> list[bytes]:
    return [bytes(part) for part in parts]


@pytest.fixture
def tcp_pair(context: zmq.Context) -> Iterator[tuple[zmq.Socket, zmq.Socket]]:
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.connect(f"tcp://127.0.0.1:{b.bind_to_random_port('tcp://127.0.0.1')}")
        yield a, b


@pytest.fixture
def inproc_pair(context: zmq.Context) -> Iterator[tuple[zmq.Socket, zmq.Socket]]:
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        b.bind("inproc://codecs")
        a.connect("inproc://codecs")
        yield a, b


@given(values)
def test_values(value: Any) -> None:
    for codec in (
        codecs.Json(),
        codecs.MessagePack(),
        codecs.Pickle(),
        codecs.SignedPickle(KEY),
    ):
        assert codec.decode(as_received(codec.encode(value))) == value


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("transport", ["tcp_pair", "inproc_pair"])
def test_arrays(
    name: str, copy: bool, writable: bool, transport: str, request: pytest.FixtureRequest
) -> None:
    a, b = request.getfixturevalue(transport)
    sent = np.asarray(ARRAYS[name])
    before = sent.copy()
    a.send_serialized(ARRAYS[name], codecs.Array(), copy=copy)
    got = b.recv_serialized(codecs.Array(writable=writable), copy=copy)
    assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
    np.testing.assert_array_equal(got, sent)
    assert got.flags.aligned
    assert got.flags.writeable == writable
    if not sent.flags.c_contiguous and sent.flags.f_contiguous:
        assert got.flags.f_contiguous
    if writable and got.size:
        got[...] = np.zeros((), got.dtype)  # the sender's is its own
        np.testing.assert_array_equal(sent, before)


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]),
        np.ma.masked_array([1, 2], [True, False]),
        np.zeros(3, [("a", "O")]),
        np.zeros(3, np.dtype((np.void, 0))),
        [1, 2],
        b"bytes",
    ],
    ids=["objects", "masked", "objects in fields", "nothing", "list", "bytes"],
)
def test_what_is_no_array_to_send(array: Any) -> None:
    with pytest.raises(TypeError, match="Array"):
        codecs.Array().encode(array)


@dataclasses.dataclass
class Point:
    x: int
    y: int


def test_messagepack_checks_types() -> None:
    codec = codecs.MessagePack(Point)
    assert codec.decode(codec.encode(Point(1, 2))) == Point(1, 2)
    with pytest.raises(zmq.DecodeError, match=r"Expected `int`, got `str` - at `\$\.x`"):
        codec.decode(codecs.MessagePack().encode({"x": "1", "y": 2}))
    lax = codecs.MessagePack(Point, strict=False)
    assert lax.decode(codecs.MessagePack().encode({"x": "1", "y": 2})) == Point(1, 2)


def test_hooks() -> None:
    packed = codecs.MessagePack(complex, enc_hook=lambda z: [z.real, z.imag],
                                dec_hook=lambda _, parts: complex(*parts))  # fmt: skip
    assert packed.decode(packed.encode(1 + 2j)) == 1 + 2j
    json = codecs.Json(
        default=lambda point: dataclasses.asdict(point), object_hook=lambda d: Point(**d)
    )
    assert json.decode(json.encode([Point(1, 2)])) == [Point(1, 2)]
    with pytest.raises(TypeError):
        codecs.Json().encode(Point(1, 2))
    with pytest.raises(TypeError):
        codecs.MessagePack().encode(object())


def test_json_is_what_send_json_sends(inproc_pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    a, b = inproc_pair
    a.send_json({"a": [1, "é"]})
    assert b.recv_serialized(codecs.Json()) == {"a": [1, "é"]}
    a.send_serialized({"a": [1, "é"]}, codecs.Json())
    assert b.recv_json() == {"a": [1, "é"]}


# ---- memory ----

LARGE = 100_000_000


def address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def test_a_large_array_over_inproc_is_the_memory_of_the_sender(
    inproc_pair: tuple[zmq.Socket, zmq.Socket],
) -> None:
    a, b = inproc_pair
    array = np.zeros(LARGE, np.uint8)
    for codec in (codecs.Array(), codecs.Pickle(), codecs.SignedPickle(KEY)):
        tracemalloc.start()
        a.send_serialized(array, codec, copy=False)
        got = b.recv_serialized(codec, copy=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert address(got) == address(array)
        assert not got.flags.writeable
        assert peak < 1_000_000


@pytest.mark.parametrize("writable", [True, False])
def test_a_large_array_over_tcp_is_the_memory_of_the_frame(
    tcp_pair: tuple[zmq.Socket, zmq.Socket], writable: bool
) -> None:
    a, b = tcp_pair
    array = np.arange(LARGE // 8, dtype=float)
    a.send_serialized(array, codecs.Array(), copy=False)
    frames = b.recv_multipart(copy=False)
    tracemalloc.start()
    got = codecs.Array(writable=writable).decode(frames)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert address(got) == address(np.frombuffer(frames[1], np.uint8))
    assert peak < 1_000_000
    assert got[-1] == array[-1]
    assert got.flags.writeable == writable


def test_copied_frames_are_decoded_in_place() -> None:
    parts = as_received(codecs.Array().encode(np.arange(1000)))
    assert np.shares_memory(codecs.Array().decode(parts), np.frombuffer(parts[1], np.uint8))
    parts = as_received(codecs.Pickle().encode(np.arange(1000)))
    assert np.shares_memory(codecs.Pickle().decode(parts), np.frombuffer(parts[1], np.uint8))
    assert codecs.Pickle(writable=True).decode(parts).flags.writeable


def test_a_frame_that_has_a_copy_is_not_written_to(
    tcp_pair: tuple[zmq.Socket, zmq.Socket],
) -> None:
    a, b = tcp_pair
    a.send_serialized(np.zeros(10_000), codecs.Array())
    header, memory = b.recv_multipart(copy=False)
    other = memory.__copy__()
    codecs.Array(writable=True).decode([header, memory])[:] = 1
    assert not np.frombuffer(other).any()


# ---- what is no message ----

SAFE: dict[str, Callable[[], codecs.Codec[Any]]] = {
    "Json": codecs.Json,
    "MessagePack": codecs.MessagePack,
    "MessagePack of a type": lambda: codecs.MessagePack(dict[str, list[float]]),
    "Array": codecs.Array,
    "SignedPickle": lambda: codecs.SignedPickle(KEY),
}
messages = st.lists(st.binary(max_size=200), max_size=4)


@pytest.mark.parametrize("name", SAFE)
@given(parts=messages)
def test_any_message_is_decoded_or_refused(name: str, parts: list[bytes]) -> None:
    codec = SAFE[name]()
    with contextlib.suppress(zmq.DecodeError):  # anything else fails the test
        codec.decode(parts)


headers = st.recursive(
    st.sampled_from(["<f8", "|u1", "|S5", "<M8[s]", "|O", "|V0", "<f8,<f8", "T", "<U999999999"])
    | st.integers(-2, 1 << 70) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4),
)  # fmt: skip


@given(dtype=headers, shape=headers, order=st.sampled_from(["C", "F", "K", 0]), memory=st.binary())
def test_any_header_of_an_array_is_decoded_or_refused(
    dtype: Any, shape: Any, order: Any, memory: bytes
) -> None:
    (header,) = codecs.Json().encode({"dtype": dtype, "shape": shape, "order": order})
    try:
        array = codecs.Array().decode([header, memory])
    except zmq.DecodeError:
        return
    assert array.nbytes == len(memory)
    assert not array.dtype.hasobject


MESSAGES: dict[str, tuple[Callable[[], codecs.Codec[Any]], Any]] = {
    "Json": (codecs.Json, {"a": [1.5, "text"]}),
    "MessagePack": (codecs.MessagePack, {"a": [1.5, "text"], "b": b"x" * 300}),
    "Array": (codecs.Array, np.arange(50)),
    "Pickle": (codecs.Pickle, {"a": [1.5, "text"], "b": np.arange(50)}),
    "SignedPickle": (lambda: codecs.SignedPickle(KEY), [np.arange(50), "text"]),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_cut_off_messages(name: str) -> None:
    make, obj = MESSAGES[name]
    codec = make()
    parts = as_received(codec.encode(obj))
    for number, part in enumerate(parts):
        for length in range(len(part)):
            if name == "Pickle" and number:
                break  # what is in a buffer is the object's affair: NumPy's own test is below
            cut = [*parts[:number], part[:length], *parts[number + 1 :]]
            with pytest.raises(zmq.DecodeError):
                codec.decode(cut)
        with pytest.raises(zmq.DecodeError):
            codec.decode(parts[:number])
    with pytest.raises(zmq.DecodeError):
        codec.decode([*parts, b""])


def test_a_buffer_of_a_pickle_that_is_cut_off() -> None:
    data, buffer = as_received(codecs.Pickle().encode(np.arange(50)))
    with pytest.raises(zmq.DecodeError, match="Pickle"):
        codecs.Pickle().decode([data, buffer[:-1]])


@pytest.mark.parametrize(
    ("codec", "parts"),
    [
        (codecs.Json(), [b"[" * 100_000]),
        (codecs.Json(), [b"9" * 100_000]),
        (codecs.MessagePack(), [b"\x91" * 100_000]),
        (codecs.MessagePack(), [b"\xdd\xff\xff\xff\xff"]),  # a list of four billion
        (codecs.MessagePack(), [b"\xdf\xff\xff\xff\xff"]),
        (codecs.MessagePack(), [b"\xc6\xff\xff\xff\xff"]),  # four billion bytes
        (codecs.MessagePack(list[int]), [b"\xdd\xff\xff\xff\xff\1"]),
        (codecs.Array(), [b'{"dtype":"<f8","shape":[1000000000000],"order":"C"}', b""]),
        (codecs.Array(), [b'{"dtype":"|V0","shape":[1000000000000],"order":"C"}', b""]),
        (codecs.Array(), [b'{"dtype":"<U999999999","shape":[1],"order":"C"}', b""]),
        (codecs.Array(writable=True), [b'{"dtype":"<f8","shape":[2],"order":"C"}', b"x"]),
        (codecs.Array(), [b" " * 100_000, b""]),
        (codecs.SignedPickle(KEY), [b"x" * 32, b"\x80\5X\xff\xff\xff\x7f"]),
    ],
)
def test_what_claims_to_be_large_takes_no_memory(
    codec: codecs.Codec[Any], parts: list[bytes]
) -> None:
    with pytest.raises(zmq.DecodeError):  # with what is imported and cached the first time
        codec.decode(parts)
    tracemalloc.start()
    with pytest.raises(zmq.DecodeError):
        codec.decode(parts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A byte can begin a list; Python 3.14 nests tens of thousands of them before it gives up.
    assert peak < 100_000 + 100 * sum(map(len, parts))


def test_errors_name_what_is_wrong() -> None:
    for codec, parts, words in [
        (codecs.Json(), [b"{", b""], "number of parts is 2, not 1"),
        (codecs.Json(), [b"\xff"], "UnicodeDecodeError"),
        (codecs.Array(), [b"[]", b""], "a header has dtype, shape and order"),
        (codecs.Array(), [b'{"dtype":"<f8","shape":[3],"order":"C"}', b"12345678"],
         "8 bytes for an array of 24 bytes"),
        (codecs.SignedPickle(KEY), [pickle.dumps(1)], "without a signature"),
        (codecs.SignedPickle(KEY), codecs.SignedPickle(OTHER_KEY).encode(1), "no key"),
        (codecs.Pickle(), [], "without parts"),
        (codecs.Pickle(), [b"N."[:1]], "Pickle: "),
    ]:  # fmt: skip
        with pytest.raises(zmq.DecodeError, match=words) as raised:
            codec.decode(parts)
        assert isinstance(raised.value, ValueError)
        assert isinstance(raised.value, zmq.ZMQBaseError)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_part_in_place_of_the_list_of_parts(name: str) -> None:
    codec = MESSAGES[name][0]()
    for given_part in (b"part", zmq.Frame(b"part"), "text"):
        with pytest.raises(TypeError, match="list of parts"):
            codec.decode(given_part)  # type: ignore[arg-type]


# ---- signatures ----


class Bomb:
    """An object that runs code when it is unpickled."""

    went_off = False

    def __reduce__(self) -> Any:
        return setattr, (Bomb, "went_off", True)


def test_nothing_is_unpickled_without_a_signature() -> None:
    parts = as_received(codecs.SignedPickle(OTHER_KEY).encode(Bomb()))
    plain = as_received(codecs.Pickle().encode(Bomb()))
    for hostile in (parts, plain, [b"x" * 32, *plain], [parts[0], *plain, b""], [b"", *plain]):
        with pytest.raises(zmq.DecodeError):
            codecs.SignedPickle(KEY).decode(hostile)
    assert not Bomb.went_off
    codecs.SignedPickle(OTHER_KEY).decode(parts)
    assert Bomb.went_off
    Bomb.went_off = False


@given(st.data())
def test_any_change_breaks_the_signature(data: st.DataObject) -> None:
    codec = codecs.SignedPickle(KEY)
    parts = as_received(codec.encode([np.arange(20), "text", np.arange(3)]))
    changed = list(parts)
    kind = data.draw(st.sampled_from(["bit", "split", "swap", "drop", "join"]))
    number = data.draw(st.integers(0, len(parts) - 1))
    part = changed[number]
    if kind == "bit":
        bit = data.draw(st.integers(0, len(part) * 8 - 1))
        flipped = int.from_bytes(part, "big") ^ (1 << bit)
        changed[number] = flipped.to_bytes(len(part), "big")
    elif kind == "split":
        at = data.draw(st.integers(0, len(part)))
        changed[number : number + 1] = [part[:at], part[at:]]
    elif kind == "swap":
        changed[2:4] = [changed[3], changed[2]]
    elif kind == "drop":
        del changed[number]
    else:
        changed[number - 1 : number + 1] = [b"".join(changed[number - 1 : number + 1])]
    if changed == parts:
        return
    with pytest.raises(zmq.DecodeError):
        codec.decode(changed)


def test_keys_are_rotated() -> None:
    old, both, new = KEY, [OTHER_KEY, KEY], OTHER_KEY
    from_old = codecs.SignedPickle(old).encode("x")
    assert codecs.SignedPickle(both).decode(from_old) == "x"
    from_both = codecs.SignedPickle(both).encode("x")
    assert codecs.SignedPickle(new).decode(from_both) == "x"
    for codec, parts in (
        (codecs.SignedPickle(new), from_old),
        (codecs.SignedPickle(old), from_both),
    ):
        with pytest.raises(zmq.DecodeError):
            codec.decode(parts)


def test_bad_keys() -> None:
    for bad in (b"", b"short", [], [KEY, b"short"]):
        with pytest.raises(ValueError):
            codecs.SignedPickle(bad)
    for bad in ("text of more than 16", ["text of more than 16"], [1]):
        with pytest.raises(TypeError):
            codecs.SignedPickle(bad)  # type: ignore[arg-type]


def test_keys_do_not_get_out() -> None:
    codec = codecs.SignedPickle(KEY)
    assert repr(KEY)[2:-1] not in repr(codec)
    with pytest.raises(TypeError, match="holds keys"):
        pickle.dumps(codec)


# ---- sockets ----


def test_a_class_is_no_codec(inproc_pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    a, b = inproc_pair
    with pytest.raises(TypeError, match=r"Json is a class.*Json\(\)"):
        a.send_serialized({}, codecs.Json)  # type: ignore[arg-type]
    a.send(b"1")
    with pytest.raises(TypeError, match="Json is a class"):
        b.recv_serialized(codecs.Json)  # type: ignore[arg-type]
    assert b.recv() == b"1"  # it was not taken


def test_a_codec_of_the_program(inproc_pair: tuple[zmq.Socket, zmq.Socket]) -> None:
    class Words(codecs.Codec[list[str]]):
        def encode(self, obj: list[str]) -> list[bytes]:
            return [word.encode() for word in obj]

        def decode(self, parts: Any) -> list[str]:
            return [bytes(part).decode() for part in parts]

    a, b = inproc_pair
    a.send_serialized(["one", "two"], Words())
    assert b.recv_serialized(Words(), copy=False) == ["one", "two"]
    a.send_serialized(["one"], Words().encode)
    assert b.recv_serialized(Words().decode) == ["one"]
