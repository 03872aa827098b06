"""Nothing that a command prints can control a terminal, whatever others chose as a name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.__main__ import main
from operations.console import json_line, print_table, printable
from tests.unit.hostile.keys import TAKEN
from tests.unit.operations.bucket_and_table import BUCKET, KEY, StoredData, stored
from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.queues import RETRY, FakeQueues, event, queues
from tests.unit.operations.test_failed import count, make_visible, message, receive

__all__ = ["queues", "stored"]

UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# C1 controls, what turns the direction of writing, what is invisible, separators of lines.
UNSAFE = [0x07, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0x9D, 0xAD, 0x61C, *range(0x200B, 0x2010)]
UNSAFE += [*range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xD800, 0xFEFF, 0xE000, 0xE0041]
ALL_UNSAFE = "".join(map(chr, UNSAFE))
ANY_TEXT = st.text(st.characters(exclude_categories=[]))
KEYS = [*TAKEN.values(), ALL_UNSAFE]
ID = "80f603e2-f6de-5a79-9f24-18f04f9dae1f"


def is_safe(text: str) -> bool:
    """Whether a terminal only prints it; the end of a line is our own."""
    return not {unicodedata.category(each) for each in text.replace("\n", "")} & UNSAFE_CATEGORIES


@given(ANY_TEXT)
def test_printed_text_is_safe_and_ordinary_text_stays_as_it_is(text: str) -> None:
    assert is_safe(printable(text))
    assert "\n" not in printable(text)
    ordinary = "".join(c for c in text if unicodedata.category(c)[0] in "LMNPS")
    assert printable(ordinary) == ordinary


@pytest.mark.parametrize("number", UNSAFE, ids=hex)
def test_each_unsafe_character_is_escaped(number: int) -> None:
    escaped = printable(f"a{chr(number)}b")

    assert escaped.startswith("a\\")
    assert escaped.isascii()


@given(st.dictionaries(ANY_TEXT, st.none() | st.integers() | st.lists(ANY_TEXT), max_size=3))
def test_a_line_of_json_is_safe_and_means_the_same(fields: Mapping[str, Any]) -> None:
    text = json_line(fields)

    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == fields


class Log:
    """A log with one record of each attempt, which ends when it is followed."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.records = records

    def get_paginator(self, _request: str) -> Log:
        return self

    def paginate(self, **_request: object) -> Any:
        milliseconds = int(datetime.now(UTC).timestamp() * 1000)
        # As the function writes them: not escaped.
        texts = [json.dumps(record, ensure_ascii=False) for record in self.records]
        yield {"events": [{"timestamp": milliseconds, "message": text} for text in texts]}
        raise KeyboardInterrupt


def record(text: str) -> Mapping[str, Any]:
    """A record with the text in every field that a line shows."""
    shown = ("object", "outcome", "upload_id", "disposition", "reason", "upload_to_publish_ms")
    attempts = [{"code": text}]
    fields = {**dict.fromkeys(shown, text), "detection_attempts": attempts}
    return {"message": "upload processed", **fields, "durations_ms": {text: text}}


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_log_is_printed_safely(
    options: list[str], aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.clients["logs"] = Log([record(key) for key in KEYS])

    assert aws.run("logs", *options) == 0

    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == len(KEYS)
    assert is_safe(printed)
    if options:
        assert [json.loads(each)["object"] for each in printed.splitlines()] == KEYS


def test_one_upload_and_its_spans_are_printed_safely(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.clients["logs"] = Log([{**record(key), "upload_id": ID} for key in KEYS])

    assert aws.run("logs", "--id", ID) == 0

    assert is_safe(capsys.readouterr().out)


def test_tables_are_printed_safely(capsys: pytest.CaptureFixture[str]) -> None:
    """Such as those of `failed` and `status`."""
    print_table("keys", ["key"], ["number"], [(key, key) for key in KEYS])

    assert is_safe(capsys.readouterr().out)


def test_failed_uploads_are_listed_safely(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    body = event(*((f"s3://a-bucket/{key}", "v1") for key in TAKEN.values()))
    receive(aws, message(1, body, reason=ALL_UNSAFE))
    receive(aws)
    make_visible(aws, [1])
    for _ in TAKEN:
        aws.stub("dynamodb").add_response("get_item", {})
    count(aws, 1)

    assert aws.run("failed") == 0

    assert is_safe(capsys.readouterr().out)


def test_what_is_forgotten_is_listed_safely(
    aws: FakeAws, stored: StoredData, queues: FakeQueues, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"{KEY}{ALL_UNSAFE.replace(chr(0xD800), '')}"
    queues.put(RETRY, "m1", event((f"s3://{BUCKET}/{key}", "v1")))
    stored.unfinished(key=key)
    stored.versions(f"{key}@v\x9b", markers=[f"{key}@m\x9b"], key=key)
    stored.rows(f"s3://{BUCKET}/{key}", ("v\u202e", None))
    for _ in range(2):
        stored.s3.add_response("delete_object", {})
    stored.dynamodb.add_response("delete_item", {})

    assert aws.run("forget", "--object", f"s3://{BUCKET}/{key}", "--yes") == 0

    assert is_safe(capsys.readouterr().out)


@pytest.mark.parametrize(
    "arguments", [["failed", ALL_UNSAFE], ["logs", "--since", ALL_UNSAFE], [ALL_UNSAFE]]
)
def test_a_usage_error_is_printed_safely(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)

    assert is_safe(capsys.readouterr().err)


def test_errors_are_printed_safely(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.stub("sqs").add_client_error("receive_message", "Denied", ALL_UNSAFE)

    assert aws.run("failed") == 1
    assert aws.run("forget", "--object", ALL_UNSAFE) == 1

    assert is_safe(capsys.readouterr().err)
