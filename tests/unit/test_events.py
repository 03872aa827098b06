"""An upload is the same upload in every event that can carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from liveness.events import uploads_in
from liveness.models import Upload
from tests.unit.sample_events import (
    EVENTS,
    LIVE,
    SAMPLES,
    by_the_second,
    eventbridge,
    queued,
    read,
    s3,
)

AGAIN = Upload(
    bucket="selfie-liveness-123456789012-ap-southeast-1-an",
    key="selfies/7f3a9c/again.png",
    version="pQ7mYx0Zc5TnV2bWkR8sLd1fHj4gAe6U",
    uploaded_at=datetime(2026, 11, 20, 9, 41, 20, 7_000, tzinfo=UTC),
    size=901_120,
    sequencer="00691EE1B07E11F3C8",
)
THIRD = Upload(
    bucket="selfie-liveness-123456789012-ap-southeast-1-an",
    key="selfies/c0ffee/third.bmp",
    version="Nn8bVv6cXx4zLl2kJj0hGg9fDd7sAa5P",
    uploaded_at=datetime(2026, 11, 20, 9, 41, 29, 250_000, tzinfo=UTC),
    size=2_097_152,
    sequencer="00691EE1B9A0C4D2E7",
)
NAMED = replace(LIVE, key="selfies/München + 北京/100% %41.jpg")
UNVERSIONED = replace(LIVE, version="etag:b21b84d653bb07b05b1e6b33684dc11b")
MULTIPART = replace(LIVE, size=12_582_912)


UPLOADS: Mapping[str, list[Upload]] = {
    "s3-object-created": [LIVE],
    "s3-object-created-copy": [LIVE],
    "s3-object-created-key-encoded": [NAMED],
    "s3-object-created-multipart": [MULTIPART],
    "s3-object-created-post": [LIVE],
    "s3-object-created-unversioned": [UNVERSIONED],
    "s3-object-created-versioning-suspended": [UNVERSIONED],
    "s3-object-removed": [],
    "s3-test-event": [],
    "s3-two-objects-created": [LIVE, AGAIN],
    "eventbridge-object-created": [by_the_second(LIVE)],
    "eventbridge-object-created-key-not-encoded": [by_the_second(NAMED)],
    "eventbridge-object-created-multipart": [by_the_second(MULTIPART)],
    "eventbridge-object-created-unversioned": [by_the_second(UNVERSIONED)],
    "eventbridge-object-deleted": [],
    "sns-s3": [LIVE],
    "sns-eventbridge": [by_the_second(LIVE)],
    "sqs-s3": [LIVE],
    "sqs-s3-test-event": [],
    "sqs-eventbridge": [by_the_second(LIVE)],
    "sqs-sns-s3": [LIVE],
    "sqs-sns-eventbridge": [by_the_second(LIVE)],
    "sqs-sns-raw-s3": [LIVE],
    "on-failure-s3": [LIVE],
    "sqs-on-failure-s3": [LIVE],
    "sqs-on-failure-eventbridge": [by_the_second(LIVE)],
    "sqs-on-failure-sns-s3": [LIVE],
    "sqs-on-failure-sqs-sns-s3": [LIVE],
    "sqs-deferred-verdict": [LIVE],
    "sqs-batch-mixed": [LIVE, by_the_second(AGAIN), THIRD, NAMED],
}
UNREADABLE = {"sqs-batch-one-unreadable"}


@pytest.mark.parametrize("name", UPLOADS)
def test_every_upload_of_a_sample_is_parsed(name: str) -> None:
    assert list(uploads_in(SAMPLES[name])) == UPLOADS[name]


def test_every_sample_is_parsed_here_and_listed_in_the_readme() -> None:
    assert set(SAMPLES) == set(UPLOADS) | UNREADABLE
    readme = (EVENTS / "README.md").read_text()
    assert [name for name in SAMPLES if f"`{name}.json`" not in readme] == []


def test_an_upload_has_the_same_id_in_every_event() -> None:
    ids = {
        upload.id
        for uploads in UPLOADS.values()
        for upload in uploads
        if (upload.key, upload.version) == (LIVE.key, LIVE.version)
    }
    assert ids == {LIVE.id}


def test_an_unreadable_message_does_not_affect_the_others() -> None:
    uploads, text = read(SAMPLES["sqs-batch-one-unreadable"])
    assert uploads == [LIVE, AGAIN]
    assert text == "Records[1].body: not JSON"


@pytest.mark.parametrize("name", ["sqs-batch-mixed", "s3-two-objects-created", "sns-s3"])
def test_single_records_yield_the_same_uploads_as_the_whole_event(name: str) -> None:
    records = SAMPLES[name]["Records"]
    assert [upload for record in records for upload in uploads_in(record)] == UPLOADS[name]


def test_an_event_without_records_has_no_uploads() -> None:
    assert list(uploads_in({"Records": []})) == []


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ({"key": None}, "key: missing"),
        ({"key": 7}, "key: not text"),
        ({"key": ["a"]}, "key: not text"),
        ({"key": ""}, "key: not 1 to 1,024 bytes long"),
        ({"key": "a" * 1025}, "key: not 1 to 1,024 bytes long"),
        ({"key": "\U0001f642" * 256 + "a"}, "key: not 1 to 1,024 bytes long"),
        ({"key": "\ud800"}, "key: not UTF-8"),
        ({"versionId": 7}, "versionId: not text"),
        ({"versionId": {}}, "versionId: not text"),
        ({"versionId": ""}, "versionId: not of the form S3 gives it"),
        ({"versionId": "etag:0"}, "versionId: not of the form S3 gives it"),
        ({"versionId": "a b"}, "versionId: not of the form S3 gives it"),
        ({"versionId": "a\n"}, "versionId: not of the form S3 gives it"),
        ({"versionId": "null", "eTag": None}, "eTag: missing"),
        ({"versionId": None, "eTag": "\u00e9"}, "eTag: not of the form S3 gives it"),
        ({"size": -1}, "size: not a number of bytes"),
        ({"size": 2**63}, "size: not a number of bytes"),
        ({"size": True}, "size: not a number of bytes"),
        ({"size": 1.0}, "size: not a number of bytes"),
        ({"size": "1"}, "size: not a number of bytes"),
        ({"sequencer": 7}, "sequencer: not text"),
        ({"sequencer": ""}, "sequencer: not of the form S3 gives it"),
    ],
)
def test_the_error_names_a_field_that_s3_would_not_send(stored: dict[str, Any], text: str) -> None:
    assert read(s3(**stored)) == ([], f"Records[0].s3.object.{text}")
    names = {"versionId": "version-id", "eTag": "etag"}
    event = eventbridge(**{names.get(name, name): value for name, value in stored.items()})
    field, _, lack = text.partition(":")
    assert read(event) == ([], f"detail.object.{names.get(field, field)}:{lack}")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"eventVersion": "3.0"}, "eventVersion: not of the form S3 gives it"),
        ({"eventVersion": "20.1"}, "eventVersion: not of the form S3 gives it"),
        ({"eventVersion": None}, "eventVersion: missing"),
        ({"eventName": None}, "not an event that can carry an upload"),
        ({"eventSource": "aws:s4"}, "not an event that can carry an upload"),
        ({"s3": None}, "s3: missing"),
        ({"s3": []}, "s3: not an object"),
        ({"s3": {"object": "a"}}, "s3.bucket: missing"),
        ({"s3": {"bucket": {"name": "a/b"}}}, "s3.bucket.name: not of the form S3 gives it"),
        ({"s3": {"bucket": {"name": ""}}}, "s3.bucket.name: not of the form S3 gives it"),
        ({"s3": {"bucket": {"name": "b"}}}, "s3.object: missing"),
        ({"eventTime": None}, "eventTime: missing"),
        ({"eventTime": 1795167667}, "eventTime: not text"),
        ({"eventTime": "yesterday"}, "eventTime: not a time in ISO 8601"),
        ({"eventTime": "2026-11-20T09:41:07"}, "eventTime: not a time with its zone"),
        ({"eventTime": "2026-02-30T09:41:07Z"}, "eventTime: not a time in ISO 8601"),
        ({"eventTime": "0001-01-01T00:00:00+12:00"}, "eventTime: not a time in ISO 8601"),
        ({"eventTime": "\ud800"}, "eventTime: not a time in ISO 8601"),
    ],
)
def test_the_error_names_a_record_that_s3_would_not_send(fields: dict[str, Any], text: str) -> None:
    event = s3()
    event["Records"].append(event["Records"][0] | fields)
    separator = ": " if text.startswith("not ") else "."
    assert read(event) == ([LIVE], f"Records[1]{separator}{text}")


def test_a_key_that_does_not_decode_to_utf_8_is_refused() -> None:
    assert read(s3(key="selfies/%FF.jpg")) == ([], "Records[0].s3.object.key: not UTF-8")


def test_a_time_in_another_zone_is_converted_to_utc() -> None:
    event = SAMPLES["eventbridge-object-created"] | {"time": "2026-11-20T17:41:07+08:00"}
    [upload] = uploads_in(event)
    assert upload == by_the_second(LIVE)
    assert upload.uploaded_at.tzinfo is UTC


def test_size_and_sequencer_may_be_absent() -> None:
    [upload] = uploads_in(s3(size=None, sequencer=None))
    assert upload == replace(LIVE, size=None, sequencer=None)


@pytest.mark.parametrize("size", [0, 2**63 - 1])
def test_an_object_may_be_empty_or_as_large_as_64_bits_count(size: int) -> None:
    [upload] = uploads_in(s3(size=size))
    assert upload == replace(LIVE, size=size)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (None, "event: missing"),
        ([], "event: not an event that can carry an upload"),
        ({}, "event: not an event that can carry an upload"),
        ({"Records": {}}, "event: not an event that can carry an upload"),
        ({"Records": [None, 7]}, "Records[0]: missing; Records[1]: not an event"),
        ({"Records": [{"eventSource": "aws:sqs"}]}, "Records[0].body: missing"),
        ({"Records": [{"eventSource": "aws:sqs", "body": {}}]}, "Records[0].body: not text"),
        ({"Records": [{"EventSource": "aws:sns"}]}, "Records[0].Sns: missing"),
        ({"Records": [{"EventSource": "aws:sns", "Sns": ""}]}, "Records[0].Sns: not an object"),
        ({"Type": "Notification", "TopicArn": "arn", "Message": "x"}, "Message: not JSON"),
        ({"requestContext": {"functionArn": "arn"}}, "requestPayload: missing"),
        ({"source": "aws.s3", "detail-type": "Object Created"}, "detail: missing"),
        (queued("7"), "Records[0].body: not an event"),
        (queued("[" * 100_000), "Records[0].body: not JSON"),
        (queued("7" * 5_000), "Records[0].body: not JSON"),
        (queued('{"Records": [NaN, -Infinity]}'), "Records[0].body.Records[0]: not an event"),
    ],
)
def test_the_error_names_an_event_of_unknown_shape(event: Any, text: str) -> None:
    uploads, error = read(event)
    assert uploads == []
    assert error.startswith(text)


def on_failure(payload: Any, times: int) -> Any:
    for _ in range(times):
        payload = SAMPLES["on-failure-s3"] | {"requestPayload": payload}
    return payload


def test_nesting_has_a_limit() -> None:
    assert read(on_failure(s3(), 15)) == ([LIVE], "")
    for times in (16, 50_000):
        uploads, text = read(on_failure(s3(), times))
        assert uploads == []
        assert text.endswith(": inside too many envelopes")


def test_an_error_names_ten_places_and_counts_the_others() -> None:
    assert read(queued(*["x"] * 10))[1].endswith("; Records[9].body: not JSON")
    _, text = read(queued(*["x"] * 25))
    assert text.startswith("Records[0].body: not JSON; Records[1].body: not JSON; ")
    assert text.endswith("; Records[9].body: not JSON; and 15 more")
