"""What a verification of the trace comes back with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Progress = Callable[[int, int], None]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, as the key of a text, and the event that shows it. `seal`: the number of the seal concerned.

    `table` and `row`: what does not hold what the event says, by its id.
    """

    what: str
    stream: str = ""
    seq: int = 0
    action: str = ""
    seal: int = 0
    table: str = ""
    row: str = ""

    @property
    def params(self) -> dict[str, Any]:
        """What fills the placeholders of the text."""
        return {
            "stream": self.stream, "seq": self.seq, "action": self.action, "seal": self.seal, "table": self.table,
            "row": self.row,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and what was found. `problems` holds the first ones only, in the order of the check.

    `sealed_at`: the time that the last seal states under its signature; None where there is no such seal.
    """

    events: int
    streams: int
    seals: int
    unsealed: int
    sealed_at: datetime | None
    problems: tuple[Problem, ...]

    @property
    def problem(self) -> Problem | None:
        return self.problems[0] if self.problems else None

    @property
    def is_intact(self) -> bool:
        return not self.problems
