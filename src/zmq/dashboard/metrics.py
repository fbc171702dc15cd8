"""Counters in the formats of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from zmq.dashboard.readings import Reading
from zmq.dashboard.source import STATES


class _DeviceCollector(Collector):
    def __init__(self, reading: Reading, state: str) -> None:
        self._reading = reading
        self._state = state

    def collect(self) -> Iterable[Metric]:
        reading, state = self._reading, self._state
        yield _by_direction(
            "ohmq_device_messages",
            "Whole messages, by the side that received them.",
            (reading.messages_in, reading.messages_out),
        )
        yield _by_direction(
            "ohmq_device_bytes",
            "Bytes of all parts, by the side that received them.",
            (reading.bytes_in, reading.bytes_out),
        )
        if reading.blocked_in_s is not None and reading.blocked_out_s is not None:
            yield _by_direction(
                "ohmq_device_blocked_seconds",
                "Time during which messages of a side could not be forwarded.",
                (reading.blocked_in_s, reading.blocked_out_s),
            )
        if reading.dropped is not None:
            yield CounterMetricFamily(
                "ohmq_device_monitor_dropped",
                "Copies that the monitor dropped.",
                value=reading.dropped,
            )
        for name, text, value in (
            ("entries", "Messages that the cache holds.", reading.cache_entries),
            ("bytes", "Bytes of the messages that the cache holds.", reading.cache_bytes),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"ohmq_device_cache_{name}", text, value=value)
        if reading.cache_evicted is not None:
            yield CounterMetricFamily(
                "ohmq_device_cache_evicted",
                "Messages that had to go from the cache.",
                value=reading.cache_evicted,
            )
        peers = GaugeMetricFamily("ohmq_device_peers", "Peers connected now.", labels=["side"])
        for side, count in (("in", reading.peers_in), ("out", reading.peers_out)):
            if count is not None:
                peers.add_metric([side], count)
        if peers.samples:
            yield peers
        yield StateSetMetricFamily(
            "ohmq_device_state", "State of the device.", {each: each == state for each in STATES}
        )


def _by_direction(name: str, help_text: str, values: tuple[float, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_text, labels=["side"])
    for side, value in zip(("in", "out"), values, strict=True):
        family.add_metric([side], value)
    return family


def render(reading: Reading, state: str, accept: str) -> tuple[bytes, str]:
    """Format the counters of a source.

    Parameters
    ----------
    reading
        The counters.
    state
        One of `STATES`.
    accept
        The Accept header, which chooses the format.

    Returns
    -------
    tuple of bytes and str
        The metrics, and their content type.
    """
    # A registry of its own: the program may have metrics too.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_DeviceCollector(reading, state))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type
