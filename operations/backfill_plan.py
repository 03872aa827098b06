"""The plan of a backfill: how many versions it sends, what that costs, and how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched

from liveness.models import Outcome
from operations.console import Row
from operations.object_versions import Candidate, ObjectVersion, Omitted
from operations.prices import BACKFILL_AWS_USD, DETECTION_CNY
from operations.verdicts_table import BATCH_SIZE, VerdictsTable

_KILO = 1000


@dataclass(slots=True)
class Plan:
    """How many versions were found, and what each of them is; `bytes` are those to judge."""

    decided: int = 0
    failed: int = 0
    to_judge: int = 0
    bytes: int = 0
    omitted: Counter[Omitted] = field(default_factory=Counter)

    @property
    def found(self) -> int:
        return self.decided + self.failed + self.to_judge + self.omitted.total()

    def rows(self, rate: int) -> Sequence[Row]:
        """As a table: what, and how much; `rate` is in versions per second."""
        seconds = timedelta(seconds=-(-self.to_judge // rate))
        return [
            ("versions found", f"{self.found:,}"),
            ("already decided", f"{self.decided:,}"),
            ("failed, which `make replay` sends again", f"{self.failed:,}"),
            *((why.value, f"{self.omitted[why]:,}") for why in Omitted if self.omitted[why]),
            ("to judge", f"{self.to_judge:,}"),
            ("their size", _size(self.bytes)),
            ("DetectLiveFace, at most", f"CNY {self.to_judge * DETECTION_CNY:,.2f}"),
            ("AWS, about", f"USD {self.to_judge * BACKFILL_AWS_USD:,.2f}"),
            (f"time, at {rate} a second", str(seconds)),
        ]


def plan_backfill(candidates: Iterable[Candidate], table: VerdictsTable) -> Plan:
    """Count candidates by what the table says of them."""
    plan = Plan()
    for candidate, outcome in with_outcomes(candidates, table):
        if not isinstance(candidate, ObjectVersion):
            plan.omitted[candidate] += 1
        elif outcome is Outcome.FAILED:
            plan.failed += 1
        elif outcome:
            plan.decided += 1
        else:
            plan.to_judge += 1
            plan.bytes += candidate.size
    return plan


def with_outcomes(
    candidates: Iterable[Candidate], table: VerdictsTable
) -> Iterator[tuple[Candidate, Outcome | None]]:
    """Yield each candidate with the outcome of its row; None while there is none."""
    for batch in batched(candidates, BATCH_SIZE, strict=False):
        versions = (each.row_key for each in batch if isinstance(each, ObjectVersion))
        outcomes = table.outcomes(versions)
        for each in batch:
            yield each, outcomes.get(each.row_key) if isinstance(each, ObjectVersion) else None


def _size(number: float) -> str:
    """`999 B`, `1.2 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < _KILO:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= _KILO
    return f"{number:.1f} TB"
