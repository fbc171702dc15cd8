"""The state of the process's sockets, as text for a human."""

from __future__ import annotations

from zmq._native import contexts_open, summaries_by_context

__all__ = ["dump"]


def dump() -> str:
    """Return all contexts and sockets of this process as text.

    One line a context and one a socket, with its type, endpoints and traffic, and where it was
    opened in development mode (``python -X dev``). Never blocks; any thread may call it.
    """
    sockets = summaries_by_context()
    contexts = contexts_open()
    lines = []
    for address in contexts:
        mine = sockets.pop(address, [])
        lines.append(f"context at {address:#x}: {len(mine)} open sockets")
        lines.extend(f"  {line}" for line in mine)
    for address, foreign in sockets.items():
        where = f"context at {address:#x}, not of this library" if address else "foreign context"
        lines.append(f"{where}: {len(foreign)} open sockets")
        lines.extend(f"  {line}" for line in foreign)
    return "\n".join(lines) if lines else "no open contexts or sockets"
