"""From the token to the status: every outcome as the phone sees it, and what is stored of it."""

from __future__ import annotations

import pytest

from local.cloud import LocalCloud
from local.sample_images import SampleImage
from tests.local_cloud.polling import wait_until
from tests.local_cloud.table import Table
from tests.local_cloud.upload_api.people import (
    Evidence,
    Person,
    code_of,
    detectliveface_answers,
)


def test_a_live_person_uploads_and_reads_live(
    person: Person, next_selfie: bytes, evidence: Evidence, table: Table
) -> None:
    upload = person.uploaded(next_selfie, consent_id="consent-7f3a")
    answer = person.answer(upload)

    assert set(answer) == {"upload_id", "status", "decided_at"}
    assert (answer["upload_id"], answer["status"]) == (upload["upload_id"], "live")
    record = evidence.notifications_until(upload)[-1].record
    row = table.row(record)
    for stored in (row, record):
        assert (stored["outcome"], stored["subject"]) == ("live", person.subject)
        assert stored["consent_id"] == "consent-7f3a"
        assert stored["object"].endswith(f"/{upload['fields']['key']}")


@pytest.mark.parametrize("effect", ["spoof", "score-3"])
def test_an_attack_is_not_live_and_has_no_score(
    effect: str, cloud: LocalCloud, person: Person, next_selfie: bytes
) -> None:
    with detectliveface_answers(cloud, next_selfie, effect):
        answer = person.answer(person.uploaded(next_selfie))

    assert set(answer) == {"upload_id", "status", "decided_at"}
    assert answer["status"] == "not_live"


def test_a_retake_says_what_to_do(person: Person, sample_images: dict[str, SampleImage]) -> None:
    answer = person.answer(person.uploaded(sample_images["landscape.jpg"].path.read_bytes()))

    assert (answer["status"], answer["reason"]) == ("retake", "aspect_ratio")
    assert answer["advice"].endswith(".")


def test_an_upload_is_pending_until_its_picture_comes(person: Person, next_selfie: bytes) -> None:
    upload = person.started(next_selfie)

    answer = person.phone.status(upload["upload_id"], wait=1).json()

    assert answer["status"] == "pending"
    assert answer["expires_at"] == upload["expires_at"]


def test_a_long_poll_ends_with_a_verdict_that_comes_meanwhile(
    cloud: LocalCloud, person: Person, next_selfie: bytes
) -> None:
    with detectliveface_answers(cloud, next_selfie, "slow-2500"):
        upload = person.uploaded(next_selfie)
        at_once = person.phone.status(upload["upload_id"]).json()
        answer = person.phone.status(upload["upload_id"], wait=20).json()

    assert (at_once["status"], answer["status"]) == ("pending", "live")


def test_one_idempotency_key_is_one_upload(person: Person, next_selfie: bytes) -> None:
    first, again = (person.started(next_selfie, key="key-1") for _ in range(2))

    assert again == first


def test_a_second_upload_waits_for_the_first(person: Person, next_selfie: bytes) -> None:
    upload = person.started(next_selfie)

    refused = person.phone.start(len(next_selfie))

    assert code_of(refused) == (409, "upload_open")
    assert refused.json()["upload_id"] == upload["upload_id"]
    assert 0 < int(refused.headers["retry-after"]) <= 300


def test_an_erased_upload_leaves_neither_picture_nor_row(
    person: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    upload = person.uploaded(next_selfie)
    person.answer(upload)

    assert person.phone.erase(upload["upload_id"]).status_code == 204
    assert evidence.versions(upload) == []
    assert evidence.rows_of(person.subject) == []
    for after in (
        person.phone.status(upload["upload_id"]),
        person.phone.erase(upload["upload_id"]),
    ):
        assert code_of(after) == (404, "upload_not_found")


def test_an_upload_that_is_erased_is_open_no_longer(person: Person, next_selfie: bytes) -> None:
    person.phone.erase(person.started(next_selfie)["upload_id"])

    assert person.started(next_selfie)


def test_nothing_is_erased_while_the_verdict_is_being_decided(
    cloud: LocalCloud, person: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    with detectliveface_answers(cloud, next_selfie, "slow-2500"):
        upload = person.uploaded(next_selfie)
        wait_until(lambda: evidence.is_being_decided(upload), what="a lease")
        refused = person.phone.erase(upload["upload_id"])
        answer = person.answer(upload)

    assert code_of(refused) == (409, "verdict_pending")
    assert int(refused.headers["retry-after"]) > 0
    assert answer["status"] == "live"
    assert len(evidence.versions(upload)) == 1


def test_a_form_is_for_one_picture_and_a_second_one_is_not_judged(
    cloud: LocalCloud, person: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    with detectliveface_answers(cloud, next_selfie, "spoof"):
        upload = person.uploaded(next_selfie)
        assert person.answer(upload)["status"] == "not_live"
    better = next_selfie + b"better"

    assert person.phone.send(upload, better).status_code == 204

    assert evidence.notifications_until(upload)[-1].record["outcome"] == "not_live"
    second = evidence.notifications_until(upload)[-1].record
    assert (second["outcome"], second["reason"]) == ("retake", "upload_used")
    assert second["subject"] == person.subject
    assert person.answer(upload)["status"] == "not_live"
    path = f"/{cloud.upload_bucket}/{upload['fields']['key']}"
    assert cloud.detectliveface.control.calls().pictures[path].billed == 1


def test_after_erasing_an_upload_its_form_is_of_no_use(
    person: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    upload = person.started(next_selfie)
    assert person.phone.erase(upload["upload_id"]).status_code == 204

    assert person.phone.send(upload, next_selfie).status_code == 204

    published = evidence.notifications_until(upload)[-1].record
    assert (published["outcome"], published["reason"]) == ("retake", "upload_used")
    assert code_of(person.phone.status(upload["upload_id"])) == (404, "upload_not_found")
