"""Every error code through HTTP, the client and the use case, to its outcome."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from liveness.errors import (
    AccountBlockedError,
    CredentialsRefusedError,
    DetectionError,
    RequestRefusedError,
    ThrottledError,
    TransientError,
)
from liveness.models import Action
from liveness.tencent.error_codes import ADVICE
from tests.local_cloud.client.conftest import CreateScenario
from tests.local_cloud.client.scenario import FINAL_ATTEMPT

LISTED = Path(__file__).parents[2] / "unit" / "tencent" / "error-codes.csv"
with LISTED.open(encoding="utf-8", newline="") as listed:
    ROWS = {row["code"]: row for row in csv.DictReader(listed)}

NOT_DOWNLOADED = "FailedOperation.ImageDownloadError"
RETAKE = {
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
    """How a code without a verdict ends: exception, reason of `failed`, calls in a delivery."""

    error: type[DetectionError]
    reason: str
    calls: int


# By the columns `kind` and `retryable`.
FAILING = {
    ("transient", "yes"): Failing(TransientError, "service_fault", 3),
    ("transient", "limited"): Failing(TransientError, "service_fault", 2),
    ("throttle", "yes"): Failing(ThrottledError, "service_throttled", 3),
    ("credentials", "no"): Failing(CredentialsRefusedError, "credentials_refused", 2),
    ("account", "no"): Failing(AccountBlockedError, "account_blocked", 1),
    ("account", "limited"): Failing(AccountBlockedError, "account_blocked", 1),
    ("request", "no"): Failing(RequestRefusedError, "request_refused", 1),
    ("unreachable", "no"): Failing(RequestRefusedError, "request_refused", 1),
}
NO_VERDICT = {
    code: FAILING[row["kind"], row["retryable"]]
    for code, row in ROWS.items()
    if row["kind"] != "image" and code != NOT_DOWNLOADED
}

both_actions = pytest.mark.parametrize("action", Action)


def test_all_codes_are_covered_and_seventy_are_those_of_the_api_document() -> None:
    assert RETAKE.keys() | NO_VERDICT.keys() | {NOT_DOWNLOADED} == ROWS.keys()
    assert sum("[seed" in row["meaning"] for row in ROWS.values()) == 70


@both_actions
@pytest.mark.parametrize("code", RETAKE)
def test_a_code_about_the_image_is_a_retake_after_one_call(
    create_scenario: CreateScenario, action: Action, code: str
) -> None:
    reason = RETAKE[code]
    scenario = create_scenario(f"error-{code}.jpg", action=action)

    record = scenario.process()

    (call,) = scenario.calls
    assert (call.action, call.outcome, call.signature) == (action, code, "verified")
    assert (record["outcome"], record["reason"]) == ("retake", reason)
    assert record["advice"] == ADVICE[reason]
    assert (record["error_code"], record["request_id"]) == (code, call.request_id)
    assert scenario.published == record
    assert scenario.delays == []


@both_actions
@pytest.mark.parametrize("code", NO_VERDICT)
def test_a_code_without_a_verdict_is_redelivered_and_fails_on_the_final_attempt(
    create_scenario: CreateScenario, action: Action, code: str
) -> None:
    failing = NO_VERDICT[code]
    scenario = create_scenario(f"error-{code}.jpg", action=action)

    with pytest.raises(DetectionError) as caught:
        scenario.process()
    assert type(caught.value) is failing.error
    response = caught.value.response
    assert (response.code, response.attempts) == (code, failing.calls)
    assert [call.outcome for call in scenario.calls] == [code] * failing.calls
    assert response.request_id == scenario.calls[-1].request_id
    assert scenario.publisher.published == []
    assert scenario.verdicts.items == {}

    record = scenario.process(FINAL_ATTEMPT)
    calls = scenario.calls
    assert len(calls) == 2 * failing.calls
    assert {(call.action, call.signature) for call in calls} == {(action, "verified")}
    assert (record["outcome"], record["reason"]) == ("failed", failing.reason)
    assert (record["error_code"], record["request_id"]) == (code, calls[-1].request_id)
    assert scenario.published == record
    (item,) = scenario.verdicts.items.values()
    assert item.record
    assert item.record == record | {"picture_digest": item.record["picture_digest"]}

    is_refused = failing.error is CredentialsRefusedError
    assert scenario.credentials.refreshes == (2 if is_refused else 0)
    assert len(scenario.delays) == (0 if is_refused else 2 * (failing.calls - 1))


@both_actions
def test_an_image_that_is_never_downloaded_is_sent_inline(
    create_scenario: CreateScenario, action: Action
) -> None:
    scenario = create_scenario(f"error-{NOT_DOWNLOADED}.jpg", action=action)
    assert scenario.process()["outcome"] == "live"
    assert [call.outcome for call in scenario.calls] == [NOT_DOWNLOADED, NOT_DOWNLOADED, "live"]


@both_actions
def test_an_image_that_is_never_downloaded_fails_where_inline_is_switched_off(
    create_scenario: CreateScenario, action: Action
) -> None:
    scenario = create_scenario(f"error-{NOT_DOWNLOADED}.jpg", action=action, inline_fallback=False)
    record = scenario.process(FINAL_ATTEMPT)
    assert [call.outcome for call in scenario.calls] == [NOT_DOWNLOADED]
    assert (record["outcome"], record["reason"]) == ("failed", "picture_not_downloaded")
    assert scenario.published == record
