"""The function's process killed between any two of its operations, by SIGKILL, from outside.

The emulator handles a process that dies as AWS does: an asynchronous invocation has failed, and
its event goes to RetryQueue; a batch of the queue is redelivered after its visibility timeout.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from liveness.verdict_record import iso_8601
from tests.faults.fault_rules import Fault, FaultRule
from tests.faults.function_requests import Operation
from tests.faults.harness import Harness, without_waiting
from tests.faults.report import ScenarioResult
from tests.faults.uploads import SentUpload, plan_uploads
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.polling import wait_until

# A lease lasts 70 s longer: eight attempts in 77 s outlast it, as those of an hour outlast the real
# one. Some uploads wait so long; the leases of the others are made to expire at once.
DETECTION_SECONDS = 5
FIRST_DELAY = LONGEST_DELAY = 11
VISIBILITY = 20
WITHIN_SECONDS = 200.0
KILLED_WITHIN_SECONDS = 60.0
# Each costs the emulator a new process.
KILLS_AT_A_TIME = 2
UPLOADS_EACH = int(os.environ.get("KILLS", "3"))

POINTS: Mapping[str, tuple[Fault, Operation]] = {
    f"{when} {operation}": (fault, operation)
    for operation in (
        *(Operation.GET_SECRET, Operation.ACQUIRE_LEASE, Operation.READ_HEAD, Operation.DETECT),
        *(Operation.SAVE, Operation.PUBLISH, Operation.MARK_PUBLISHED),
    )
    for when, fault in (("before", Fault.KILL_BEFORE), ("after", Fault.KILL_AFTER))
}
QUEUE_POINTS = (
    *("after acquire_lease", "after detect", "after save", "after publish"),
    "after mark_published",
)
SECRET_POINTS = [point for point, (_, each) in POINTS.items() if each is Operation.GET_SECRET]
# The head is read while the lease is being acquired: nobody knows whether it was acquired.
BESIDE_THE_LEASE = ("before read_head", "after read_head")
# The service had answered, and the table did not have the verdict yet.
BETWEEN_DETECTION_AND_SAVE = {"after detect", "before save"}
ALL_POINTS = [*POINTS, *(f"{point}, from the queue" for point in QUEUE_POINTS)]


@pytest.fixture(scope="module")
def results(harness: Harness) -> Mapping[str, ScenarioResult]:
    """What became of uploads, by where their function was killed and how it received them."""
    with harness.configured(
        proxied=True,
        first_delay=FIRST_DELAY,
        longest_delay=LONGEST_DELAY,
        detection_seconds=DETECTION_SECONDS,
        visibility=VISIBILITY,
    ):
        since = time.monotonic()
        sent = [from_queue(harness, point) for point in QUEUE_POINTS]
        sent += from_bucket(harness, BESIDE_THE_LEASE)
        sent += [each for point in SECRET_POINTS for each in without_secret(harness, point)]
        others = [each for each in POINTS if each not in (*BESIDE_THE_LEASE, *SECRET_POINTS)]
        sent += from_bucket(harness, others, and_then=expire_lease)
        harness.settle(sent, within=WITHIN_SECONDS)
        seconds = time.monotonic() - since
        return {
            point: harness.observe(f"killed {point}", in_folder(sent, point), seconds)
            for point in ALL_POINTS
        }


def from_queue(harness: Harness, point: str) -> SentUpload:
    """Send one upload through the queue, alone in its batch, and kill its function."""
    folder = folder_of(f"{point}, from the queue")
    harness.rules.set(rule_for(point, folder))
    with without_bucket_notifications(harness.cloud):
        (sent,) = harness.upload(plan_uploads(folder, 1), and_then=without_waiting)
    harness.function.send(sent.event())
    wait_for_kills(harness, 1, point)
    return sent


def without_secret(harness: Harness, point: str) -> list[SentUpload]:
    """Upload, and kill the first functions that fetch the secret: that request names no upload."""
    fault, operation = POINTS[point]
    # A function that has the secret already fetches it again when its key is refused.
    name = f"*-{point.replace(' ', '-')}-*"
    refused = {"effect": "error-AuthFailure.SignatureFailure", "name": name, "times": 1}
    harness.cloud.detectliveface.control.set_rules(refused)
    harness.rules.set(FaultRule(fault, frozenset({operation}), times=UPLOADS_EACH))
    planned = plan_uploads(folder_of(point), UPLOADS_EACH)
    sent = harness.upload(planned, and_then=without_waiting)
    wait_for_kills(harness, UPLOADS_EACH, point)
    for each in sent:
        expire_lease(harness, each)
    return sent


def from_bucket(
    harness: Harness,
    points: Sequence[str],
    *,
    and_then: Callable[[Harness, SentUpload], None] | None = None,
) -> list[SentUpload]:
    """Upload, and kill the function of each upload at its first attempt."""
    folders = {folder_of(point): point for point in points}
    harness.rules.set(*(rule_for(point, folder) for folder, point in folders.items()))

    def wait_until_killed(_number: int, sent: SentUpload) -> None:
        wait_until(
            lambda: any(request.object == sent.path for _, request in list(harness.rules.injected)),
            within=KILLED_WITHIN_SECONDS,
            what=f"killed {sent.path}",
        )
        if and_then:
            and_then(harness, sent)

    planned = [each for folder in folders for each in plan_uploads(folder, UPLOADS_EACH)]
    return harness.upload(planned, and_then=wait_until_killed, concurrency=KILLS_AT_A_TIME)


def expire_lease(harness: Harness, sent: SentUpload) -> None:
    """Let the lease on an upload expire now, if there is one."""
    with suppress(ClientError):
        harness.cloud.client("dynamodb").update_item(
            TableName=harness.cloud.outputs["VerdictsTableName"],
            Key={"object": {"S": sent.object}, "version": {"S": sent.version}},
            UpdateExpression="SET lease_expires_at = :now",
            ConditionExpression=(
                "attribute_exists(lease_token_hash) AND attribute_not_exists(outcome)"
            ),
            ExpressionAttributeValues={":now": {"S": iso_8601(datetime.now(UTC))}},
        )


def folder_of(point: str) -> str:
    return f"killed/{point}"


def in_folder(sent: Sequence[SentUpload], point: str) -> list[SentUpload]:
    return [each for each in sent if each.planned.folder == folder_of(point)]


def rule_for(point: str, folder: str) -> FaultRule:
    fault, operation = POINTS[point]
    return FaultRule(fault, frozenset({operation}), f"*/{folder}/*", times=1)


def wait_for_kills(harness: Harness, times: int, point: str) -> None:
    wait_until(
        lambda: harness.rules.injected.total() == times,
        within=KILLED_WITHIN_SECONDS,
        what=f"{times} killed {point}",
    )


@pytest.mark.parametrize("point", ALL_POINTS)
def test_the_upload_of_a_killed_function_ends_with_one_row_and_is_published(
    results: Mapping[str, ScenarioResult], point: str
) -> None:
    result = results[point]

    assert result.rows == result.ids == len(result.uploads)
    assert (result.wrong, result.lost) == (0, 0)
    assert set(result.outcomes) <= {"live", "not_live"}


@pytest.mark.parametrize("point", ALL_POINTS)
def test_a_call_is_billed_twice_only_where_its_verdict_was_not_saved_yet(
    results: Mapping[str, ScenarioResult], point: str
) -> None:
    is_twice = point.partition(",")[0] in BETWEEN_DETECTION_AND_SAVE

    assert {upload.billed for upload in results[point].uploads} == {2 if is_twice else 1}
