"""One upload can be followed from its S3 event to its announcement, by its id."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.phone import Phone
from local.subscriber import Announcement
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.settings import settings
from tests.traced import Daemon, xray_daemon

TOLD_WITHIN_SECONDS = 10.0
STEPS = ["claim", "look", "examine", "ask", "record", "announce", "mark"]

type Segment = Mapping[str, Any]


@pytest.fixture(scope="module")
def daemon(cloud: LocalCloud) -> Iterator[Daemon]:
    with (
        xray_daemon() as daemon,
        settings(cloud, AWS_XRAY_DAEMON_ADDRESS=daemon.address, POWERTOOLS_LOG_LEVEL="DEBUG"),
    ):
        yield daemon


@pytest.fixture
def log(cloud: LocalCloud, daemon: Daemon) -> FunctionLog:
    return FunctionLog(cloud)


def once[Found](look: Callable[[], Sequence[Found]], wanted: int = 1) -> Sequence[Found]:
    """What is found once so much is there; as it is when the time is up."""
    end = time.monotonic() + TOLD_WITHIN_SECONDS
    while len(found := look()) < wanted and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_one_query_on_its_id_tells_what_s3_said_each_step_and_the_announcement(
    phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement], log: FunctionLog
) -> None:
    version = phone.upload("story/first-1-error-InternalError.jpg", selfie, subject="ann")
    announcement = answer_to(version)
    upload_id = announcement.facts["id"]

    def story() -> Sequence[Mapping[str, Any]]:
        return [line for line in log.of(upload_id) if line["message"] == "upload checked"]

    (line,) = once(story)
    assert (line["object"], line["version"]) == (announcement.facts["object"], version)
    assert line["sequencer"]
    assert line["announcement"] == announcement.message_id
    assert line["request_id"] == announcement.facts["request_id"]
    assert sorted(line["steps"]) == sorted(STEPS)
    assert [attempt.get("code") for attempt in line["attempts"]] == ["InternalError", None]
    assert line["upload_to_announcement_ms"] >= sum(
        line["steps"][step] for step in ("ask", "record", "announce")
    )
    debug = [line["step"] for line in log.of(upload_id) if line["message"] == "step taken"]
    assert sorted(debug) == sorted(STEPS)


def test_a_trace_has_a_subsegment_for_each_step_and_the_outcome_as_annotation(
    phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement], daemon: Daemon
) -> None:
    upload_id = answer_to(phone.upload("story/spoof.jpg", selfie)).facts["id"]

    def traced() -> Sequence[Segment]:
        told = daemon.segments()
        around = [each for each in told if noted_on(each).get("upload_id") == upload_id]
        # X-Ray's SDK tells each subsegment as it ends, with the one that it is in.
        return around + [each for each in told if each["parent_id"] in {it["id"] for it in around}]

    around, *steps = once(traced, 1 + len(STEPS))
    assert noted_on(around) == {"upload_id": upload_id, "outcome": "not_live"}
    assert sorted(step["name"] for step in steps) == sorted(f"## {step}" for step in STEPS)


def test_a_fault_is_told_with_the_steps_that_were_taken_and_what_the_service_said(
    phone: Phone, selfie: bytes, log: FunctionLog
) -> None:
    phone.upload("story/first-1-error-ActionOffline.jpg", selfie)

    (line, *_) = log.faults_once("first-1-error-ActionOffline.jpg", bool, within=10)
    assert [attempt["code"] for attempt in line["attempts"]] == ["ActionOffline"]
    assert {"claim", "look", "ask", "release"} <= set(line["steps"])
    assert "announcement" not in line


def noted_on(segment: Segment) -> Segment:
    told: Segment = segment.get("annotations", {})
    return told
