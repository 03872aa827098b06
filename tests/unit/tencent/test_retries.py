"""Which answers are asked for again, how soon, and until when."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from liveness.errors import (
    AccountBlocked,
    CredentialsMissing,
    CredentialsRefused,
    LivenessError,
    PictureNotDownloaded,
    PictureRejected,
    RequestRefused,
    ServiceFault,
    ServiceUnreachable,
    Throttled,
    TransientFault,
)
from liveness.tencent.client import LEAST_FOR_AN_ATTEMPT
from liveness.tencent.codes import CODES, Kind, Retry
from liveness.tencent.retries import pause
from tests.unit.tencent.fakes import (
    KEY,
    LIVE_3,
    NEW_KEY,
    NOW,
    Call,
    Reply,
    Source,
    body_of,
    error,
)

LIVE = body_of(LIVE_3)
URL = "https://bucket.s3.amazonaws.com/selfie.jpg?X-Amz-Signature=f00d"
BUSY = error("FailedOperation.ServerError")
THROTTLED = error("RequestLimitExceeded")
WRONG_KEY = error("AuthFailure.SignatureFailure")
LATE = error("AuthFailure.SignatureExpire")


def fault_of(call: Call, *, seconds: float = 60.0) -> LivenessError:
    with pytest.raises(LivenessError) as caught:
        call.client.detect(url=URL, deadline=call.clock.deadline(seconds))
    return caught.value


def attempts_of(fault: LivenessError) -> int:
    assert isinstance(fault, ServiceFault | PictureRejected)
    return fault.answer.attempts


def test_transient_faults_are_retried_twice_with_growing_pauses() -> None:
    call = Call(BUSY, THROTTLED, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness
    assert call.clock.slept == [0.5, 1.0]


def test_three_attempts_are_all() -> None:
    call = Call(BUSY, BUSY, THROTTLED)
    fault = fault_of(call)
    assert type(fault) is Throttled
    assert attempts_of(fault) == 3
    assert len(call.sent) == 3


def test_every_attempt_is_signed_anew() -> None:
    call = Call(BUSY, BUSY, LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    stamps = [int(sent.headers["X-TC-Timestamp"]) - int(NOW) for sent in call.sent]
    assert stamps == [1000, 1000, 1001]
    assert call.sent[0].headers["Authorization"] != call.sent[2].headers["Authorization"]


def test_the_jitter_is_full_and_the_pauses_are_capped() -> None:
    assert [pause(attempts, 1.0) for attempts in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert pause(3, 0.0) == 0.0
    call = Call(BUSY, BUSY, LIVE, chance=0.25)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    assert call.clock.slept == [0.125, 0.25]


ONCE = sorted(
    code
    for (kind, _, _), codes in CODES.items()
    for code in codes
    if kind not in {Kind.TRANSIENT, Kind.THROTTLE, Kind.CREDENTIALS}
)


@pytest.mark.parametrize("code", ONCE)
def test_pictures_accounts_and_requests_are_never_asked_about_twice(code: str) -> None:
    call = Call(error(code))
    fault = fault_of(call)
    assert isinstance(fault, PictureRejected | AccountBlocked | RequestRefused)
    assert attempts_of(fault) == 1
    assert call.clock.slept == []


PASSING = sorted(
    (code, retry)
    for (kind, retry, _), codes in CODES.items()
    for code in codes
    if kind in {Kind.TRANSIENT, Kind.THROTTLE} and code != "FailedOperation.ImageDownloadError"
)


@pytest.mark.parametrize(("code", "retry"), PASSING)
def test_transient_codes_are_retried_as_often_as_the_catalogue_says(
    code: str, retry: Retry
) -> None:
    call = Call(*[error(code)] * 3)
    assert attempts_of(fault_of(call)) == {Retry.YES: 3, Retry.LIMITED: 2}[retry]


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        ([BUSY, LATE, LATE], 3),
        ([LATE, BUSY, LATE], 3),
        ([LATE, error("FailedOperation"), LIVE], 2),
        ([BUSY, BUSY, LATE], 3),
    ],
)
def test_a_limited_code_gets_one_attempt_more_within_the_three(
    answers: Sequence[bytes], attempts: int
) -> None:
    assert attempts_of(fault_of(Call(*answers))) == attempts


def test_a_picture_that_was_not_downloaded_is_left_to_the_caller() -> None:
    call = Call(error("FailedOperation.ImageDownloadError"))
    fault = fault_of(call)
    assert type(fault) is PictureNotDownloaded
    assert attempts_of(fault) == 1


def test_an_expired_signature_is_signed_anew() -> None:
    call = Call(LATE, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


def test_refused_credentials_are_fetched_anew_once() -> None:
    call = Call(WRONG_KEY, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness
    assert call.source.renewals == 1
    assert call.clock.slept == []
    first, second = (sent.headers["Authorization"] for sent in call.sent)
    assert f"Credential={KEY.secret_id}/" in first
    assert f"Credential={NEW_KEY.secret_id}/" in second


def test_credentials_refused_again_are_refused() -> None:
    call = Call(WRONG_KEY, error("AuthFailure.SecretIdNotFound"))
    fault = fault_of(call)
    assert type(fault) is CredentialsRefused
    assert fault.answer.code == "AuthFailure.SecretIdNotFound"
    assert attempts_of(fault) == 2
    assert call.source.renewals == 1


def test_no_request_is_spent_on_the_credentials_that_were_just_refused() -> None:
    call = Call(WRONG_KEY, source=Source(keys=(KEY, KEY)))
    assert attempts_of(fault_of(call)) == 1
    assert call.source.renewals == 1


def test_a_secret_that_cannot_be_renewed_says_so() -> None:
    def empty() -> None:
        raise CredentialsMissing("the secret is empty")

    call = Call(WRONG_KEY, source=Source(on_renewal=empty))
    assert type(fault_of(call)) is CredentialsMissing


def test_new_credentials_do_not_win_further_attempts_for_transient_faults() -> None:
    call = Call(BUSY, WRONG_KEY, BUSY)
    fault = fault_of(call)
    assert type(fault) is TransientFault
    assert attempts_of(fault) == 3


def test_credentials_refused_on_the_last_attempt_still_get_theirs() -> None:
    call = Call(BUSY, BUSY, WRONG_KEY, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


def test_nothing_is_sent_when_no_time_is_left() -> None:
    call = Call()
    fault = fault_of(call, seconds=LEAST_FOR_AN_ATTEMPT / 2)
    assert isinstance(fault, ServiceUnreachable)
    assert fault.answer.code == "NoAnswer.OutOfTime"
    assert attempts_of(fault) == 0


def test_no_pause_is_begun_that_leaves_no_time_for_an_attempt() -> None:
    call = Call(Reply(BUSY, after=1.0))
    fault = fault_of(call, seconds=1.0 + 0.5 + LEAST_FOR_AN_ATTEMPT / 2)
    assert type(fault) is TransientFault
    assert attempts_of(fault) == 1
    assert call.clock.slept == []


def test_a_slow_renewal_leaves_the_last_fault() -> None:
    call = Call(WRONG_KEY)
    call.source.on_renewal = lambda: call.clock.sleep(10)
    fault = fault_of(call, seconds=5)
    assert type(fault) is CredentialsRefused
    assert attempts_of(fault) == 1


def test_time_outs_shrink_with_the_time_left() -> None:
    call = Call(Reply(BUSY, after=8.0), LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline(10.0))
    assert call.sent[0].options["timeout"] == (3.0, 10.0)
    assert call.sent[1].options["timeout"] == (1.5, 1.5)
