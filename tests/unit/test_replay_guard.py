"""The use case finds out whether a picture was used before, and says so in its verdict."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest

from liveness.digests import picture_digest
from liveness.errors import (
    AwsServiceError,
    ImageRejectedByServiceError,
    ImageRejectedError,
)
from liveness.models import (
    Detection,
    Disposition,
    ErrorResponse,
    Outcome,
    PictureUse,
    ReusePolicy,
    Verdict,
)
from liveness.trace import Span, UploadTrace
from tests.unit.fakes import VerdictsInMemory
from tests.unit.image_heads import GIF, png
from tests.unit.reused_pictures import DIGEST, KEY, guarded, used_before
from tests.unit.use_case import (
    FINAL,
    LIVE,
    SPOOF,
    UNREACHABLE,
    UseCase,
)

NO_FACE = ImageRejectedByServiceError("no_face", "Show it.", ErrorResponse("NoFaceInPhoto", "no"))


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
