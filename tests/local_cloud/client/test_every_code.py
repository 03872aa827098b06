"""Every error code through the use case, the client and HTTP, to the outcome of the design."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from liveness.errors import (
    AccountBlocked,
    CredentialsRefused,
    PictureNotDownloaded,
    RequestRefused,
    ServiceFault,
    Throttled,
    TransientFault,
)
from liveness.model import Action
from liveness.tencent.codes import ADVICE
from tests.local_cloud.client.conftest import Tell

LISTED = Path(__file__).parents[2] / "unit" / "tencent" / "error-codes.csv"
with LISTED.open(encoding="utf-8", newline="") as listed:
    ROWS = {row["code"]: row for row in csv.DictReader(listed)}

NOT_DOWNLOADED = "FailedOperation.ImageDownloadError"
RETAKEN = {
    "FailedOperation.FaceQualityNotQualified": "poor_quality",
    "FailedOperation.FaceSizeTooSmall": "face_too_small",
    "FailedOperation.ImageDecodeFailed": "decode_failed",
    "FailedOperation.ImageFacedetectFailed": "face_not_detected",
    "FailedOperation.ImageResolutionExceed": "resolution_too_large",
    "FailedOperation.ImageResolutionTooSmall": "resolution_too_small",
    "FailedOperation.ImageSizeExceed": "file_too_large",
    "FailedOperation.LifePhotoDetectFaces": "too_many_faces",
    "FailedOperation.LifePhotoDetectFake": "photo_not_accepted",
    "FailedOperation.LifePhotoDetectNoFaces": "no_face",
    "FailedOperation.LifePhotoSizeError": "unsuitable_size",
    "InvalidParameterValue.ImageEmpty": "empty_file",
    "InvalidParameterValue.ImageEmptyError": "empty_file",
    "InvalidParameterValue.NoFaceInPhoto": "no_face",
    "LimitExceeded.ErrorFaceNumExceed": "too_many_faces",
}


@dataclass(frozen=True, slots=True)
class Failing:
    """How a code without a verdict ends: the fault, a `failed` row's reason, calls in a try."""

    fault: type[ServiceFault]
    reason: str
    calls: int


# By the columns `kind` and `retryable`; the design's "Failure kinds".
FAILING = {
    ("transient", "yes"): Failing(TransientFault, "service_fault", 3),
    ("transient", "limited"): Failing(TransientFault, "service_fault", 2),
    ("throttle", "yes"): Failing(Throttled, "service_throttled", 3),
    ("credentials", "no"): Failing(CredentialsRefused, "credentials_refused", 2),
    ("account", "no"): Failing(AccountBlocked, "account_blocked", 1),
    ("account", "limited"): Failing(AccountBlocked, "account_blocked", 1),
    ("request", "no"): Failing(RequestRefused, "request_refused", 1),
    ("unreachable", "no"): Failing(RequestRefused, "request_refused", 1),
}
UNANSWERED = {
    code: FAILING[row["kind"], row["retryable"]]
    for code, row in ROWS.items()
    if row["kind"] != "image" and code != NOT_DOWNLOADED
}

both_actions = pytest.mark.parametrize("action", Action)


def test_these_are_all_the_codes_and_seventy_are_the_documents() -> None:
    assert RETAKEN.keys() | UNANSWERED.keys() | {NOT_DOWNLOADED} == ROWS.keys()
    assert sum("[seed" in row["meaning"] for row in ROWS.values()) == 70


@both_actions
@pytest.mark.parametrize("code", RETAKEN)
def test_a_code_about_the_picture_asks_for_another_after_one_call(
    tell: Tell, action: Action, code: str
) -> None:
    reason = RETAKEN[code]
    story = tell(f"error-{code}.jpg", action=action)

    facts = story.check().facts

    (call,) = story.calls
    assert (call.action, call.outcome, call.signature) == (action, code, "verified")
    assert (facts["outcome"], facts["reason"]) == ("retake", reason)
    assert facts["advice"] == ADVICE[reason]
    assert (facts["error_code"], facts["request_id"]) == (code, call.request_id)
    assert story.told == facts
    assert story.pauses == []


@both_actions
@pytest.mark.parametrize("code", UNANSWERED)
def test_a_code_without_a_verdict_comes_back_and_fails_on_the_last_turn(
    tell: Tell, action: Action, code: str
) -> None:
    failing = UNANSWERED[code]
    story = tell(f"error-{code}.jpg", action=action)

    with pytest.raises(ServiceFault) as caught:
        story.check()
    assert type(caught.value) is failing.fault
    assert (caught.value.answer.code, caught.value.answer.attempts) == (code, failing.calls)
    assert [call.outcome for call in story.calls] == [code] * failing.calls
    assert caught.value.answer.request_id == story.calls[-1].request_id
    assert story.announcements.told == []
    assert story.verdicts.rows == {}

    assert type(story.given_up()) is failing.fault
    calls = story.calls
    assert len(calls) == 2 * failing.calls
    assert {(call.action, call.signature) for call in calls} == {(action, "verified")}
    assert (story.told["outcome"], story.told["reason"]) == ("failed", failing.reason)
    assert (story.told["error_code"], story.told["request_id"]) == (code, calls[-1].request_id)
    assert list(story.verdicts.facts.values()) == [story.told]

    refused = failing.fault is CredentialsRefused
    assert story.source.renewals == (2 if refused else 0)
    assert len(story.pauses) == (0 if refused else 2 * (failing.calls - 1))


@both_actions
def test_an_address_that_is_never_fetched_is_judged_inline(tell: Tell, action: Action) -> None:
    story = tell(f"error-{NOT_DOWNLOADED}.jpg", action=action)
    assert story.check().facts["outcome"] == "live"
    assert [call.outcome for call in story.calls] == [NOT_DOWNLOADED, NOT_DOWNLOADED, "live"]


@both_actions
def test_an_address_that_is_never_fetched_fails_where_inline_is_switched_off(
    tell: Tell, action: Action
) -> None:
    story = tell(f"error-{NOT_DOWNLOADED}.jpg", action=action, inline_fallback=False)
    assert isinstance(story.given_up(), PictureNotDownloaded)
    assert [call.outcome for call in story.calls] == [NOT_DOWNLOADED]
    assert (story.told["outcome"], story.told["reason"]) == ("failed", "picture_not_downloaded")
