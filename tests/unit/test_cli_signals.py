"""Handlers of signals of the command, and a signal that comes while they are being set."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from zmq.cli.supervisor.mailbox import Mailbox
from zmq.cli.terminal.errors import EndedBySignal
from zmq.cli.terminal.signals import STOP_SIGNALS
from zmq.cli.terminal.stopper import Stopper, signals_raise


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let SIGINT come when the handler of SIGTERM has been set."""
    set_one = signal.signal

    def set_and_interrupt(number: int, handler: Any) -> Any:
        before = set_one(number, handler)
        if number == signal.SIGTERM:
            monkeypatch.setattr(signal, "signal", set_one)
            signal.raise_signal(signal.SIGINT)
        return before

    return lambda: monkeypatch.setattr(signal, "signal", set_and_interrupt)


def handlers() -> list[Any]:
    return [signal.getsignal(getattr(signal, name)) for name in STOP_SIGNALS]


def test_it_is_raised(interrupted: Callable[[], None]) -> None:
    before = handlers()
    interrupted()
    with pytest.raises(EndedBySignal), signals_raise():
        pytest.fail("the signal was lost")
    assert handlers() == before


def test_a_second_one_ends_a_wait_at_once(interrupted: Callable[[], None]) -> None:
    """The first makes the second one deadly, whichever it is."""
    before = handlers()
    interrupted()
    with Stopper() as stopper:
        assert stopper.received == signal.SIGINT
        assert stopper.wait(0)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert handlers() == before


def test_a_second_one_ends_a_supervisor_at_once(interrupted: Callable[[], None]) -> None:
    before = handlers()
    interrupted()
    with Mailbox() as mailbox:
        assert mailbox.wait(0) == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert handlers() == before
