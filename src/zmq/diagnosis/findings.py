"""What a diagnosis says: findings, steps, and the two together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Diagnosis", "Finding", "Step"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps two sockets apart, or messages from arriving.

    Attributes
    ----------
    kind : str
        One word for programs: "refused", "types", "credentials", ... They are listed in the guide
        "Two programs do not come together".
    what : str
        What was seen.
    why : str
        What that means, or what causes it; may be empty.
    mend : str
        The one line that mends it: a line of the program, or what to do.
    endpoint : str
        The endpoint that it is about; empty where it is about the socket.
    """

    kind: str
    what: str
    why: str
    mend: str
    endpoint: str = ""

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        return f"{self.what}{why}. To mend it: {self.mend}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at.

    Attributes
    ----------
    ok : bool or None
        Whether it is well; None for a remark.
    text : str
        What came out.
    endpoint : str
        The endpoint that it is about; empty where it is about the socket.
    finding : Finding or None
        Where it is not well: what is wrong.
    """

    ok: bool | None
    text: str
    endpoint: str = ""
    finding: Finding | None = None

    def lines(self, marks: dict[bool | None, str]) -> list[str]:
        """It as lines, the first with a mark, then the reason and the way out."""
        mark = marks[self.ok]
        found = [f"{mark} {self.text}"]
        if self.finding is not None:
            margin = " " * (len(mark) + 1)
            found += [f"{margin}why:  {self.finding.why}"] if self.finding.why else []
            found += [f"{margin}mend: {self.finding.mend}"]
        return found


#: Marks in front of steps, where the output can show them, and where it cannot.
MARKS: dict[bool | None, str] = {True: "✓", False: "✗", None: "·"}
ASCII_MARKS: dict[bool | None, str] = {True: "ok  ", False: "FAIL", None: "    "}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of `zmq.doctor`. True where nothing is wrong; as text it is for people.

    Attributes
    ----------
    subject : str
        What was examined: the socket, or an endpoint.
    findings : tuple of Finding
        All that is wrong; empty where nothing is.
    steps : tuple of Step
        All that was looked at, in order, with what came out.
    peer_types : dict
        By endpoint, the type of the socket there, "REP" for example; where it is known.
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()
    peer_types: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        lines = [self.subject]
        endpoint = ""
        for step in self.steps:
            if step.endpoint != endpoint:
                endpoint = step.endpoint
                lines.append(f"  {endpoint}")
            margin = "    " if endpoint else "  "
            lines += [margin + line for line in step.lines(MARKS)]
        if not self.findings:
            lines.append("  nothing is wrong")
        return "\n".join(lines)


@dataclass(slots=True)
class Report:
    """What an examination has found so far; `listener` is told of each step at once."""

    endpoint: str
    listener: Callable[[Step], None] | None = None
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    peer_type: str = ""

    def say(self, text: str, ok: bool | None = True, finding: Finding | None = None) -> None:
        """Add a step."""
        step = Step(ok, text, self.endpoint, finding)
        self.steps.append(step)
        if self.listener is not None:
            self.listener(step)

    def add(self, finding: Finding) -> None:
        """Add what is wrong, with a step that says so."""
        self.findings.append(finding)
        self.say(finding.what, ok=False, finding=finding)
