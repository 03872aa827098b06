"""One upload can be followed from its S3 event to its notification, by its id."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.uploader import Uploader
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.function_log import FunctionLog, LogRecord
from tests.local_cloud.settings import function_settings
from tests.xray_daemon import FakeXRayDaemon, run_xray_daemon

LOGGED_WITHIN_SECONDS = 10.0
SPANS = [
    *("acquire_lease", "read_head", "validate", "detect", "find_reuse", "save"),
    *("publish", "mark_published"),
]

type Subsegment = Mapping[str, Any]


@pytest.fixture(scope="module")
def daemon(cloud: LocalCloud) -> Iterator[FakeXRayDaemon]:
    with (
        run_xray_daemon() as daemon,
        function_settings(
            cloud, AWS_XRAY_DAEMON_ADDRESS=daemon.address, POWERTOOLS_LOG_LEVEL="DEBUG"
        ),
    ):
        yield daemon


@pytest.fixture
def log(cloud: LocalCloud, daemon: FakeXRayDaemon) -> FunctionLog:
    return FunctionLog(cloud)


def wait_for[Found](find: Callable[[], Sequence[Found]], count: int = 1) -> Sequence[Found]:
    """What is found once there are so many, or as it is when the time is up."""
    end = time.monotonic() + LOGGED_WITHIN_SECONDS
    while len(found := find()) < count and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_one_query_by_upload_id_finds_the_event_each_span_and_the_notification(
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    log: FunctionLog,
) -> None:
    key = "observability/first-1-error-InternalError.jpg"
    version = uploader.upload(key, selfie, subject="ann")
    notification = wait_for_notification(version)
    upload_id = notification.record["id"]

    def processed() -> Sequence[LogRecord]:
        return [each for each in log.records_of(upload_id) if each["message"] == "upload processed"]

    (record,) = wait_for(processed)
    assert (record["object"], record["version"]) == (notification.record["object"], version)
    assert record["sequencer"]
    assert record["sns_message_id"] == notification.message_id
    assert record["request_id"] == notification.record["request_id"]
    assert sorted(record["durations_ms"]) == sorted(SPANS)
    assert [each.get("code") for each in record["detection_attempts"]] == ["InternalError", None]
    assert record["upload_to_publish_ms"] >= sum(
        record["durations_ms"][span] for span in ("detect", "save", "publish")
    )
    debug = [
        each["span"] for each in log.records_of(upload_id) if each["message"] == "span finished"
    ]
    assert sorted(debug) == sorted(SPANS)


def test_a_trace_has_a_subsegment_for_each_span_and_the_outcome_as_annotation(
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    daemon: FakeXRayDaemon,
) -> None:
    version = uploader.upload("observability/spoof.jpg", selfie)
    upload_id = wait_for_notification(version).record["id"]

    def subsegments() -> Sequence[Subsegment]:
        sent = daemon.segments()
        of_upload = [each for each in sent if annotations_of(each).get("upload_id") == upload_id]
        # Each subsegment is sent when it ends, with the id of the one around it.
        parents = {each["id"] for each in of_upload}
        return of_upload + [each for each in sent if each["parent_id"] in parents]

    of_upload, *of_spans = wait_for(subsegments, 1 + len(SPANS))
    assert annotations_of(of_upload) == {"upload_id": upload_id, "outcome": "not_live"}
    assert sorted(each["name"] for each in of_spans) == sorted(f"## {span}" for span in SPANS)


def test_an_error_is_logged_with_the_spans_so_far_and_the_codes_of_the_service(
    uploader: Uploader, selfie: bytes, log: FunctionLog
) -> None:
    uploader.upload("observability/first-1-error-ActionOffline.jpg", selfie)

    (record, *_) = log.wait_for_errors("first-1-error-ActionOffline.jpg", bool, within=10)
    assert [each["code"] for each in record["detection_attempts"]] == ["ActionOffline"]
    assert {"acquire_lease", "read_head", "detect", "release_lease"} <= set(record["durations_ms"])
    assert "sns_message_id" not in record


def annotations_of(subsegment: Subsegment) -> Subsegment:
    found: Subsegment = subsegment.get("annotations", {})
    return found
