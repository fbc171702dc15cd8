"""awaited_types.py [--check]: write the stubs of the sockets whose calls are awaited.

A type checker has no type for "whatever this call returns, of this": so what the calls of
zmq.asyncio and zmq.anyio return is written down twice, from one source. With --check nothing is
written: exit status 1 says that a stub is not what the source makes of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "awaited_types.pyi.in"
STUBS = ROOT / "src" / "zmq" / "loops"

FUTURES = {
    "give": "return futures",
    "imports": """\
from asyncio import Future
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Literal, Self, TypeAlias, TypeVar, overload""",
    "bases": """\
from zmq.core.buffers import ReadableBuffer, WriteableBuffer
from zmq.core.codecs import Codec
from zmq.core.connections import Peer
from zmq.core.event_stream import AwaitedEventStream
from zmq.core.frame import Frame
from zmq.core.polling import QueuedPoller
from zmq.core.queued import AwaitableSocket""",
    "answer": "Future[_R]",
    "module": "zmq.asyncio",
    "socket": "FutureCalls(AwaitableSocket)",
    "poller": "FuturePoller(QueuedPoller)",
}
COROUTINES = {
    "give": "are coroutines",
    "imports": """\
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Literal, Self, TypeAlias, TypeVar, overload""",
    "bases": """\
from zmq.core.buffers import ReadableBuffer, WriteableBuffer
from zmq.core.codecs import Codec
from zmq.core.connections import Peer
from zmq.core.coroutines import CoroutinePoller as _CoroutinePoller
from zmq.core.coroutines import CoroutineSocket as _CoroutineSocket
from zmq.core.event_stream import AwaitedEventStream
from zmq.core.frame import Frame""",
    "answer": "Coroutine[Any, Any, _R]",
    "module": "zmq.anyio",
    "socket": "CoroutineSocket(_CoroutineSocket)",
    "poller": "CoroutinePoller(_CoroutinePoller)",
}


def main() -> int:
    """Write the stubs, or compare them."""
    source = Template(SOURCE.read_text(encoding="utf-8"))
    old = []
    for name, words in (("future_types.pyi", FUTURES), ("coroutine_types.pyi", COROUTINES)):
        path, text = STUBS / name, source.substitute(words)
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            old.append(str(path.relative_to(ROOT)))
    for name in old:
        print(f"{name} is out of date: call tools/awaited_types.py, and change its source only")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
