"""Any event yields uploads or an UnknownEventError, and the error quotes nothing of it."""

from __future__ import annotations

import copy
import json
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any
from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import Upload
from tests.unit.sample_events import (
    LIVE,
    SAMPLES,
    by_the_second,
    eventbridge,
    queued,
    read,
    s3,
)


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


@given(keys)
def test_a_key_is_decoded_exactly_once(key: str) -> None:
    [upload] = uploads_in(s3(key=encoded_by_s3(key)))
    assert upload == replace(LIVE, key=key)


@given(keys)
def test_a_key_of_eventbridge_is_not_decoded(key: str) -> None:
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


@given(any_json)
def test_any_json_yields_uploads_or_an_unknown_event_error(value: Any) -> None:
    uploads, _ = read(value)
    assert_usable(uploads)


@given(any_text | any_json.map(json.dumps))
def test_any_message_yields_uploads_or_an_unknown_event_error(body: str) -> None:
    uploads, text = read(queued(body, json.dumps(s3())))
    assert_usable(uploads)
    assert uploads[-1] == LIVE
    assert text == "" or text.startswith("Records[0].body")


@given(mutations, any_json)
def test_any_change_of_a_sample_yields_uploads_or_an_unknown_event_error(
    mutation: tuple[str, tuple[Step, ...]], other: Any
) -> None:
    name, path = mutation
    uploads, _ = read(with_other(SAMPLES[name], path, other))
    assert_usable(uploads)


def logged(event: Any) -> str:
    """The error with all its causes, as a log shows it."""
    try:
        list(uploads_in(event))
    except UnknownEventError as problem:
        return "".join(traceback.format_exception(problem))
    return ""


@given(mutations)
def test_an_error_quotes_nothing_of_the_event(mutation: tuple[str, tuple[Step, ...]]) -> None:
    name, path = mutation
    private = "%E9-7f3a9c-private"
    assert private not in logged(with_other(SAMPLES[name], path, private))


def test_an_error_has_the_position_of_invalid_json_but_no_byte_of_a_key() -> None:
    assert "Expecting value: line 1 column 1" in logged(queued("x"))
    assert "0xe9" not in logged(s3(key="caf%E9.jpg"))
