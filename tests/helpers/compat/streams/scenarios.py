"""All scenarios, by name. Errors are named by their class, because texts may differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from helpers.compat.streams.bench import Bench, Seen
from helpers.compat.streams.life import (
    asynchronous_sockets,
    attributes,
    closed_from_outside,
    closed_loops,
    closing,
    loops,
)
from helpers.compat.streams.receiving import (
    callback_errors,
    coroutines,
    flush_without_callback,
    flushes,
    frames,
    inside_callbacks,
    receives,
    several,
)
from helpers.compat.streams.sending import (
    behind_wrong_messages,
    flushed_wrong_messages,
    json_arguments,
    kinds,
    request_reply,
    send_callbacks,
    send_errors,
    send_waits,
    sends,
    sockets_that_cannot_send,
    wrong_callbacks,
    wrong_messages,
)

SCENARIOS: dict[str, Callable[[Bench], Awaitable[Seen] | Seen]] = {
    scenario.__name__: scenario
    for scenario in (
        sends, kinds, json_arguments, send_callbacks, send_waits, request_reply, send_errors,
        wrong_messages, behind_wrong_messages, flushed_wrong_messages, sockets_that_cannot_send,
        wrong_callbacks, receives, frames, callback_errors, coroutines, flushes,
        flush_without_callback, inside_callbacks, several, closing, closed_from_outside,
        attributes, asynchronous_sockets, loops, closed_loops,
    )
}  # fmt: skip
