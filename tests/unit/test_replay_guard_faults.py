"""A look-up that fails loses no billed verdict and bills none twice; a message is not believed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from liveness.deferred_verdict import from_message, to_message
from liveness.errors import (
    AwsServiceError,
    ImageRejectedByServiceError,
)
from liveness.models import (
    Deadline,
    DeferredVerdict,
    Disposition,
    ErrorResponse,
    Lease,
    Outcome,
    Reuse,
    ReusePolicy,
    Verdict,
)
from tests.unit.reused_pictures import DIGEST, guarded
from tests.unit.use_case import (
    DECIDED_AT,
    FINAL,
    FIRST,
    LIVE,
    UNREACHABLE,
    UPLOAD,
    UseCase,
)

SHORT = Deadline(at=0.4, clock=lambda: 0.0)
SECRETS_DOWN = AwsServiceError("secretsmanager", "InternalServiceError")
NO_FACE = ImageRejectedByServiceError("no_face", "Show it.", ErrorResponse("NoFaceInPhoto", "no"))


def test_a_failed_upload_does_without_a_digest_that_cannot_be_computed() -> None:
    use_case = UseCase(UNREACHABLE)
    use_case.digest_key.error = SECRETS_DOWN

    use_case.process(FINAL)

    assert use_case.published["outcome"] == "failed"
    assert use_case.published["subject"] == "ann"
    assert "picture_digest" not in use_case.row


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
