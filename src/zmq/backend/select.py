"""How PyZMQ chose its backend; here there is one only."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

public_api: list[str] = [
    "Context",
    "Socket",
    "Frame",
    "Message",
    "proxy",
    "proxy_steerable",
    "zmq_poll",
    "strerror",
    "zmq_errno",
    "has",
    "curve_keypair",
    "curve_public",
    "zmq_version_info",
    "IPC_PATH_MAX_LEN",
    "PYZMQ_DRAFT_API",
]


def select_backend(name: str) -> dict[str, Any]:
    """Return the names of the backend module `name`, which is imported.

    Raises
    ------
    ImportError
        There is no such module.
    AttributeError
        It is no backend.
    """
    module = import_module(name)
    return {name: getattr(module, name) for name in (*public_api, "monitored_queue")}
