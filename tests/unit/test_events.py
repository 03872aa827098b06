"""Whatever envelope an upload arrives in, it is the same upload."""

import copy
import json
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveness.errors import NotAnUpload
from liveness.events import uploads_in
from liveness.model import Upload

# How fast a busy machine is decides no test.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES: Mapping[str, Any] = {
    file.stem: json.loads(file.read_text())
    for file in sorted(EVENTS.glob("*.json"))
    if not file.name.endswith(".schema.json")
}

LIVE = Upload(
    bucket="selfie-liveness-uploads-123456789012",
    key="selfies/7f3a9c/live.jpg",
    version="3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH",
    uploaded_at=datetime(2026, 11, 20, 9, 41, 7, 318_000, tzinfo=UTC),
    size=184_320,
    sequencer="00691EE1A33C5D0A42",
)
AGAIN = Upload(
    bucket="selfie-liveness-uploads-123456789012",
    key="selfies/7f3a9c/again.png",
    version="pQ7mYx0Zc5TnV2bWkR8sLd1fHj4gAe6U",
    uploaded_at=datetime(2026, 11, 20, 9, 41, 20, 7_000, tzinfo=UTC),
    size=901_120,
    sequencer="00691EE1B07E11F3C8",
)
THIRD = Upload(
    bucket="selfie-liveness-uploads-123456789012",
    key="selfies/c0ffee/third.bmp",
    version="Nn8bVv6cXx4zLl2kJj0hGg9fDd7sAa5P",
    uploaded_at=datetime(2026, 11, 20, 9, 41, 29, 250_000, tzinfo=UTC),
    size=2_097_152,
    sequencer="00691EE1B9A0C4D2E7",
)
NAMED = replace(LIVE, key="selfies/München + 北京/100% %41.jpg")
UNVERSIONED = replace(LIVE, version="etag:b21b84d653bb07b05b1e6b33684dc11b")
MULTIPART = replace(LIVE, size=12_582_912)


def by_the_second(upload: Upload) -> Upload:
    return replace(upload, uploaded_at=upload.uploaded_at.replace(microsecond=0))


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
    "sqs-judgement-kept": [LIVE],
    "sqs-batch-mixed": [LIVE, by_the_second(AGAIN), THIRD, NAMED],
}
UNREADABLE = {"sqs-batch-one-unreadable"}


def s3(**stored: object) -> dict[str, Any]:
    """The plain S3 notification with a few fields of its object changed."""
    event: dict[str, Any] = copy.deepcopy(SAMPLES["s3-object-created"])
    event["Records"][0]["s3"]["object"] |= stored
    return event


def eventbridge(**stored: object) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(SAMPLES["eventbridge-object-created"])
    event["detail"]["object"] |= stored
    return event


def queued(*bodies: str) -> dict[str, Any]:
    record = SAMPLES["sqs-s3"]["Records"][0]
    return {"Records": [record | {"body": body} for body in bodies]}


def read(event: Any) -> tuple[list[Upload], str]:
    """What could be read, and the error's text, empty where there was none."""
    uploads: list[Upload] = []
    try:
        uploads.extend(uploads_in(event))
    except NotAnUpload as problem:
        return uploads, str(problem)
    return uploads, ""


@pytest.mark.parametrize("name", UPLOADS)
def test_a_sample_is_translated_in_full(name: str) -> None:
    assert list(uploads_in(SAMPLES[name])) == UPLOADS[name]


def test_every_sample_is_translated_here_and_listed_in_the_readme() -> None:
    assert set(SAMPLES) == set(UPLOADS) | UNREADABLE
    readme = (EVENTS / "README.md").read_text()
    assert [name for name in SAMPLES if f"`{name}.json`" not in readme] == []


def test_an_upload_has_one_id_whatever_it_arrives_in() -> None:
    ids = {
        upload.id
        for uploads in UPLOADS.values()
        for upload in uploads
        if (upload.key, upload.version) == (LIVE.key, LIVE.version)
    }
    assert ids == {LIVE.id}


def test_an_unreadable_message_costs_no_other_message_its_verdict() -> None:
    uploads, text = read(SAMPLES["sqs-batch-one-unreadable"])
    assert uploads == [LIVE, AGAIN]
    assert text == "Records[1].body: not JSON"


@pytest.mark.parametrize("name", ["sqs-batch-mixed", "s3-two-objects-created", "sns-s3"])
def test_records_alone_tell_what_they_tell_together(name: str) -> None:
    records = SAMPLES[name]["Records"]
    assert [upload for record in records for upload in uploads_in(record)] == UPLOADS[name]


def test_an_event_without_records_tells_of_no_upload() -> None:
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
def test_a_field_that_s3_would_not_send_is_named(stored: dict[str, Any], text: str) -> None:
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
        ({"eventName": None}, "not an envelope that an upload arrives in"),
        ({"eventSource": "aws:s4"}, "not an envelope that an upload arrives in"),
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
def test_a_record_that_s3_would_not_send_is_named(fields: dict[str, Any], text: str) -> None:
    event = s3()
    event["Records"].append(event["Records"][0] | fields)
    separator = ": " if text.startswith("not ") else "."
    assert read(event) == ([LIVE], f"Records[1]{separator}{text}")


def test_a_key_that_does_not_decode_to_utf_8_is_refused_rather_than_guessed() -> None:
    assert read(s3(key="selfies/%FF.jpg")) == ([], "Records[0].s3.object.key: not UTF-8")


def test_a_time_with_another_zone_is_kept_in_utc() -> None:
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
        ([], "event: not an envelope that an upload arrives in"),
        ({}, "event: not an envelope that an upload arrives in"),
        ({"Records": {}}, "event: not an envelope that an upload arrives in"),
        ({"Records": [None, 7]}, "Records[0]: missing; Records[1]: not an envelope"),
        ({"Records": [{"eventSource": "aws:sqs"}]}, "Records[0].body: missing"),
        ({"Records": [{"eventSource": "aws:sqs", "body": {}}]}, "Records[0].body: not text"),
        ({"Records": [{"EventSource": "aws:sns"}]}, "Records[0].Sns: missing"),
        ({"Records": [{"EventSource": "aws:sns", "Sns": ""}]}, "Records[0].Sns: not an object"),
        ({"Type": "Notification", "TopicArn": "arn", "Message": "x"}, "Message: not JSON"),
        ({"requestContext": {"functionArn": "arn"}}, "requestPayload: missing"),
        ({"source": "aws.s3", "detail-type": "Object Created"}, "detail: missing"),
        (queued("7"), "Records[0].body: not an envelope"),
        (queued("[" * 100_000), "Records[0].body: not JSON"),
        (queued("7" * 5_000), "Records[0].body: not JSON"),
        (queued('{"Records": [NaN, -Infinity]}'), "Records[0].body.Records[0]: not an envelope"),
    ],
)
def test_an_envelope_nobody_told_us_of_is_named(event: Any, text: str) -> None:
    uploads, told = read(event)
    assert uploads == []
    assert told.startswith(text)


def on_failure(payload: Any, times: int) -> Any:
    for _ in range(times):
        payload = SAMPLES["on-failure-s3"] | {"requestPayload": payload}
    return payload


def test_envelopes_may_nest_but_not_without_end() -> None:
    assert read(on_failure(s3(), 15)) == ([LIVE], "")
    for times in (16, 50_000):
        uploads, text = read(on_failure(s3(), times))
        assert uploads == []
        assert text.endswith(": inside too many envelopes")


def test_an_error_names_ten_places_and_counts_the_rest() -> None:
    assert read(queued(*["x"] * 10))[1].endswith("; Records[9].body: not JSON")
    _, text = read(queued(*["x"] * 25))
    assert text.startswith("Records[0].body: not JSON; Records[1].body: not JSON; ")
    assert text.endswith("; Records[9].body: not JSON; and 15 more")


# S3 encodes as Java's URLEncoder does, and leaves slashes alone.
def encoded_by_s3(key: str) -> str:
    return quote_plus(key, safe="/*").replace("~", "%7E")


keys = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=256),
    st.lists(
        st.sampled_from(["%41", "%2B", "%", "+", " ", "é", "../", "/", "\n", "\0", "~", "a"]),
        min_size=1,
        max_size=64,
    ).map("".join),
    st.just("\U0001f642" * 256),
)


@unhurried
@given(keys)
def test_a_key_survives_s3s_encoding_exactly_once(key: str) -> None:
    [upload] = uploads_in(s3(key=encoded_by_s3(key)))
    assert upload == replace(LIVE, key=key)


@unhurried
@given(keys)
def test_eventbridge_keys_are_taken_as_they_are(key: str) -> None:
    [upload] = uploads_in(eventbridge(key=key))
    assert upload == by_the_second(replace(LIVE, key=key))


names = [
    *("Records", "eventSource", "body", "EventSource", "Sns", "Message", "Type", "TopicArn"),
    *("requestContext", "functionArn", "requestPayload", "s3", "bucket", "object", "name", "key"),
    *("eventName", "eventTime", "eventVersion", "source", "detail-type", "detail", "Event"),
]
words = ["aws:s3", "aws:sqs", "aws:sns", "aws.s3", "Notification", "ObjectCreated:Put", "2.1"]
any_text = st.text(st.characters()) | st.sampled_from(words)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(names) | any_text, inner),
    max_leaves=20,
)

type Step = str | int | None


def places(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Every path into a sample; a step of None goes into text that is JSON itself."""
    yield path
    match value:
        case dict():
            for name, inner in value.items():
                yield from places(inner, (*path, name))
        case list():
            for number, inner in enumerate(value):
                yield from places(inner, (*path, number))
        case str() if value.startswith("{"):
            yield from places(json.loads(value), (*path, None))


def with_other(value: Any, path: tuple[Step, ...], other: Any) -> Any:
    if not path:
        return other
    step, *rest = path
    if step is None:
        return json.dumps(with_other(json.loads(value), tuple(rest), other))
    changed = copy.copy(value)
    changed[step] = with_other(value[step], tuple(rest), other)
    return changed


PLACES = {name: sorted(places(sample), key=str) for name, sample in SAMPLES.items()}
mutations = st.sampled_from(sorted(SAMPLES)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(PLACES[name]))
)


def assert_usable(uploads: list[Upload]) -> None:
    for upload in uploads:
        assert upload.bucket
        assert 0 < len(upload.key.encode()) <= 1024
        assert upload.version.isascii()
        assert upload.version not in {"", "null", "etag:"}
        assert upload.uploaded_at.tzinfo is UTC
        assert upload.size is None or 0 <= upload.size < 2**63
        assert upload.id


@unhurried
@given(any_json)
def test_any_json_is_uploads_or_not_an_upload(value: Any) -> None:
    uploads, _ = read(value)
    assert_usable(uploads)


@unhurried
@given(any_text | any_json.map(json.dumps))
def test_any_message_is_uploads_or_not_an_upload(body: str) -> None:
    uploads, text = read(queued(body, json.dumps(s3())))
    assert_usable(uploads)
    assert uploads[-1] == LIVE
    assert text == "" or text.startswith("Records[0].body")


@unhurried
@given(mutations, any_json)
def test_any_change_of_a_sample_is_uploads_or_not_an_upload(
    mutation: tuple[str, tuple[Step, ...]], other: Any
) -> None:
    name, path = mutation
    uploads, _ = read(with_other(SAMPLES[name], path, other))
    assert_usable(uploads)


def logged(event: Any) -> str:
    """The error with all its causes, as a log shows it."""
    try:
        list(uploads_in(event))
    except NotAnUpload as problem:
        return "".join(traceback.format_exception(problem))
    return ""


@unhurried
@given(mutations)
def test_an_error_quotes_nothing(mutation: tuple[str, tuple[Step, ...]]) -> None:
    name, path = mutation
    private = "%E9-7f3a9c-private"
    assert private not in logged(with_other(SAMPLES[name], path, private))


def test_an_error_says_where_json_broke_off_but_no_byte_of_a_key() -> None:
    assert "Expecting value: line 1 column 1" in logged(queued("x"))
    assert "0xe9" not in logged(s3(key="caf%E9.jpg"))
