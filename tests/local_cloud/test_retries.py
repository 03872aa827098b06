"""Uploads without a verdict at first: redelivered by RetryQueue, here on a schedule of seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.cloud import LocalCloud
from local.sam_cli import PROJECT
from operations.failed import peek
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.permissions import without_policy
from tests.local_cloud.queues import event_source_disabled, reason_of
from tests.local_cloud.retries import SCHEDULE_SECONDS, RetryTest
from tests.local_cloud.sample_events import s3_event, sample_event
from tests.local_cloud.settings import SHORT_SCHEDULE, function_settings

REDELIVERED_LATE = "a message is redelivered later than scheduled"


@pytest.fixture(scope="module", autouse=True)
def _short_schedule(cloud: LocalCloud) -> Iterator[None]:
    with function_settings(cloud, **SHORT_SCHEDULE):
        yield


def test_an_upload_is_redelivered_until_a_transient_error_passes_and_is_published_once(
    retry_test: RetryTest,
) -> None:
    name = "first-4-error-FailedOperation.ServerError.jpg"
    version = retry_test.upload(name)

    retry_test.collect_until(lambda: bool(retry_test.published(version)))

    assert retry_test.outcomes(version) == [["live"]]
    path = f"/{retry_test.uploader.bucket}/retries/{name}"
    count = retry_test.control.calls().pictures[path]
    assert (count.calls, count.billed) == (5, 1)
    assert {error["reason"] for error in retry_test.log.errors(name)} == {"service_fault"}


def test_without_the_permission_to_delay_it_a_message_is_redelivered_late(
    retry_test: RetryTest,
) -> None:
    with without_policy(retry_test.cloud, "delay-redelivery"):
        version = retry_test.upload("error-InternalError-late.jpg")
        retry_test.collect_until(lambda: REDELIVERED_LATE in retry_test.log.messages(), within=10)
        retry_test.collect_until(lambda: bool(retry_test.published(version)), within=3)

    assert REDELIVERED_LATE in retry_test.log.messages()
    assert len(retry_test.log.errors("error-InternalError-late.jpg")) == 2


def test_in_a_long_outage_an_upload_fails_once_and_a_replay_decides_it(
    retry_test: RetryTest,
) -> None:
    retry_test.control.set_rules({"effect": "drop", "name": "*-down.jpg"})
    # The faults suite waits for all nine attempts (tests/faults/test_outage.py).
    with function_settings(retry_test.cloud, RETRY_MAX_ATTEMPTS="3"):
        live, spoof = retry_test.upload("live-down.jpg"), retry_test.upload("spoof-down.jpg")
        retry_test.collect_until(lambda: {live, spoof} <= retry_test.listed().keys())
        retry_test.collect_until(lambda: False, within=1)

    assert retry_test.outcomes(live, spoof) == [["failed"], ["failed"]]
    reason = "service_unreachable (NoAnswer.ConnectionFailed)"
    listed = retry_test.listed()
    assert (listed[live], listed[spoof]) == (reason, reason)
    queue = retry_test.failed_uploads
    reasons = {
        reason_of(each) for each in peek(queue.sqs, queue.url, most=50) if "-down" in each["Body"]
    }
    assert reasons == {"service_unreachable"}

    retry_test.fix()
    last = retry_test.replay()[-1]
    assert last.moved == last.total >= 2
    retry_test.collect_until(
        lambda: all(len(each) > 1 for each in retry_test.outcomes(live, spoof))
    )

    assert retry_test.outcomes(live, spoof) == [["failed", "live"], ["failed", "not_live"]]
    failed, decided = retry_test.published(live)
    assert failed["id"] != decided["id"]


@pytest.mark.parametrize("code", ["ResourceUnavailable.InArrears", "ActionOffline"])
def test_a_blocked_account_costs_one_call_per_attempt_and_uploads_recover(
    code: str, retry_test: RetryTest
) -> None:
    name = f"live-{code}.jpg"
    retry_test.control.set_rules({"effect": f"error-{code}", "name": name})
    version = retry_test.upload(name)
    retry_test.log.wait_for_errors(name, lambda errors: len(errors) >= 3, within=SCHEDULE_SECONDS)

    retry_test.fix()
    retry_test.collect_until(lambda: bool(retry_test.published(version)))

    assert retry_test.outcomes(version) == [["live"]]
    errors = retry_test.log.errors(name)
    assert {error["reason"] for error in errors} == {"account_blocked"}
    path = f"/{retry_test.uploader.bucket}/retries/{name}"
    count = retry_test.control.calls().pictures[path]
    assert count.outcomes == {code: len(errors), "live": 1}
    logged = retry_test.log.metrics("ProcessingErrors", reason="account_blocked")
    assert len(logged) >= len(errors)


def test_revoked_credentials_cost_one_call_per_attempt_and_uploads_recover(
    retry_test: RetryTest,
) -> None:
    before = retry_test.control.calls().total
    retry_test.control.set_credentials()
    version = retry_test.upload("live-revoked.jpg")
    retry_test.log.wait_for_errors(
        "live-revoked.jpg", lambda errors: len(errors) >= 3, within=SCHEDULE_SECONDS
    )

    retry_test.fix()
    retry_test.collect_until(lambda: bool(retry_test.published(version)))

    assert retry_test.outcomes(version) == [["live"]]
    # The fake does not know which image a call with a refused signature is about.
    calls = retry_test.control.calls(before).calls
    refused = [call for call in calls if call.signature != "verified"]
    errors = [
        error for error in retry_test.log.errors() if error["reason"] == "credentials_refused"
    ]
    assert len(refused) == len(errors) >= 3
    metrics = retry_test.log.metrics("ProcessingErrors", reason="credentials_refused")
    assert len(metrics) == len(errors)


def test_of_a_batch_with_three_poison_messages_seven_get_verdicts_and_three_are_dead_lettered(
    retry_test: RetryTest,
) -> None:
    names = [f"live-batch-{number}.jpg" for number in range(7)]
    with without_bucket_notifications(retry_test.cloud):
        versions = [retry_test.upload(name) for name in names]
    valid = [
        s3_event(retry_test.uploader.bucket, f"retries/{name}", version)
        for name, version in zip(names, versions, strict=True)
    ]
    poison = ["no JSON", '{"Records": [{"eventSource": "aws:ses"}]}', '{"detail": {}}']

    with event_source_disabled(retry_test.cloud):
        retry_test.retry_queue.send(*valid, *poison)
    retry_test.collect_until(lambda: retry_test.failed_uploads.visible() >= len(poison))
    retry_test.collect_until(lambda: all(retry_test.outcomes(*versions)))

    assert retry_test.outcomes(*versions) == [["live"]] * 7
    messages = list(retry_test.failed_uploads.receive_all())
    assert sorted(each["Body"] for each in messages) == sorted(poison)
    assert {reason_of(each) for each in messages} == {"unknown_event"}
    assert max(len(each) for each in retry_test.log.metrics("Deliveries")) > len(poison)
    unread = [error for error in retry_test.log.errors() if "object" not in error]
    assert len(unread) == len(poison)


def from_eventbridge(retry_test: RetryTest, version: str) -> str:
    event = sample_event("eventbridge-object-created")
    event["detail"]["bucket"]["name"] = retry_test.uploader.bucket
    event["detail"]["object"] |= {"key": "retries/live-backfill.jpg", "version-id": version}
    return json.dumps(event)


def from_s3(retry_test: RetryTest, version: str) -> str:
    return s3_event(retry_test.uploader.bucket, "retries/live-backfill.jpg", version)


def through_sns(message: str) -> str:
    return json.dumps(sample_event("sqs-sns-s3") | {"Message": message})


def as_on_failure(event: str) -> str:
    return json.dumps(sample_event("on-failure-s3") | {"requestPayload": json.loads(event)})


def as_documented(retry_test: RetryTest, version: str) -> str:
    """The message that docs/operating.md shows, about another upload."""
    page = (PROJECT / "docs" / "operating.md").read_text()
    event = json.loads(page.partition("```json\n")[2].partition("```")[0])
    event["detail"] |= {
        "bucket": {"name": retry_test.uploader.bucket},
        "object": {"key": "retries/live-backfill.jpg", "version-id": version},
    }
    return json.dumps(event)


def test_a_backfill_can_send_any_envelope_to_retry_queue(retry_test: RetryTest) -> None:
    with without_bucket_notifications(retry_test.cloud):
        versions = [retry_test.upload("live-backfill.jpg") for _ in range(6)]
    s3, bridge, sns, sns_bridge, failure, documented = versions

    retry_test.retry_queue.send(
        from_s3(retry_test, s3),
        from_eventbridge(retry_test, bridge),
        through_sns(from_s3(retry_test, sns)),
        through_sns(from_eventbridge(retry_test, sns_bridge)),
        as_on_failure(from_s3(retry_test, failure)),
        as_documented(retry_test, documented),
    )
    retry_test.collect_until(lambda: all(retry_test.outcomes(*versions)))

    assert retry_test.outcomes(*versions) == [["live"]] * 6
