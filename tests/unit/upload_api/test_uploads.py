"""Starting, reading and erasing uploads, each for its own person only."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from liveness.errors import AwsServiceError
from liveness.models import Outcome
from tests.unit.upload_api.fakes import AttemptsInMemory, PicturesInMemory, VerdictsInMemory
from upload_api.attempts import AttemptLimits, TooManyAttemptsError, UploadOpenError
from upload_api.uploads import (
    ConcurrentRequestError,
    Person,
    PictureRows,
    UploadExpiredError,
    UploadNotFoundError,
    UploadRequest,
    Uploads,
    VerdictPendingError,
    picture_key,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANN, BOB = Person("ann", "a" * 32), Person("bob", "b" * 32)
REQUEST = UploadRequest("u-1", "image/jpeg")
NO_WAIT = timedelta(0)


class Phone:
    """The use case over fakes, and what it did."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.now = NOW
        self.attempts = AttemptsInMemory()
        self.verdicts = VerdictsInMemory()
        self.pictures = PicturesInMemory()
        self.lockouts = 0
        self.slept: list[float] = []
        self.uploads = Uploads(
            self.attempts,
            self.verdicts,
            self.pictures,
            AttemptLimits(2, timedelta(minutes=3), timedelta(minutes=30), timedelta(minutes=5)),
            executor,
            now=lambda: self.now,
            on_lockout=self.count_lockout,
            sleep=self.slept.append,
        )

    def count_lockout(self) -> None:
        self.lockouts += 1

    def start(self, upload_id: str, person: Person = ANN) -> str:
        request = UploadRequest(upload_id, "image/jpeg")
        return self.uploads.start(person, request).form.fields["key"]

    def start_and_decide(self, upload_id: str) -> None:
        self.verdicts.decide(self.start(upload_id), Outcome.LIVE, NOW)


@pytest.fixture
def phone() -> Iterator[Phone]:
    with ThreadPoolExecutor(2) as executor:
        yield Phone(executor)


def test_a_new_upload_has_a_form_for_its_own_key_and_person(phone: Phone) -> None:
    started = phone.uploads.start(ANN, REQUEST)

    assert started.form.fields["key"] == f"selfies/{ANN.hash}/u-1"
    assert started.form.fields["x-amz-meta-subject"] == "ann"
    assert started.expires_at == NOW + timedelta(minutes=5)
    assert phone.uploads.status(ANN, "u-1", NO_WAIT).verdict is None


def test_a_second_upload_waits_for_the_first_ones_verdict(phone: Phone) -> None:
    key = phone.start("u-1")
    with pytest.raises(UploadOpenError):
        phone.start("u-2")
    assert phone.start("u-2", BOB)

    phone.verdicts.decide(key, Outcome.NOT_LIVE, NOW)

    assert phone.start("u-2")


def test_reaching_the_limit_is_stored_and_counted_once(phone: Phone) -> None:
    phone.start_and_decide("u-1")
    phone.start_and_decide("u-2")

    for upload_id in ("u-3", "u-4"):
        with pytest.raises(TooManyAttemptsError):
            phone.start(upload_id)

    assert phone.lockouts == 1
    assert phone.attempts.histories[ANN.hash].locked_until == NOW + timedelta(minutes=30)


def test_a_concurrent_request_makes_it_read_again(phone: Phone) -> None:
    def start_another() -> None:
        phone.attempts.before_write = lambda: None
        phone.start("u-other")

    phone.attempts.before_write = start_another

    with pytest.raises(UploadOpenError) as refused:
        phone.start("u-1")

    assert refused.value.upload_id == "u-other"
    assert list(phone.attempts.started) == [(ANN.hash, "u-other")]


def test_it_ends_where_others_keep_changing_the_attempts(phone: Phone) -> None:
    def delete_another() -> None:
        history = phone.attempts.history(ANN)
        phone.attempts.before_write = lambda: None
        phone.attempts.lock(ANN, history, NOW)
        phone.attempts.before_write = delete_another

    phone.attempts.before_write = delete_another

    with pytest.raises(ConcurrentRequestError):
        phone.start("u-1")


def test_the_same_upload_is_started_once(phone: Phone) -> None:
    assert phone.start("u-1") == phone.start("u-1")
    assert phone.attempts.histories[ANN.hash].revision == 1


def test_the_same_upload_has_a_form_for_the_time_that_is_left(phone: Phone) -> None:
    phone.start("u-1")
    phone.now += timedelta(minutes=4)

    again = phone.uploads.start(ANN, REQUEST)

    assert again.expires_at == NOW + timedelta(minutes=5)
    assert again.form.fields["for"] == "0:01:00"


@pytest.mark.parametrize("minutes", [5, 500])
def test_an_upload_is_not_started_again_after_its_time(minutes: int, phone: Phone) -> None:
    phone.start("u-1")
    phone.now += timedelta(minutes=minutes)

    with pytest.raises(UploadExpiredError):
        phone.start("u-1")


def test_an_erased_upload_is_not_started_again(phone: Phone) -> None:
    phone.start("u-1")
    phone.uploads.erase(ANN, "u-1")

    with pytest.raises(UploadExpiredError):
        phone.start("u-1")


def test_nothing_is_presigned_where_counting_fails(phone: Phone) -> None:
    phone.attempts.error = AwsServiceError("dynamodb", "InternalServerError")

    with pytest.raises(AwsServiceError):
        phone.start("u-1")


@pytest.mark.parametrize("upload_id", ["u-1", "unknown"])
def test_another_persons_upload_is_not_found(upload_id: str, phone: Phone) -> None:
    phone.start_and_decide("u-1")

    with pytest.raises(UploadNotFoundError):
        phone.uploads.status(BOB, upload_id, NO_WAIT)
    with pytest.raises(UploadNotFoundError):
        phone.uploads.erase(BOB, upload_id)
    assert phone.pictures.erased == []
    assert phone.uploads.status(ANN, "u-1", NO_WAIT).verdict


def test_a_waiting_phone_has_the_verdict_as_soon_as_it_is_there(phone: Phone) -> None:
    key = phone.start("u-1")

    def decide_later(reads: int) -> None:
        if reads == 4:
            phone.verdicts.decide(key, Outcome.RETAKE, NOW, reason="small", advice="Closer.")

    phone.verdicts.after_reads = decide_later

    status = phone.uploads.status(ANN, "u-1", timedelta(seconds=20))

    assert status.verdict
    assert status.verdict.advice == "Closer."
    assert phone.slept == [0.25, 0.5, 1.0]


def test_a_wait_of_zero_reads_once(phone: Phone) -> None:
    phone.start("u-1")

    assert phone.uploads.status(ANN, "u-1", NO_WAIT).expires_at == NOW + timedelta(minutes=5)
    assert phone.verdicts.reads == 1


def test_a_verdict_outlives_the_attempt(phone: Phone) -> None:
    phone.verdicts.decide(picture_key(ANN, "u-old"), Outcome.LIVE, NOW)

    assert phone.uploads.status(ANN, "u-old", NO_WAIT).verdict


def test_erasing_leaves_nothing_and_closes_the_upload(phone: Phone) -> None:
    phone.start_and_decide("u-1")

    phone.uploads.erase(ANN, "u-1")

    assert phone.attempts.closed == ["u-1"]
    assert phone.pictures.erased == [picture_key(ANN, "u-1")]
    assert phone.verdicts.by_key == {}
    with pytest.raises(UploadNotFoundError):
        phone.uploads.status(ANN, "u-1", NO_WAIT)
    assert phone.start("u-2")


def test_an_upload_that_never_arrived_can_be_erased(phone: Phone) -> None:
    phone.start("u-1")

    phone.uploads.erase(ANN, "u-1")

    assert phone.start("u-2")


def test_nothing_is_erased_while_the_verdict_is_being_decided(phone: Phone) -> None:
    key = phone.start("u-1")
    phone.verdicts.by_key[key] = PictureRows(is_leased=True, versions=("v1",))

    with pytest.raises(VerdictPendingError):
        phone.uploads.erase(ANN, "u-1")

    assert phone.attempts.closed == phone.pictures.erased == []
    assert key in phone.verdicts.by_key
