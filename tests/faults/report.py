"""What became of a scenario's uploads: counted in the table, at the subscriber, at the service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liveness.models import Outcome
from local.detectliveface.request_log import CallCounts
from tests.faults.uploads import SentUpload, sha256

type Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ObservedUpload:
    """An upload, its row ({} where there is none), its notifications, and the calls billed."""

    sent: SentUpload
    row: Record
    notifications: Sequence[Record]
    billed: int

    @property
    def is_lost(self) -> bool:
        """Nothing was published, or the table does not say so."""
        return not self.notifications or "published_at" not in self.row

    @property
    def is_wrong(self) -> bool:
        """A notification or the row has another verdict than expected; `failed` is not wrong."""
        outcomes = {
            record["outcome"] for record in (*self.notifications, self.row) if "outcome" in record
        }
        return not outcomes <= {self.sent.planned.expected, Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The line of a scenario in the report."""

    scenario: str
    uploads: Sequence[ObservedUpload]
    seconds: float
    note: str = ""

    @property
    def rows(self) -> int:
        return sum(bool(upload.row) for upload in self.uploads)

    @property
    def ids(self) -> int:
        return len({record["id"] for upload in self.uploads for record in upload.notifications})

    @property
    def failed(self) -> int:
        """Uploads that were published as failed, whatever became of them since."""
        return sum(
            any(record["outcome"] == Outcome.FAILED for record in upload.notifications)
            for upload in self.uploads
        )

    @property
    def notifications(self) -> int:
        return sum(len(upload.notifications) for upload in self.uploads)

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(upload.row.get("outcome", "none") for upload in self.uploads)

    @property
    def wrong(self) -> int:
        return sum(upload.is_wrong for upload in self.uploads)

    @property
    def billed(self) -> int:
        return sum(upload.billed for upload in self.uploads)

    @property
    def billed_twice(self) -> int:
        return sum(upload.billed > 1 for upload in self.uploads)

    @property
    def lost(self) -> int:
        return sum(upload.is_lost for upload in self.uploads)

    def cells(self) -> list[str]:
        """In the order of the report's columns."""
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        counts = (len(self.uploads), self.rows, self.ids, self.notifications)
        costs = (self.wrong, self.billed, self.billed_twice, self.lost)
        return [
            self.scenario,
            *(f"{count:,}" for count in counts),
            outcomes,
            f"{self.failed:,}",
            *(f"{count:,}" for count in costs),
            f"{self.seconds:.0f}",
            self.note,
        ]


COLUMNS = (
    *("scenario", "uploads", "rows", "distinct ids", "notifications", "outcomes", "failed"),
    *("wrong", "billed", "billed twice", "lost", "seconds", "note"),
)


@dataclass(slots=True)
class Report:
    """The table of all scenarios."""

    results: list[ScenarioResult] = field(default_factory=list)

    def text(self) -> str:
        """Markdown that is readable in a terminal too."""
        lines = [list(COLUMNS), *(result.cells() for result in self.results)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
        head, *rows = [_line(line, widths) for line in lines]
        rule = _line(["-" * width for width in widths], widths)
        return "\n".join((head, rule, *rows)) + "\n"

    def write(self, path: Path) -> None:
        """Write the table to a file."""
        path.write_text(f"# Fault suite\n\n{self.text()}", encoding="utf-8")


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "| " + " | ".join(map(str.ljust, cells, widths)) + " |"


def billed_calls(sent: SentUpload, counts: Mapping[str, CallCounts]) -> int:
    """Successful calls for one upload, by its URL or by its bytes."""
    found = (counts.get(f"/{sent.path}"), counts.get(f"sha256:{sha256(sent.content)}"))
    return sum(count.billed for count in found if count)
