"""What came of a scenario's uploads, counted where it counts: table, topic, service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liveness.model import Outcome
from local.detectliveface.journal import Count
from tests.faults.sent import Sent, sha256

type Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """One upload, its row ({} where it has none), what was announced, and the calls paid for."""

    sent: Sent
    row: Facts
    told: Sequence[Facts]
    billed: int

    @property
    def is_lost(self) -> bool:
        """Nobody was told, or the table does not say so."""
        return not self.told or "announced_at" not in self.row

    @property
    def is_wrong(self) -> bool:
        """Somebody was told another verdict, or the table holds one. No verdict is not wrong."""
        said = {facts["outcome"] for facts in (*self.told, self.row) if "outcome" in facts}
        return not said <= {self.sent.name.expected, Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class Tally:
    """The line of a scenario in the report."""

    scenario: str
    endings: Sequence[Ending]
    seconds: float
    note: str = ""

    @property
    def rows(self) -> int:
        return sum(bool(ending.row) for ending in self.endings)

    @property
    def ids(self) -> int:
        return len({facts["id"] for ending in self.endings for facts in ending.told})

    @property
    def given_up(self) -> int:
        """Uploads that were announced as failed, whatever became of them since."""
        return sum(
            any(facts["outcome"] == Outcome.FAILED for facts in ending.told)
            for ending in self.endings
        )

    @property
    def announcements(self) -> int:
        return sum(len(ending.told) for ending in self.endings)

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(ending.row.get("outcome", "none") for ending in self.endings)

    @property
    def wrong(self) -> int:
        return sum(ending.is_wrong for ending in self.endings)

    @property
    def billed(self) -> int:
        return sum(ending.billed for ending in self.endings)

    @property
    def billed_twice(self) -> int:
        return sum(ending.billed > 1 for ending in self.endings)

    @property
    def lost(self) -> int:
        return sum(ending.is_lost for ending in self.endings)

    def cells(self) -> list[str]:
        """In the order of the report's columns."""
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        counts = (len(self.endings), self.rows, self.ids, self.announcements)
        costs = (self.wrong, self.billed, self.billed_twice, self.lost)
        return [
            self.scenario,
            *(f"{count:,}" for count in counts),
            outcomes,
            f"{self.given_up:,}",
            *(f"{count:,}" for count in costs),
            f"{self.seconds:.0f}",
            self.note,
        ]


COLUMNS = (
    *("scenario", "uploads", "rows", "distinct ids", "announcements", "outcomes", "given up"),
    *("wrong", "billed", "billed twice", "lost", "seconds", "note"),
)


@dataclass(slots=True)
class Report:
    """The table of all scenarios."""

    tallies: list[Tally] = field(default_factory=list)

    def text(self) -> str:
        """Markdown that is as readable in a terminal."""
        lines = [list(COLUMNS), *(tally.cells() for tally in self.tallies)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
        head, *rows = [_line(line, widths) for line in lines]
        rule = _line(["-" * width for width in widths], widths)
        return "\n".join((head, rule, *rows)) + "\n"

    def write(self, path: Path) -> None:
        """Keep it for later."""
        path.write_text(f"# Fault suite\n\n{self.text()}", encoding="utf-8")


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "| " + " | ".join(map(str.ljust, cells, widths)) + " |"


def billed(sent: Sent, pictures: Mapping[str, Count]) -> int:
    """Successful calls for one upload, by its address or by its bytes."""
    counted = (pictures.get(f"/{sent.path}"), pictures.get(f"sha256:{sha256(sent.content)}"))
    return sum(count.billed for count in counted if count)
