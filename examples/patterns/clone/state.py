"""Clone: the state that the server and its clients share, and a change of it."""

from __future__ import annotations

import dataclasses
import json


@dataclasses.dataclass
class Change:
    client: str
    number: int  # of the client's changes
    key: str
    value: str
    seq: int = 0  # of all changes; the server sets it

    def dump(self) -> bytes:
        return json.dumps(dataclasses.asdict(self)).encode()

    @classmethod
    def load(cls, data: bytes) -> Change:
        return cls(**json.loads(data))


@dataclasses.dataclass
class State:
    values: dict[str, str] = dataclasses.field(default_factory=dict)
    #: The number of the last change of each client.
    applied: dict[str, int] = dataclasses.field(default_factory=dict)
    seq: int = 0

    def apply(self, change: Change) -> None:
        self.values[change.key] = change.value
        self.applied[change.client] = change.number
        self.seq = change.seq

    def dump(self) -> bytes:
        return json.dumps(dataclasses.asdict(self)).encode()

    @classmethod
    def load(cls, data: bytes) -> State:
        return cls(**json.loads(data))
