"""`verdict` and `verdicts` show what was decided, as a table or as what was published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from liveness.aws.sns import notification
from liveness.models import Action, Decision, Detection, Outcome, Reuse, Upload, Verdict
from liveness.verdict_record import to_public_record, to_record
from operations.__main__ import main
from tests.unit.operations.conftest import OUTPUTS, FakeAws

NOW = datetime.now(UTC).replace(microsecond=0)
BUCKET = OUTPUTS["UploadBucketName"]
LIVE = Decision(Outcome.LIVE, Detection(Action.DETECT_LIVE_FACE, "3.0", "r-1", is_liveness=True))
PAGE_SIZE = 2


def verdict(key: str, minutes_ago: int, outcome: Outcome = Outcome.LIVE, **fields: Any) -> Verdict:
    decided_at = NOW - timedelta(minutes=minutes_ago)
    upload = Upload(BUCKET, key, f"v-{minutes_ago}", decided_at - timedelta(seconds=1), size=9)
    decision = LIVE if outcome is Outcome.LIVE else None
    return Verdict(upload, outcome, decided_at, decision=decision, **fields)


@dataclass
class TableInMemory:
    """Queries by one key, in pages, and batches of which a key is left over at first."""

    items: list[dict[str, Any]] = field(default_factory=list)
    is_busy: bool = True

    def get_paginator(self, operation: str) -> TableInMemory:
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Sequence[dict[str, Any]]:
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        wanted = {
            name: values[f":{placeholder[1:]}"]
            for placeholder, name in names.items()
            if placeholder != "#key"
        }
        wanted[names["#key"]] = values[":value"]
        since = values.get(":since", {"S": ""})["S"]
        order = "uploaded_at" if request.get("IndexName") == "by_subject" else "decided_at"
        found = [
            item
            for item in self.items
            if all(item.get(name) == value for name, value in wanted.items())
            and item.get("decided_at", {"S": ""})["S"] >= since
        ]
        found.sort(key=lambda item: item.get(order, {"S": ""})["S"], reverse=True)
        assert request["ScanIndexForward"] is False
        pages = range(0, len(found) + 1, PAGE_SIZE)
        return [{"Items": found[page : page + PAGE_SIZE]} for page in pages]

    def batch_get_item(self, RequestItems: Any) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        ((table, request),) = RequestItems.items()
        keys, left = request["Keys"], {}
        assert all(keys.count(key) == 1 for key in keys), "DynamoDB refuses such a batch"
        if self.is_busy and len(keys) > 1:
            *keys, last = keys
            left = {table: {"Keys": [last]}}
            self.is_busy = False
        found = [item for item in self.items if {n: item[n] for n in ("object", "version")} in keys]
        return {"Responses": {table: found}, "UnprocessedKeys": left}


@pytest.fixture
def table(aws: FakeAws) -> TableInMemory:
    table = TableInMemory()
    aws.clients["dynamodb"] = table
    return table


def store(table: TableInMemory, *verdicts: Verdict) -> None:
    for each in verdicts:
        item = {**to_record(each), "published_at": "2026", "expires_at": 1}
        table.items.append({n: TypeSerializer().serialize(v) for n, v in item.items()})


@pytest.fixture
def stored(table: TableInMemory) -> Sequence[Verdict]:
    """Five verdicts, the newest first."""
    verdicts = [
        verdict("ann/1.jpg", 1, subject="ann"),
        verdict("bob/1.jpg", 2, Outcome.RETAKE, reason="no_face", advice="Again.", subject="bob"),
        verdict("ann/1.jpg", 3, Outcome.FAILED, reason="service_fault", subject="ann"),
        verdict("ann/2\u202e.jpg", 90, Outcome.RETAKE, reason="empty_file", subject="ann"),
        verdict("old.jpg", 3000),
    ]
    store(table, *reversed(verdicts))
    return verdicts


def printed(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [0, 1, 2, 3, 4]),
        (["--limit", "2"], [0, 1]),
        (["--since", "1h"], [0, 1, 2]),
        (["--outcome", "retake"], [1, 3]),
        (["--reason", "no_face"], [1]),
        (["--subject", "ann"], [0, 2, 3]),
        (["--subject", "ann", "--since", "1h", "--outcome", "failed"], [2]),
        (["--subject", "ann", "--reason", "empty_file"], [3]),
        (["--subject", "nobody"], []),
    ],
)
def test_verdicts_are_found_newest_first_and_printed_as_published(
    aws: FakeAws,
    stored: Sequence[Verdict],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    expected: list[int],
) -> None:
    assert aws.run("verdicts", *arguments, "--json") == 0

    published = [json.loads(notification(to_public_record(stored[number]))) for number in expected]
    assert printed(capsys) == published


def test_a_table_is_safe_for_a_terminal_and_says_where_it_was_cut(
    aws: FakeAws, stored: Sequence[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.run("verdicts", "--outcome", "retake", "--limit", "2") == 0

    out = capsys.readouterr().out
    assert f"s3://{BUCKET}/ann/2\\u202e.jpg" in out
    assert "no_face" in out
    assert out.endswith("The newest 2; LIMIT=… shows more.\n")


def test_where_nothing_matches_one_line_says_so(
    aws: FakeAws, stored: Sequence[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.run("verdicts", "--subject", "nobody") == 0
    assert capsys.readouterr().out == "No verdict matches.\n"


def test_an_item_that_an_index_still_names_and_the_table_has_lost_is_left_out(
    aws: FakeAws, stored: Sequence[Verdict], table: TableInMemory
) -> None:
    table.batch_get_item = lambda **_: {  # type: ignore[method-assign]  # it forgets
        "Responses": {},
        "UnprocessedKeys": {},
    }

    assert aws.run("verdicts", "--json") == 0


def test_a_failed_that_is_replaced_meanwhile_is_shown_once(
    aws: FakeAws, table: TableInMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    live = verdict("ann/1.jpg", 1)
    store(table, replace(live, outcome=Outcome.FAILED, decision=None, reason="leased"), live)

    assert aws.run("verdicts", "--json") == 0
    assert [each["outcome"] for each in printed(capsys)] == ["live"]


@pytest.mark.parametrize("command", [["verdicts"], ["verdict", "--object", "s3://b/edited.jpg"]])
def test_an_item_that_somebody_has_edited_is_one_line_that_names_it(
    aws: FakeAws, table: TableInMemory, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    edited = {"object": "s3://b/edited.jpg", "version": "v1", "outcome": "live", "decided_at": "?"}
    table.items.append({name: {"S": value} for name, value in edited.items()})

    assert aws.run(*command) == 1
    assert capsys.readouterr().err == (
        "The item of 's3://b/edited.jpg', version 'v1', is no record of a verdict: compare it with "
        "docs/messages.md.\n"
    )


def test_an_object_has_a_verdict_for_each_version_and_says_what_has_none_yet(
    aws: FakeAws,
    stored: Sequence[Verdict],
    table: TableInMemory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = f"s3://{BUCKET}/ann/1.jpg"
    table.items.append({"object": {"S": name}, "version": {"S": "v-leased"}})

    assert aws.run("verdict", "--object", name) == 0
    out = capsys.readouterr().out
    assert [out.count(text) for text in ("no verdict yet", "v-leased", "v-1", "v-3")] == [1] * 4
    assert out.index("v-1 ") < out.index("v-3 ")

    assert aws.run("verdict", "--object", name, "--json") == 0
    assert [each["version"] for each in printed(capsys)] == ["v-1", "v-3"]


def test_an_object_without_uploads_is_one_line_that_says_how_to_name_it(
    aws: FakeAws, table: TableInMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.run("verdict", "--object", "selfie.jpg") == 1
    assert "name it as s3://bucket/key" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["verdicts", "--outcome", "maybe"],
        ["verdicts", "--since", "soon"],
        ["verdicts", "--since", "999999999d"],
        ["verdicts", "--since", "9" * 30 + "d"],
        ["verdicts", "--limit", "0"],
        ["verdicts", "--subject", ""],
        ["verdicts", "--reason", ""],
        ["verdict", "--object", ""],
    ],
)
def test_bad_input_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


def test_a_reuse_is_shown_and_the_digest_is_not(
    aws: FakeAws, table: TableInMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    reused = replace(verdict("ann/1.jpg", 1), reuse=Reuse.OTHER_SUBJECT, picture_digest="0f" * 32)
    store(table, reused)

    assert aws.run("verdicts") == 0
    assert "[reuse: other_subject]" in capsys.readouterr().out

    assert aws.run("verdicts", "--json") == 0
    (published,) = printed(capsys)
    assert published["reuse"] == "other_subject"
    assert "picture_digest" not in published
