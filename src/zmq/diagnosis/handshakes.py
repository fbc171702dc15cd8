"""The handshakes of the probe, one for each mechanism, as far as they harm nothing."""

from __future__ import annotations

from collections.abc import Callable

from zmq._reasons.naming import PARTNERS
from zmq.diagnosis import mending
from zmq.diagnosis.curve import How, Trial, try_curve
from zmq.diagnosis.findings import Report
from zmq.diagnosis.side import Side
from zmq.diagnosis.wire import EndedError, SilentError, Wire
from zmq.diagnosis.zmtp import (
    Command,
    as_text,
    build_command,
    build_metadata,
    build_plain_hello,
    error_reason,
    fits,
    parse_metadata,
)

#: Types to which no other type sends a message of its own accord.
HARMLESS = ("REQ", "SUB", "PUSH", "PUB")
#: Types that would have to complete a handshake with a HARMLESS one of the same partners.
_STAND_INS = {"XSUB": "SUB", "XPUB": "PUB", "DEALER": "REQ"}
# Types of the other side that none of them fits.
_UNTRIED = ("PUSH", "DEALER", "REQ", "PAIR")
# A client speaks first, at once; only where nothing has to be said to it, silence is waited for.
_FIRST_WORD_S = 0.5
# Bytes that are shown of what the other side says; a routing id has no more.
_NAME_LIMIT, _ID_LIMIT = 40, 255


class Handshakes:
    """The rest of an examination, once the other side has named its mechanism.

    Parameters
    ----------
    report
        Where steps and findings go.
    mine
        The side of this program.
    timeout_s
        Longest wait for one answer, in s.
    reconnect
        Makes another connection, after the greetings with a mechanism.
    """

    def __init__(
        self, report: Report, mine: Side, timeout_s: float, reconnect: Callable[[str], Wire]
    ) -> None:
        self._report = report
        self._mine = mine
        self._timeout_s = timeout_s
        self._reconnect = reconnect

    def run(self, wire: Wire, mechanism: str) -> None:
        """Do the handshake as far as it harms nothing; the wire is at the end of the greetings."""
        known = {"NULL": self._null, "PLAIN": self._plain, "CURVE": self._curve}
        wire.answer(mechanism)
        if mechanism in known:
            known[mechanism](wire)
        else:
            self._report.say(f"a handshake with {mechanism} is not tried", ok=None)

    # ---- NULL ----

    def _null(self, wire: Wire) -> None:
        report = self._report
        try:
            command = wire.command()
        except EndedError:
            report.add(mending.ended_after_greeting(report.endpoint))
        except SilentError:
            report.add(mending.authentication_mute(report.endpoint))
        else:
            if command.name == "READY":
                self._ready(command.data)
            elif command.name == "ERROR":
                self._refused(error_reason(command.data), "NULL")
            else:
                self._strange(command)

    def _ready(self, data: bytes) -> None:
        found = parse_metadata(data)
        self._report.peer_type = as_text(found.get("socket-type", b"")[:_NAME_LIMIT])
        if found.get("identity"):
            self._report.say(f"its routing id is {found['identity'][:_ID_LIMIT]!r}", ok=None)

    def _refused(self, reason: str, mechanism: str) -> None:
        self._report.add(mending.refused_by_zap(self._report.endpoint, reason, mechanism))

    def _strange(self, command: Command) -> None:
        self._report.add(mending.strange(self._report.endpoint, command.name))

    # ---- PLAIN ----

    def _plain(self, wire: Wire) -> None:
        report, mine = self._report, self._mine
        if mine.mechanism != "PLAIN" or mine.as_server:
            self._who_speaks_first(wire)
            return
        if not mine.username and not mine.password:
            report.add(mending.no_credentials(report.endpoint))
            return
        trial = self._plain_welcome(wire)
        if trial is not None:
            self._plain_failed(trial)
            return
        report.say("the name and the password are accepted")
        wires: list[Wire] = [wire]

        def attempt(type_name: str) -> Trial:
            with wires.pop() if wires else self._reconnect("PLAIN") as each:
                if each is not wire and (failed := self._plain_welcome(each)) is not None:
                    return failed
                return _exchange(each, "INITIATE", build_metadata({"Socket-Type": type_name}))

        self._find_type(attempt, authenticated=True)

    def _plain_welcome(self, wire: Wire) -> Trial | None:
        """Give the name and the password; None where they are accepted."""
        try:
            wire.send(build_plain_hello(self._mine.username, self._mine.password))
            command = wire.command()
        except EndedError:
            return Trial(How.CLOSED)
        except SilentError:
            return Trial(How.SILENT)
        if command.name == "ERROR":
            return Trial(How.REFUSED, error_reason(command.data))
        if command.name == "HELLO":
            return Trial(How.IS_CLIENT)
        return None if command.name == "WELCOME" else Trial(How.STRANGE, command.name)

    def _plain_failed(self, trial: Trial) -> None:
        where = self._report.endpoint
        if trial.how is How.REFUSED:
            self._refused(trial.reason, "PLAIN")
        elif trial.how is How.IS_CLIENT:
            self._report.add(mending.both_clients(where, "PLAIN"))
        elif trial.how is How.SILENT:
            self._report.add(mending.authentication_mute(where))
        elif trial.how is How.CLOSED:
            self._report.add(mending.no_handler(where))
        else:
            self._report.add(mending.strange(where, trial.reason))

    def _who_speaks_first(self, wire: Wire) -> None:
        """Find out whether the other side is a client, which speaks first."""
        report, mine = self._report, self._mine
        try:
            is_client = wire.command(min(_FIRST_WORD_S, self._timeout_s)).name == "HELLO"
        except EndedError:
            if not report.findings:
                report.add(mending.gone(report.endpoint))
            return
        except SilentError:
            is_client = False
        if is_client:
            report.say("it is a client of the mechanism, and waits for a server", ok=None)
        elif mine.as_server:
            report.add(mending.both_servers(report.endpoint, mine.mechanism))
        else:
            report.say("it is a server of the mechanism", ok=None)

    # ---- CURVE ----

    def _curve(self, wire: Wire) -> None:
        equip = self._mine.equip
        if self._mine.mechanism != "CURVE" or self._mine.as_server or equip is None:
            self._who_speaks_first(wire)
            return
        wires = [wire]
        welcomed = False

        def attempt(type_name: str) -> Trial:
            nonlocal welcomed
            with wires.pop() if wires else self._reconnect("CURVE") as each:
                trial = try_curve(each, equip, type_name, self._timeout_s)
            if trial.how in (How.ACCEPTED, How.REFUSED, How.CLOSED, How.SILENT) and not welcomed:
                welcomed = True
                self._report.say("the server's key is right")
            return trial

        self._find_type(attempt, authenticated=False)

    # ---- types that get no message ----

    def _find_type(self, attempt: Callable[[str], Trial], *, authenticated: bool) -> None:
        """Announce one harmless type after the other, until one is not refused for its type."""
        mine = self._mine.type_name
        first = _STAND_INS.get(mine, mine)
        for name in sorted(HARMLESS, key=lambda each: each != first):
            trial = attempt(name)
            if trial.how is not How.CLOSED:
                self._tried(trial, name)
                return
        self._none_fitted(authenticated)

    def _tried(self, trial: Trial, name: str) -> None:
        report, where = self._report, self._report.endpoint
        if trial.how is How.ACCEPTED:
            report.say("its authentication lets this side in")
            if trial.ready:
                self._ready(trial.ready)
            else:
                self._one_of(PARTNERS[name])
        elif trial.how is How.REFUSED:
            self._refused(trial.reason, self._mine.mechanism)
            self._one_of(PARTNERS[name])
        elif trial.how is How.SILENT:
            report.add(mending.authentication_mute(where))
        elif trial.how is How.WRONG_KEY:
            report.add(mending.wrong_server_key(where))
        elif trial.how is How.NO_PAIR:
            report.add(mending.no_pair(where))
        elif trial.how is How.MUTE:
            report.add(mending.silent(where, self._timeout_s))
        elif trial.how is How.IS_CLIENT:
            report.add(mending.both_clients(where, self._mine.mechanism))
        else:
            report.add(mending.strange(where, trial.reason))

    def _one_of(self, family: tuple[str, ...]) -> None:
        """Compare types where no more is known than that the other one is one of these."""
        report, mine = self._report, self._mine.type_name
        if len(family) == 1:
            report.peer_type = family[0]
        elif not any(fits(mine, each) for each in family):
            report.add(mending.types(report.endpoint, mine, " or ".join(family)))
        else:
            report.say(f"it is a {' or '.join(family)}" + (f", as a {mine} needs" if mine else ""))

    def _none_fitted(self, authenticated: bool) -> None:
        report, mine = self._report, self._mine.type_name
        others = ", ".join(_UNTRIED[:-1]) + f" or {_UNTRIED[-1]}"
        if any(fits(mine, each) for each in _UNTRIED):
            report.say(
                f"it is a {others}, or of a type unknown here: a probe that connects would get "
                "its messages, so "
                + ("this is" if authenticated else "this, and whether it lets this key in, are")
                + " not tried",
                ok=None,
            )
        elif authenticated:
            report.add(mending.types(report.endpoint, mine, others))
        else:
            report.add(mending.types_or_zap(report.endpoint, mine, others))


def _exchange(wire: Wire, name: str, data: bytes) -> Trial:
    """Send the last command of a client; the answer."""
    try:
        wire.send(build_command(name, data))
        command = wire.command()
    except EndedError:
        return Trial(How.CLOSED)
    except SilentError:
        return Trial(How.SILENT)
    if command.name == "READY":
        return Trial(How.ACCEPTED, ready=command.data)
    if command.name == "ERROR":
        return Trial(How.REFUSED, error_reason(command.data))
    return Trial(How.STRANGE, command.name)
