"""The retry policy: which errors get another attempt, after which delay, and until when."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from liveness.backoff import WITHIN_AN_INVOCATION
from liveness.errors import (
    AccountBlockedError,
    CredentialsMissingError,
    CredentialsRefusedError,
    DetectionError,
    ImageDownloadError,
    ImageRejectedByServiceError,
    LivenessError,
    RequestRefusedError,
    ServiceUnreachableError,
    ThrottledError,
    TransientError,
)
from liveness.tencent.client import MIN_ATTEMPT_TIME
from liveness.tencent.error_codes import Kind, Retry, error_codes
from tests.unit.tencent.fakes import (
    KEY,
    LIVE_3,
    NEW_KEY,
    NOW,
    Call,
    FakeCredentials,
    Reply,
    body_of,
    error,
)

LIVE = body_of(LIVE_3)
URL = "https://bucket.s3.amazonaws.com/selfie.jpg?X-Amz-Signature=f00d"
BUSY = error("FailedOperation.ServerError")
THROTTLED = error("RequestLimitExceeded")
WRONG_KEY = error("AuthFailure.SignatureFailure")
LATE = error("AuthFailure.SignatureExpire")


def error_of(call: Call, *, seconds: float = 60.0) -> LivenessError:
    with pytest.raises(LivenessError) as caught:
        call.client.detect(url=URL, deadline=call.clock.deadline(seconds))
    return caught.value


def attempts_of(raised: LivenessError) -> int:
    assert isinstance(raised, DetectionError | ImageRejectedByServiceError)
    return raised.response.attempts


def test_transient_errors_are_retried_twice_with_growing_delays() -> None:
    call = Call(BUSY, THROTTLED, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness
    assert call.clock.slept == [0.5, 1.0]


def test_there_are_at_most_three_attempts() -> None:
    call = Call(BUSY, BUSY, THROTTLED)
    raised = error_of(call)
    assert type(raised) is ThrottledError
    assert attempts_of(raised) == 3
    assert len(call.sent) == 3


def test_every_attempt_has_its_own_signature() -> None:
    call = Call(BUSY, BUSY, LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    stamps = [int(sent.headers["X-TC-Timestamp"]) - int(NOW) for sent in call.sent]
    assert stamps == [1000, 1000, 1001]
    assert call.sent[0].headers["Authorization"] != call.sent[2].headers["Authorization"]


def test_the_jitter_is_full_and_the_delays_are_capped() -> None:
    delays = [WITHIN_AN_INVOCATION.seconds(attempts, 1.0) for attempts in range(1, 7)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert WITHIN_AN_INVOCATION.seconds(3, 0.0) == 0.0
    call = Call(BUSY, BUSY, LIVE, jitter=0.25)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    assert call.clock.slept == [0.125, 0.25]


NEVER_RETRIED = sorted(
    entry.code
    for entry in error_codes().values()
    if entry.kind not in {Kind.TRANSIENT, Kind.THROTTLE, Kind.CREDENTIALS}
)


@pytest.mark.parametrize("code", NEVER_RETRIED)
def test_errors_of_image_account_or_request_are_never_retried(code: str) -> None:
    call = Call(error(code))
    raised = error_of(call)
    assert isinstance(
        raised, ImageRejectedByServiceError | AccountBlockedError | RequestRefusedError
    )
    assert attempts_of(raised) == 1
    assert call.clock.slept == []


RETRIED = sorted(
    (entry.code, entry.retry)
    for entry in error_codes().values()
    if entry.kind in {Kind.TRANSIENT, Kind.THROTTLE}
    and entry.code != "FailedOperation.ImageDownloadError"
)


@pytest.mark.parametrize(("code", "retry"), RETRIED)
def test_transient_codes_are_retried_as_often_as_the_table_says(code: str, retry: Retry) -> None:
    call = Call(*[error(code)] * 3)
    assert attempts_of(error_of(call)) == {Retry.YES: 3, Retry.LIMITED: 2}[retry]


@pytest.mark.parametrize(
    ("replies", "attempts"),
    [
        ([BUSY, LATE, LATE], 3),
        ([LATE, BUSY, LATE], 3),
        ([LATE, error("FailedOperation"), LIVE], 2),
        ([BUSY, BUSY, LATE], 3),
    ],
)
def test_a_limited_code_gets_one_more_attempt_within_the_three(
    replies: Sequence[bytes], attempts: int
) -> None:
    assert attempts_of(error_of(Call(*replies))) == attempts


def test_an_image_that_was_not_downloaded_is_left_to_the_caller() -> None:
    call = Call(error("FailedOperation.ImageDownloadError"))
    raised = error_of(call)
    assert type(raised) is ImageDownloadError
    assert attempts_of(raised) == 1


def test_an_expired_signature_is_replaced() -> None:
    call = Call(LATE, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


def test_refused_credentials_are_refreshed_once() -> None:
    call = Call(WRONG_KEY, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness
    assert call.credentials.refreshes == 1
    assert call.clock.slept == []
    first, second = (sent.headers["Authorization"] for sent in call.sent)
    assert f"Credential={KEY.secret_id}/" in first
    assert f"Credential={NEW_KEY.secret_id}/" in second


def test_refreshed_credentials_that_are_refused_are_an_error() -> None:
    call = Call(WRONG_KEY, error("AuthFailure.SecretIdNotFound"))
    raised = error_of(call)
    assert type(raised) is CredentialsRefusedError
    assert raised.response.code == "AuthFailure.SecretIdNotFound"
    assert attempts_of(raised) == 2
    assert call.credentials.refreshes == 1


def test_a_refresh_that_changes_nothing_costs_no_request() -> None:
    call = Call(WRONG_KEY, credentials=FakeCredentials(keys=(KEY, KEY)))
    assert attempts_of(error_of(call)) == 1
    assert call.credentials.refreshes == 1


def test_an_error_of_the_refresh_is_raised() -> None:
    def empty() -> None:
        raise CredentialsMissingError("the secret is empty")

    call = Call(WRONG_KEY, credentials=FakeCredentials(on_refresh=empty))
    assert type(error_of(call)) is CredentialsMissingError


def test_refreshed_credentials_give_no_further_attempts_to_transient_errors() -> None:
    call = Call(BUSY, WRONG_KEY, BUSY)
    raised = error_of(call)
    assert type(raised) is TransientError
    assert attempts_of(raised) == 3


def test_credentials_refused_on_the_last_attempt_are_still_refreshed() -> None:
    call = Call(BUSY, BUSY, WRONG_KEY, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


def test_nothing_is_sent_when_no_time_remains() -> None:
    call = Call()
    raised = error_of(call, seconds=MIN_ATTEMPT_TIME / 2)
    assert isinstance(raised, ServiceUnreachableError)
    assert raised.response.code == "NoAnswer.OutOfTime"
    assert attempts_of(raised) == 0


def test_no_delay_begins_that_leaves_no_time_for_an_attempt() -> None:
    call = Call(Reply(BUSY, after=1.0))
    raised = error_of(call, seconds=1.0 + 0.5 + MIN_ATTEMPT_TIME / 2)
    assert type(raised) is TransientError
    assert attempts_of(raised) == 1
    assert call.clock.slept == []


def test_a_slow_refresh_ends_in_the_last_error() -> None:
    call = Call(WRONG_KEY)
    call.credentials.on_refresh = lambda: call.clock.sleep(10)
    raised = error_of(call, seconds=5)
    assert type(raised) is CredentialsRefusedError
    assert attempts_of(raised) == 1


def test_timeouts_shrink_with_the_remaining_time() -> None:
    call = Call(Reply(BUSY, after=8.0), LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline(10.0))
    timeouts = [sent.options["timeout"] for sent in call.sent]
    assert [(each.connect_timeout, each.total) for each in timeouts] == [(3.0, 10.0), (1.5, 1.5)]
