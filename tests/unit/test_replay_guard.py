"""The use case finds out whether a picture was used before, and loses no billed verdict by it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier

import pytest

from liveness.deferred_verdict import from_message, to_message
from liveness.digests import picture_digest
from liveness.errors import (
    AwsServiceError,
    ImageRejectedByServiceError,
    ImageRejectedError,
    LivenessError,
)
from liveness.models import (
    Deadline,
    DeferredVerdict,
    Detection,
    Disposition,
    ErrorResponse,
    Lease,
    Outcome,
    PictureUse,
    Reuse,
    ReusePolicy,
    Upload,
    Verdict,
)
from liveness.trace import Span, UploadTrace
from tests.unit.fakes import FixedDigestKey, VerdictsInMemory
from tests.unit.image_heads import GIF, png
from tests.unit.use_case import (
    DECIDED_AT,
    FINAL,
    FIRST,
    LIVE,
    SPOOF,
    UNREACHABLE,
    UPLOAD,
    UseCase,
)

SHORT = Deadline(at=0.4, clock=lambda: 0.0)
SECRETS_DOWN = AwsServiceError("secretsmanager", "InternalServiceError")
KEY = FixedDigestKey().current()
DIGEST = picture_digest(KEY, png(), len(png()))
NO_FACE = ImageRejectedByServiceError("no_face", "Show it.", ErrorResponse("NoFaceInPhoto", "no"))


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


def test_the_row_has_the_digest_of_the_first_bytes_and_the_message_has_not() -> None:
    use_case = UseCase(LIVE)

    use_case.process()

    assert use_case.row["picture_digest"] == DIGEST
    assert "picture_digest" not in use_case.published
    assert DIGEST not in use_case.published.values()
    assert "reuse" not in use_case.published


def test_the_digest_is_of_the_first_64_kib_and_the_size() -> None:
    content = png() + bytes(100_000)
    use_case = UseCase(LIVE, content=content)

    use_case.process()

    expected = picture_digest(KEY, content[: 64 * 1024], len(content))
    assert use_case.row["picture_digest"] == expected


@pytest.mark.parametrize("result", [LIVE, SPOOF, NO_FACE], ids=["live", "not_live", "retake"])
def test_a_picture_that_another_subject_used_is_reported(
    result: Detection | ImageRejectedByServiceError,
) -> None:
    use_case, _ = guarded(result)

    use_case.process()

    assert use_case.row["reuse"] == use_case.published["reuse"] == "other_subject"
    assert use_case.published["outcome"] != "failed"


def test_a_picture_that_was_not_live_before_is_reported() -> None:
    table = VerdictsInMemory()
    used_before(table, Outcome.NOT_LIVE, subject="ann")
    use_case = UseCase(SPOOF, verdicts=table)

    use_case.process()

    assert use_case.published["reuse"] == "after_not_live"


def test_another_picture_and_a_digest_by_another_key_are_no_reuse() -> None:
    table = VerdictsInMemory()
    used_before(table, digest=picture_digest(b"another stack's", png(), len(png())))
    use_case = UseCase(LIVE, verdicts=table)

    use_case.process()

    assert "reuse" not in use_case.row


def test_a_redrive_of_the_same_upload_is_no_reuse() -> None:
    use_case = UseCase(UNREACHABLE, SPOOF)
    use_case.process(FINAL)

    use_case.process()

    assert use_case.row["outcome"] == "not_live"
    assert "reuse" not in use_case.row


def test_a_verdict_is_published_again_with_the_reuse_that_was_stored() -> None:
    use_case, table = guarded(LIVE)

    def fail(_verdict: Verdict) -> None:
        raise AwsServiceError("sns", "InternalError")

    use_case.publisher.before = fail
    with pytest.raises(AwsServiceError):
        use_case.process()
    use_case.publisher.before = lambda _verdict: None
    queries = table.queries

    assert use_case.process().disposition is Disposition.REPUBLISHED
    assert use_case.published["reuse"] == "other_subject"
    assert table.queries == queries


@pytest.mark.parametrize("content", [GIF, png(300, 300)], ids=["a format", "a shape"])
def test_a_retake_that_cost_no_call_has_the_digest_and_needs_no_query(content: bytes) -> None:
    use_case, table = guarded(content=content)

    use_case.process()

    assert use_case.row["outcome"] == "retake"
    assert use_case.row["picture_digest"] == picture_digest(KEY, content, len(content))
    assert table.queries == 0


@pytest.mark.parametrize("content", [b"", ImageRejectedError("picture_gone", "Take another.")])
def test_a_file_that_is_empty_or_gone_has_no_digest(
    content: bytes | ImageRejectedError,
) -> None:
    use_case = UseCase(content=content)

    use_case.process()

    assert use_case.row["outcome"] == "retake"
    assert "picture_digest" not in use_case.row
    assert use_case.digest_key.used == 0


def test_a_failed_upload_has_the_digest() -> None:
    use_case, _ = guarded(UNREACHABLE)

    use_case.process(FINAL)

    assert (use_case.row["outcome"], use_case.row["picture_digest"]) == ("failed", DIGEST)
    assert use_case.row["reuse"] == "other_subject"


def test_a_failed_upload_does_without_a_digest_that_cannot_be_computed() -> None:
    use_case = UseCase(UNREACHABLE)
    use_case.digest_key.error = SECRETS_DOWN

    use_case.process(FINAL)

    assert use_case.published["outcome"] == "failed"
    assert use_case.published["subject"] == "ann"
    assert "picture_digest" not in use_case.row


def test_a_refused_picture_is_a_retake_that_was_billed_once() -> None:
    use_case, _ = guarded(LIVE, policy=ReusePolicy.REFUSE)

    result = use_case.process()

    assert result.verdict.outcome is Outcome.RETAKE
    assert use_case.published["reason"] == "picture_reused"
    assert use_case.published["advice"] == "This picture was used before. Please take a new one."
    assert use_case.published["reuse"] == "other_subject"
    assert "action" not in use_case.row
    assert use_case.process().disposition is Disposition.DUPLICATE
    assert len(use_case.detector.sent) == 1


def test_a_refused_picture_that_is_not_live_stays_not_live() -> None:
    use_case, _ = guarded(SPOOF, policy=ReusePolicy.REFUSE)

    use_case.process()

    assert use_case.published["outcome"] == "not_live"
    assert use_case.published["reuse"] == "other_subject"


def test_the_query_is_tried_again_while_there_is_time_and_the_verdict_is_saved_once() -> None:
    use_case, table = guarded(LIVE, failures=2)

    assert use_case.process().disposition is Disposition.DECIDED
    assert use_case.published["reuse"] == "other_subject"
    assert use_case.slept == [0.5, 1.0]
    assert table.queries == 3
    assert len(use_case.detector.sent) == 1


def test_the_key_is_fetched_again_while_there_is_time() -> None:
    use_case = UseCase(LIVE)
    use_case.digest_key.error = SECRETS_DOWN

    def recover(_seconds: float) -> None:
        use_case.digest_key.error = None

    use_case.processor = replace(use_case.processor, sleep=recover)

    assert use_case.process().disposition is Disposition.DECIDED
    assert use_case.row["picture_digest"] == DIGEST


@pytest.mark.parametrize("policy", ReusePolicy)
def test_where_the_query_goes_on_failing_the_verdict_is_deferred_and_saved_once_it_succeeds(
    policy: ReusePolicy,
) -> None:
    use_case, table = guarded(LIVE, policy=policy, failures=2)

    assert use_case.process(deadline=SHORT).disposition is Disposition.DEFERRED
    assert use_case.publisher.published == []
    (message,) = use_case.retry_queue.messages
    deferred = from_message(message, UPLOAD)
    with pytest.raises(AwsServiceError):
        use_case.process(FIRST, deferred=deferred, deadline=SHORT)
    assert use_case.publisher.published == []

    assert use_case.process(FINAL, deferred=deferred).disposition is Disposition.DECIDED
    assert use_case.published["reuse"] == use_case.row["reuse"] == "other_subject"
    assert use_case.row["picture_digest"] == DIGEST
    is_refused = policy is ReusePolicy.REFUSE
    assert use_case.published["outcome"] == ("retake" if is_refused else "live")
    assert len(use_case.detector.sent) == 1
    assert table.failures == 0


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_query_that_can_never_succeed_defers_without_another_try(code: str) -> None:
    use_case, table = guarded(LIVE, failures=9)
    table.code = code

    assert use_case.process().disposition is Disposition.DEFERRED
    assert use_case.slept == []


def test_a_retake_of_the_service_whose_query_fails_is_no_verdict_and_releases_the_lease() -> None:
    use_case, table = guarded(NO_FACE, failures=1)

    with pytest.raises(AwsServiceError):
        use_case.process(deadline=SHORT)

    assert use_case.retry_queue.messages == []
    assert (UPLOAD.object, UPLOAD.version) not in table.items


def test_a_deferred_message_says_nothing_of_the_picture_and_its_claims_are_not_believed() -> None:
    verdict = Verdict(
        UPLOAD,
        Outcome.LIVE,
        DECIDED_AT,
        decision=detected_live().decision,
        subject="a private name",
        consent_id="c-1",
        picture_digest=DIGEST,
        reuse=Reuse.AFTER_NOT_LIVE,
    )
    message = json.loads(to_message(DeferredVerdict(Lease(UPLOAD, "t"), verdict)))
    record = message["deferred_verdict"]["record"]
    assert not {"subject", "consent_id", "picture_digest", "reuse"} & set(record)

    record |= {"subject": "eve", "consent_id": "eve's", "picture_digest": "00"}
    record |= {"reuse": "after_not_live"}
    read = from_message(json.dumps(message), UPLOAD)
    assert read
    believed = read.verdict
    assert (believed.subject, believed.consent_id) == (None, None)
    assert (believed.picture_digest, believed.reuse) == (None, None)


def detected_live() -> Verdict:
    return UseCase(LIVE).process().verdict


def test_what_a_deferred_verdict_claims_is_replaced_by_what_the_picture_shows() -> None:
    use_case, table = guarded(failures=0)
    lease = table.acquire_lease(UPLOAD, duration=DECIDED_AT - DECIDED_AT)
    assert isinstance(lease, Lease)
    made_up = replace(
        detected_live(), subject="bob", consent_id="made up", picture_digest="00", reuse=None
    )

    use_case.process(FIRST, deferred=DeferredVerdict(lease, made_up))

    assert use_case.row["picture_digest"] == DIGEST
    assert (use_case.row["subject"], use_case.row["reuse"]) == ("ann", "other_subject")
    assert "consent_id" not in use_case.row


def test_the_query_runs_while_the_service_is_being_asked() -> None:
    both = Barrier(2)

    @dataclass
    class Waiting(VerdictsInMemory):
        def uses_of(self, picture_digest: str) -> list[PictureUse]:
            both.wait(10)
            return super().uses_of(picture_digest)

    with ThreadPoolExecutor(2) as executor:
        use_case = UseCase(LIVE, verdicts=Waiting(), executor=executor)
        detect = use_case.detector.detect

        def wait_and_detect(**options: object) -> Detection:
            both.wait(10)
            return detect(**options)  # type: ignore[arg-type]  # as they came

        use_case.detector.detect = wait_and_detect  # type: ignore[method-assign]  # waits first
        trace = UploadTrace()

        use_case.process(trace=trace)

    assert use_case.published["outcome"] == "live"
    assert Span.FIND_REUSE in trace.durations
