"""Attempts are limited for each person, however many requests arrive at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.local_cloud.upload_api.people import Person, code_of

AT_ONCE = 50
LIMIT, LOCKOUT_SECONDS = 5, 1800

UPLOAD_OPEN, TOO_MANY = (409, "upload_open"), (429, "too_many_attempts")
# Requests that met others of the same person, and those for which the machine had no more room.
BUSY = {(409, "request_in_progress"), (429, ""), (503, "unavailable")}


def start_at_once(person: Person) -> Counter[tuple[int, str]]:
    """Start 50 uploads of one person at the same time, and count the answers."""

    def start(_: int) -> tuple[int, str]:
        response = person.phone.start(1)
        return response.status_code, response.json().get("code", "")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(threads.map(start, range(AT_ONCE)))


def start_and_erase(person: Person, times: int) -> None:
    for _ in range(times):
        person.phone.erase(person.started(b"x")["upload_id"])


def test_of_fifty_requests_at_once_one_opens_an_upload(person: Person) -> None:
    answers = start_at_once(person)

    assert answers[201, ""] <= 1
    assert set(answers) <= {(201, ""), UPLOAD_OPEN, *BUSY}
    # Also where the one that opened it did not get its answer.
    assert code_of(person.phone.start(1)) == UPLOAD_OPEN


def test_fifty_requests_at_once_never_start_a_sixth_upload(person: Person) -> None:
    start_and_erase(person, LIMIT - 1)

    fifth = start_at_once(person)
    open_upload = person.phone.start(1)
    person.phone.erase(open_upload.json()["upload_id"])
    sixth = start_at_once(person)

    assert fifth[201, ""] <= 1
    assert code_of(open_upload) == UPLOAD_OPEN
    assert (201, "") not in sixth
    assert TOO_MANY in sixth


def test_a_lockout_says_how_long_and_is_one_persons_own(
    person: Person, new_person: Callable[[], Person]
) -> None:
    start_and_erase(person, LIMIT)

    refused = person.phone.start(1)

    assert code_of(refused) == TOO_MANY
    assert 0 < int(refused.headers["retry-after"]) <= LOCKOUT_SECONDS
    assert new_person().started(b"x")
