"""A table in which the picture of UPLOAD was used before, and whose queries may fail."""

from __future__ import annotations

from dataclasses import dataclass

from liveness.digests import picture_digest
from liveness.errors import AwsServiceError, LivenessError
from liveness.models import Detection, Lease, Outcome, PictureUse, ReusePolicy, Upload, Verdict
from tests.unit.fakes import FixedDigestKey, VerdictsInMemory
from tests.unit.image_heads import png
from tests.unit.use_case import DECIDED_AT, UseCase

KEY = FixedDigestKey().current()
DIGEST = picture_digest(KEY, png(), len(png()))


@dataclass
class UnindexedVerdicts(VerdictsInMemory):
    """A table whose next queries fail; counts them."""

    failures: int = 0
    code: str = "InternalServerError"
    queries: int = 0

    def uses_of(self, picture_digest: str) -> list[PictureUse]:
        self.queries += 1
        if self.failures:
            self.failures -= 1
            raise AwsServiceError("dynamodb", self.code)
        return super().uses_of(picture_digest)


def used_before(
    table: VerdictsInMemory,
    outcome: Outcome = Outcome.LIVE,
    *,
    subject: str | None = "bob",
    digest: str = DIGEST,
) -> None:
    """Store an earlier verdict on the picture of UPLOAD."""
    upload = Upload("selfies", "bob/1.png", "v0", DECIDED_AT)
    lease = table.acquire_lease(upload, duration=DECIDED_AT - DECIDED_AT)
    assert isinstance(lease, Lease)
    verdict = Verdict(upload, outcome, DECIDED_AT, subject=subject, picture_digest=digest)
    table.save(lease, verdict)


def guarded(
    *results: Detection | LivenessError,
    policy: ReusePolicy = ReusePolicy.REPORT,
    failures: int = 0,
    content: bytes | None = None,
) -> tuple[UseCase, UnindexedVerdicts]:
    """A use case whose picture was used by bob."""
    table = UnindexedVerdicts()
    used_before(table)
    table.failures = failures
    return UseCase(*results, verdicts=table, reuse_policy=policy, content=content), table
