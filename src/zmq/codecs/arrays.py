"""The codec of NumPy's arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from zmq.core.codecs import Codec, dumps, loads

from ._parts import cannot_read, memory_of, parts_of, view_of

if TYPE_CHECKING:
    from types import ModuleType

    from numpy import dtype, ndarray

__all__ = ["Array"]

_LONGEST_HEADER = 1 << 16
# Order of bytes, kind, size, and the unit of a time. No objects (O), no lists of types.
_PLAIN_DTYPE = re.compile(r"[<>|][?bBiufcmMSUV]\d{1,9}(\[\d{0,9}[A-Za-z]{1,7}\])?")


class Array(Codec["ndarray[Any, dtype[Any]]"]):
    """Arrays of NumPy: a header in JSON with dtype, shape and order, and a part with the memory.

    No pickle: arrays of Python objects are refused. An array that is contiguous (C or Fortran) is
    sent as it lies in memory, another one is copied.

    Parameters
    ----------
    writable : bool
        Whether arrays that are received can be changed. By default they are read-only, and are
        the memory of the message. Of messages received with ``copy=False`` from other processes
        writable arrays are not copied, either; over inproc they are, as their memory may still be
        that of the sender.

    Notes
    -----
    An array whose memory would not be aligned for its dtype is copied: that of messages of less
    than 8 KiB mostly, and of dtypes that need more than 8 bytes.
    """

    __slots__ = ("_writable",)

    def __init__(self, *, writable: bool = False) -> None:
        self._writable = writable

    def encode(self, obj: ndarray[Any, dtype[Any]]) -> list[Any]:
        """Return the message of an array.

        Raises
        ------
        TypeError
            It is no array, it is a masked one, or its dtype has no form without pickle.
        """
        np = _numpy()
        if not isinstance(obj, (np.ndarray, np.generic)) or isinstance(obj, np.ma.MaskedArray):
            raise TypeError(f"Array encodes an array of NumPy, not {type(obj).__name__}")
        array = np.asarray(obj)
        order = "C"
        if not array.flags.c_contiguous:
            order = "F" if array.flags.f_contiguous else "C"
            array = array.T if order == "F" else np.ascontiguousarray(array)
        header = {
            "dtype": _described(np, array.dtype),
            "shape": array.shape[::-1] if order == "F" else array.shape,
            "order": order,
        }
        # By way of bytes, as the protocol of buffers knows no dates, for example.
        memory = array.reshape(-1).view(np.uint8).data if array.size else b""
        return [dumps(header, separators=(",", ":")), memory]

    def decode(self, parts: Sequence[Any]) -> ndarray[Any, dtype[Any]]:
        """Return the array of a message; raise `DecodeError` if it is none."""
        np = _numpy()
        header, memory = parts_of(self, parts, 2, "header and memory")
        try:
            dtype, shape, order = _read_header(np, view_of(header))
            size = view_of(memory).nbytes
            needed = prod(shape) * dtype.itemsize
            if needed != size:
                raise ValueError(f"{size} bytes for an array of {needed} bytes")
            array = np.ndarray(shape, dtype, memory_of(memory, self._writable), order=order)
        except Exception as error:
            raise cannot_read(self, error) from error
        if not array.flags.aligned:
            array = array.copy(order)
            array.flags.writeable = self._writable
        return array  # type: ignore[no-any-return]


def _numpy() -> ModuleType:
    try:
        import numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"zmq.codecs.Array needs NumPy: pip install numpy ({error})", name=error.name
        ) from None
    return numpy


def _described(np: Any, dtype: Any) -> Any:
    """Return a dtype as the header says it: text, or a list of fields."""
    if dtype.hasobject or not dtype.itemsize:
        raise TypeError(f"Array cannot encode the dtype {dtype}")
    description = json.loads(dumps(np.lib.format.dtype_to_descr(dtype)))
    try:
        same = np.lib.format.descr_to_dtype(_descr(description)) == dtype
    except (TypeError, ValueError):
        same = False
    if not same:
        raise TypeError(f"Array cannot encode the dtype {dtype}: a header could not tell it")
    return description


def _descr(description: Any) -> Any:
    """Return what NumPy makes a dtype of, of what a header says; raise ValueError for all else."""
    if isinstance(description, str):
        if not _PLAIN_DTYPE.fullmatch(description):
            raise ValueError(f"{description[:40]!r} is no dtype")
        return description
    if not isinstance(description, list) or not description:
        raise ValueError("a dtype is text, or a list of fields")
    return [_field(field) for field in description]


def _field(field: Any) -> tuple[Any, ...]:
    if not isinstance(field, list) or len(field) not in (2, 3) or not isinstance(field[0], str):
        raise ValueError("a field has a name, a dtype, and a shape or none")
    if len(field) == 2:
        return field[0], _descr(field[1])
    return field[0], _descr(field[1]), _shape(field[2])


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 1 << 63 for n in shape):
        raise ValueError("a shape is a list of numbers from 0 on")
    return tuple(shape)


def _read_header(np: Any, header: memoryview) -> tuple[Any, tuple[int, ...], str]:
    """Return dtype, shape and order of an array; raise ValueError, or what JSON and NumPy raise."""
    if len(header) > _LONGEST_HEADER:
        raise ValueError(f"a header of {len(header)} bytes; {_LONGEST_HEADER} are allowed")
    said = loads(str(header, "utf-8"))
    if not isinstance(said, dict) or said.keys() != {"dtype", "shape", "order"}:
        raise ValueError("a header has dtype, shape and order")
    if said["order"] not in ("C", "F"):
        raise ValueError("the order is C or F")
    dtype = np.lib.format.descr_to_dtype(_descr(said["dtype"]))
    if not dtype.itemsize:
        raise ValueError(f"elements of {dtype} have no bytes")
    return dtype, _shape(said["shape"]), said["order"]
