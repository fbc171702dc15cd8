"""The types that calls take as bytes: for annotations, never imported."""

import sys
from typing import Any, Protocol, TypeAlias

if sys.version_info >= (3, 12):
    from collections.abc import Buffer

    ReadableBuffer: TypeAlias = Buffer
else:
    from typing_extensions import Buffer

    # Python 3.11 has no type for the buffer protocol, and NumPy's stubs do not tell it there that
    # an array has it: what else arrays and their scalars have, tells them from other objects.
    class _Array(Protocol):
        @property
        def __array_interface__(self) -> dict[str, Any]: ...
        @property
        def data(self) -> memoryview: ...

    ReadableBuffer: TypeAlias = Buffer | _Array

# No type says that a buffer can be written to: that is found when the program runs.
WriteableBuffer: TypeAlias = ReadableBuffer
