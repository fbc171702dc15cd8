"""Messages as `ohmq watch` shows them, and the words of the supervisor's log."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

import zmq
from zmq.cli.bench.report import Result, json_text, percentile, table_lines
from zmq.cli.commands.bench import parse_size
from zmq.cli.commands.events import format_occurrence
from zmq.cli.commands.watch import Filter, Pace, Tally, format_line, show_part
from zmq.cli.sockets.occurrences import ConnectionHistory, Occurrence, describe
from zmq.cli.supervisor.logs import LogEvent, format_event
from zmq.cli.supervisor.plan import SupervisorConfig
from zmq.cli.supervisor.supervised import restart_delay_s
from zmq.cli.terminal.errors import UsageError
from zmq.core.monitor import parse_monitor_message
from zmq.diagnosis.reasons import unresolved

NOON = datetime(2026, 1, 31, 12, 0, 0, 5000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "form", "shown"),
    [
        (b"", "text", "''"),
        (b"hello", "text", "hello"),
        (b"hello", "hex", "x68656c6c6f"),
        (b"\x00\x01\x02\x03", "text", "x00010203"),
        (b"a line\n", "text", r"a line\n"),
        ("øøø".encode(), "text", "øøø"),
        (b"0123456789abcdefghij", "text", "0123456789abcde\N{HORIZONTAL ELLIPSIS}"),
        (b"\x00" * 20, "hex", "x" + "00" * 7 + "\N{HORIZONTAL ELLIPSIS}"),
        (b"x" * 10_000_000, "text", "x" * 15 + "\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_parts(part: bytes, form: str, shown: str) -> None:
    assert show_part(part, form, 16) == shown


def test_lines() -> None:
    parts = [b"in", b"\x00\xff", b"hello"]
    assert format_line(parts, "text", 40, NOON) == ("12:00:00.005  3p      9 B  in | x00ff | hello")
    assert json.loads(format_line(parts, "json", 1, NOON)) == {
        "time": "2026-01-31T12:00:00.005+00:00",
        "bytes": 9,
        "parts": ["in", {"hex": "00ff"}, "hello"],
    }


def test_filters() -> None:
    both = Filter((re.compile("a"), re.compile("b")), (re.compile("secret"),))
    assert both.admits([b"a", b"b"])
    assert both.admits([b"ab"])
    assert not both.admits([b"a"])
    assert not both.admits([b"ab", b"secret"])
    assert Filter(grep=(re.compile(r"\\xff"),)).admits([b"\xff"])


def test_rates() -> None:
    tally = Tally()
    for _ in range(30):
        tally.add([b"in", b"12345678"])
    for _ in range(10):
        tally.add([b"out", b"1234567"])
    assert tally.rates_line("0:00:02", 2.0) == "0:00:02 | 20 msg/s 200 B/s | in 15/s | out 5/s"
    assert tally.rates_line("0:00:03", 1.0) == "0:00:03 | 0 msg/s 0 B/s"
    tally.shown = 3
    assert tally.totals_line(4.0) == "total 40 messages, 3 shown  400 B  10 msg/s  4.0 s"


def test_first_parts_that_are_no_topics_are_not_shown_as_rates() -> None:
    tally = Tally()
    for number in range(2000):
        tally.add([str(number).encode()])
    assert len(tally.kinds) == 1000
    assert tally.rates_line("0:00:01", 1.0) == "0:00:01 | 2,000 msg/s 6.9 kB/s"


def test_a_pace() -> None:
    pace = Pace(2)
    assert [pace.admits(now) for now in (0.0, 0.1, 0.2, 0.9, 1.0, 1.1, 1.2)] == [
        *(True, True, False, False),
        *(True, True, False),
    ]
    assert pace.held_back == 3
    assert all(Pace(None).admits(0) for _ in range(10))


def event(number: int, value: int, endpoint: bytes = b"tcp://127.0.0.1:1") -> str:
    frame = number.to_bytes(2, "little") + value.to_bytes(4, "little", signed=True)
    what = describe(parse_monitor_message([frame, endpoint]))
    return format_occurrence(what, "text", NOON).removeprefix("12:00:00.005 ")


@pytest.mark.parametrize(
    ("number", "value", "words"),
    [
        (zmq.Event.CONNECTED, 7, "connected tcp://127.0.0.1:1 fd 7"),
        (zmq.Event.HANDSHAKE_SUCCEEDED, 0, "handshake_succeeded tcp://127.0.0.1:1"),
        (zmq.Event.CONNECT_RETRIED, 184, "again in 184 ms"),
        (zmq.Event.BIND_FAILED, 13, "Permission denied"),
        (zmq.Event.HANDSHAKE_FAILED_AUTH, 400, "authentication; status 400"),
        (zmq.Event.HANDSHAKE_FAILED_PROTOCOL, 0x11000002, "zmtp mechanism mismatch"),
        (zmq.Event.HANDSHAKE_FAILED_PROTOCOL, 0x12345678, "0x12345678"),
    ],
)
def test_connection_events(number: int, value: int, words: str) -> None:
    assert words in " ".join(event(number, value).split())


def test_connection_events_as_json() -> None:
    frame = b"\x04\x00" + (184).to_bytes(4, "little")
    line = format_occurrence(describe(parse_monitor_message([frame, b"tcp://x"])), "json", NOON)
    assert json.loads(line) == {
        "time": "2026-01-31T12:00:00.005+00:00",
        "event": "CONNECT_RETRIED",
        "endpoint": "tcp://x",
        "ms": 184,
        "text": "no program accepted; again in 184 ms",
    }


def test_log_lines() -> None:
    facts = {"pid": 7, "in": ["tcp://a", "tcp://b"], "error": 'it "failed"\n', "after_s": 0.5}
    entry = LogEvent("started", "orders", "info", facts, NOON)
    assert format_event(entry, "lines") == (
        "2026-01-31T12:00:00.005Z info orders started pid=7 in=tcp://a,tcp://b "
        'error="it \\"failed\\"\\n" after_s=0.5'
    )
    assert json.loads(format_event(entry, "json")) == {
        "time": "2026-01-31T12:00:00.005Z",
        "level": "info",
        "device": "orders",
        "event": "started",
        **facts,
    }


def test_back_off() -> None:
    config = SupervisorConfig(restart_s=0.5, restart_max_s=30)
    delays = [restart_delay_s(failures, config) for failures in (1, 2, 3, 6, 7, 8, 10**6)]
    assert delays == [0.5, 1.0, 2.0, 16.0, 30.0, 30.0, 30.0]


def test_percentiles() -> None:
    assert [percentile([1, 2, 3, 4], share) for share in (0, 0.25, 0.5, 0.99, 1)] == [1, 1, 2, 4, 4]
    assert percentile([7], 0.5) == 7


def test_the_table_of_a_benchmark() -> None:
    results = [
        Result("tcp", 32, 1234567.8, 39506169.6, 100, 1.0, 20.25, 30.0, 4000.4),
        Result("ipc", 1 << 16, round_trips=5, least_us=1, median_us=2, p99_us=3, longest_us=4),
    ]
    head, first, second = (line.split("  ") for line in table_lines(results))
    assert [cell.strip() for cell in head if cell][:3] == ["transport", "size", "messages/s"]
    assert [cell.strip() for cell in first if cell] == [
        *("tcp", "32 B", "1,234,568", "39.5 MB/s"),
        *("20.2", "30.0", "4,000", "100"),
    ]
    assert [cell.strip() for cell in second if cell.strip()] == [
        *("ipc", "64 KiB", "2.0", "3.0", "4", "5"),
    ]
    assert json.loads(json_text(results, "x"))["results"][1]["size"] == 65536


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("64K", 65536), ("256m", 1 << 28)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "1g", "257m", "k", "1.5k", "9" * 30])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="--size"):
        parse_size(text)


class TestConnectionHistory:
    """Events in a row: what is news, and what ended a handshake."""

    HERE = "tcp://127.0.0.1:1"

    def tell(
        self,
        *events: tuple[str, int],
        security: str = "",
        history: ConnectionHistory | None = None,
    ) -> list[Occurrence]:
        history = history or ConnectionHistory(security)
        return [
            history.add({"event": zmq.Event[name], "value": value, "endpoint": self.HERE.encode()})
            for name, value in events
        ]

    def test_attempts_are_no_news(self) -> None:
        told = self.tell(
            ("CONNECT_DELAYED", 115), ("CLOSED", 5), ("CONNECT_RETRIED", 100), ("CONNECTED", 5)
        )
        assert [each.news for each in told] == [False, False, False, True]

    def test_an_attempt_that_ends_as_before_is_none(self) -> None:
        again = [("CONNECTED", 5), ("HANDSHAKE_FAILED_AUTH", 400), ("DISCONNECTED", 5)]
        told = self.tell(*again, *again)
        assert [each.news for each in told] == [True] * 3 + [False] * 3
        assert all("types" not in each.text for each in told)

    def test_after_a_success_all_is_news(self) -> None:
        again = [("CONNECTED", 5), ("HANDSHAKE_SUCCEEDED", 0), ("DISCONNECTED", 5)]
        told = self.tell(*again, *again)
        assert all(each.news for each in told)
        assert all("types" not in each.text for each in told)

    def test_what_others_do_is_news(self) -> None:
        told = self.tell(("LISTENING", 4), *[("ACCEPTED", 5), ("DISCONNECTED", 5)] * 2)
        assert all(each.news for each in told)

    def test_an_end_without_a_handshake(self) -> None:
        told = self.tell(("ACCEPTED", 5), ("ACCEPTED", 6), ("DISCONNECTED", 6), ("DISCONNECTED", 5))
        assert ["types" in each.text for each in told] == [False, False, True, True]

    @pytest.mark.parametrize(
        ("security", "words"),
        [
            ("", "may ask for CURVE or PLAIN, and this side has no key"),
            ("client", "the server's key is another one"),
        ],
    )
    def test_an_end_without_a_reason_names_security(self, security: str, words: str) -> None:
        for ends in ([("DISCONNECTED", 5)], [("HANDSHAKE_FAILED_NO_DETAIL", 32)]):
            *_, last = self.tell(("CONNECTED", 5), *ends, security=security)
            assert "types of the two sockets do not match" in last.text
            assert words in last.text

    def test_the_likelier_cause_comes_first(self) -> None:
        """A client without a key: "no detail". Types that differ: libzmq reports no failure."""
        *_, ended = self.tell(("CONNECTED", 5), ("DISCONNECTED", 5))
        *_, failed = self.tell(("CONNECTED", 5), ("HANDSHAKE_FAILED_NO_DETAIL", 32))
        for text, first, second in (
            (ended.text, "types", "no key"),
            (failed.text, "no key", "types"),
        ):
            assert text.index(first) < text.index(second)

    def test_a_server_has_no_such_cause(self) -> None:
        *_, last = self.tell(("ACCEPTED", 5), ("DISCONNECTED", 5), security="server")
        assert last.text.endswith("the types of the two sockets do not match")

    def test_an_exact_reason_is_the_only_one(self) -> None:
        events = ("CONNECTED", 5), ("HANDSHAKE_FAILED_PROTOCOL", 0x11000002), ("DISCONNECTED", 5)
        _, failed, end = self.tell(*events)
        assert "one side asks for CURVE or PLAIN" in failed.text
        assert "types" not in failed.text + end.text

    def test_the_reason_of_attempts(self) -> None:
        history = ConnectionHistory()
        self.tell(("CONNECT_DELAYED", 115), ("CONNECT_RETRIED", 100), history=history)
        assert history.last_failure == f"{self.HERE}: no program accepted"
        events = ("CONNECTED", 5), ("HANDSHAKE_FAILED_AUTH", 400), ("CONNECT_RETRIED", 100)
        *_, retried = self.tell(*events, history=history)
        assert retried.text == "the handshake failed; again in 100 ms"
        assert history.last_failure.endswith("refused by the server's authentication; status 400")
        self.tell(("CONNECTED", 5), ("HANDSHAKE_SUCCEEDED", 0), history=history)
        assert history.last_failure == ""


@pytest.mark.parametrize(
    ("endpoint", "resolved"),
    [
        ("tcp://localhost:1", True),
        ("tcp://[::1]:1", True),
        ("ipc:///nowhere", True),
        ("tcp://no-such-host.invalid:1", False),
        ("tcp://127.0.0.1:0;no-such-host.invalid:1", False),
    ],
)
def test_names_that_cannot_be_resolved(endpoint: str, resolved: bool) -> None:
    assert (unresolved(endpoint) == "") is resolved
