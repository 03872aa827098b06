"""Object versions are tagged with their verdicts, once those are published."""

from __future__ import annotations

import pytest

from liveness.errors import AwsServiceError
from liveness.models import Detection, Disposition, EraseAfterVerdict
from liveness.trace import UploadTrace
from tests.unit.use_case import FINAL, LIVE, SPOOF, UNREACHABLE, UPLOAD, UseCase

DENIED = AwsServiceError("s3", "AccessDenied")


@pytest.mark.parametrize(("result", "outcome"), [(LIVE, "live"), (SPOOF, "not_live")])
def test_a_version_is_tagged_with_outcome_and_id(result: Detection, outcome: str) -> None:
    use_case = UseCase(result, tag_uploads=True)

    use_case.process()

    assert use_case.images.tagged == [(UPLOAD, {"liveness": outcome, "liveness-id": UPLOAD.id})]


def test_an_image_that_cannot_be_judged_is_tagged_as_retake() -> None:
    use_case = UseCase(content=b"no image", tag_uploads=True)

    use_case.process()

    ((_, tags),) = use_case.images.tagged
    assert tags["liveness"] == "retake"


def test_a_failed_upload_was_not_judged_and_is_not_tagged() -> None:
    use_case = UseCase(UNREACHABLE, tag_uploads=True)

    use_case.process(FINAL)

    assert use_case.published["outcome"] == "failed"
    assert use_case.images.tagged == []


def test_without_the_parameter_nothing_is_tagged() -> None:
    use_case = UseCase(LIVE)

    use_case.process()

    assert use_case.images.tagged == []


def test_an_image_that_is_erased_is_not_tagged() -> None:
    use_case = UseCase(LIVE, tag_uploads=True, erase_after_verdict=EraseAfterVerdict.ALWAYS)

    use_case.process()

    assert (use_case.images.erased, use_case.images.tagged) == ([UPLOAD], [])


def test_a_tag_that_fails_comes_after_the_verdict_and_is_repeated_by_the_next_delivery() -> None:
    use_case = UseCase(LIVE, tag_uploads=True)
    use_case.images.takes_tags = DENIED
    with pytest.raises(AwsServiceError):
        use_case.process()
    assert use_case.published["outcome"] == "live"
    assert use_case.images.tagged == []

    use_case.images.takes_tags = True

    assert use_case.process().disposition is Disposition.DUPLICATE
    assert len(use_case.images.tagged) == 1
    assert len(use_case.publisher.published) == 1


def test_a_version_that_cannot_be_tagged_keeps_its_verdict() -> None:
    use_case, trace = UseCase(LIVE, tag_uploads=True), UploadTrace()
    use_case.images.takes_tags = False

    assert use_case.process(trace=trace).disposition is Disposition.DECIDED
    assert trace.not_tagged
