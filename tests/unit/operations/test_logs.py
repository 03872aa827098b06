"""The log, followed a line an upload, and one upload's story."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from operations.log import Line, Log
from operations.logs import LATE, Printed, follow, span, tell_story, upload_id
from operations.printed import console

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

AT = datetime(2026, 11, 20, 9, 41, 8, 188_000, tzinfo=UTC)
ID = "80f603e2-f6de-5a79-9f24-18f04f9dae1f"
OTHER = "1f7ac0de-0000-5000-8000-000000000000"
GROUP = "/aws/lambda/selfie-liveness-check-liveness"
CHECKED: Mapping[str, Any] = {
    "message": "upload checked",
    "upload_id": ID,
    "object": "s3://uploads/selfies/7f3a9c.jpg",
    "outcome": "live",
    "course": "decided",
    "upload_to_announcement_ms": 870,
    "steps": {"claim": 12, "ask": 700},
}
NO_ANSWER: Mapping[str, Any] = {
    "message": "no answer yet",
    "upload_id": ID,
    "object": "s3://uploads/selfies/7f3a9c.jpg",
    "reason": "service_throttled",
    "error": "RequestLimitExceeded: slower (attempts: 1)",
    "steps": {"claim": 11, "ask": 90},
    "attempts": [{"ms": 90, "code": "RequestLimitExceeded"}],
}


def event(second: float, fields: Mapping[str, Any] | str) -> dict[str, Any]:
    at = AT + timedelta(seconds=second)
    text = fields if isinstance(fields, str) else json.dumps({**fields, "second": second})
    return {"timestamp": round(at.timestamp() * 1000), "message": text + "\n", "eventId": "1"}


@pytest.fixture
def told(logs: CloudWatchLogsClient) -> Iterator[Stubber]:
    client: Any = logs
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def log(logs: CloudWatchLogsClient) -> Log:
    return Log.of(logs, "selfie-liveness-check-liveness")


def tell(told: Stubber, *events: Mapping[str, Any], since: datetime | Any = ANY) -> None:
    start = since if since is ANY else round(since.timestamp() * 1000)
    asked = {"logGroupName": GROUP, "startTime": start, "filterPattern": ANY}
    told.add_response("filter_log_events", {"events": list(events)}, asked)


def seconds(lines: Sequence[Line]) -> list[float]:
    return [line.fields["second"] for line in lines]


def test_only_tries_of_uploads_are_lines_whatever_else_the_group_holds(
    told: Stubber, log: Log
) -> None:
    noise = ("START RequestId: 1", '{"_aws": {}}', '{"message": "cold"}', "{broken", "[1]")
    tell(told, *(event(0, text) for text in noise), event(1, CHECKED), event(2, NO_ANSWER))

    assert seconds(list(log.lines(AT))) == [1, 2]


def test_of_one_upload_only_its_own_lines_are_read(told: Stubber, log: Log) -> None:
    tell(told, event(1, {**CHECKED, "upload_id": OTHER}), event(2, CHECKED))

    assert seconds(list(log.lines(AT, ID))) == [2]


def test_what_is_without_an_answer_leaves_out_what_has_one(told: Stubber, log: Log) -> None:
    tell(told, event(1, CHECKED), event(2, NO_ANSWER))

    assert seconds(log.without_answer(AT)) == [2]


def test_a_log_is_followed_each_line_once_and_late_ones_too(told: Stubber, log: Log) -> None:
    pauses: list[float] = []
    late = event(39, NO_ANSWER)
    tell(told, event(0, CHECKED), event(40, CHECKED), since=AT)
    tell(
        told, late, event(40, CHECKED), event(41, CHECKED), since=AT + timedelta(seconds=40) - LATE
    )

    followed = list(islice(follow(log, AT, pauses.append), 4))

    assert seconds(followed) == [0, 40, 39, 41]
    assert len(pauses) == 1


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        (CHECKED, f"09:41:08.188  live          870 ms  {ID}  s3://uploads/selfies/7f3a9c.jpg"),
        (
            NO_ANSWER,
            f"09:41:08.188  no answer             {ID}  s3://uploads/selfies/7f3a9c.jpg"
            "  service_throttled (RequestLimitExceeded)",
        ),
        (
            {**CHECKED, "course": "duplicate", "object": "s3://uploads/\x1b[31m"},
            f"09:41:08.188  live          870 ms  {ID}  s3://uploads/\\x1b[31m  duplicate",
        ),
    ],
)
def test_a_line_says_when_what_how_long_which_upload_and_why(
    fields: Mapping[str, Any], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Printed(console()).line(Line(AT, "", fields))

    assert capsys.readouterr().out == f"{printed}\n"


def test_a_story_is_told_in_its_order_with_where_the_time_went(
    told: Stubber, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(told, event(31, CHECKED), event(0, NO_ANSWER), since=AT)

    assert tell_story(log, AT, ID, Printed(console(), steps=True).line) == 0

    first, last = capsys.readouterr().out.splitlines()
    assert first.endswith("service_throttled (RequestLimitExceeded), claim 11 ask 90")
    assert last.endswith("claim 12 ask 700")


def test_an_upload_that_the_log_does_not_have_is_one_line_with_what_to_do(
    told: Stubber, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(told)

    assert tell_story(log, AT, ID, print) == 1
    assert "look further back" in capsys.readouterr().err


def test_an_id_is_taken_as_it_is_announced_and_nothing_else_is() -> None:
    assert upload_id(f"{ID}-failed") == ID
    for text in ("80f603e2", f'{ID}" || $.level = "INFO', ID.upper()):
        with pytest.raises(ValueError, match=re.escape(text)):
            upload_id(text)


def test_a_span_is_a_number_and_a_unit() -> None:
    assert span("90s") == timedelta(seconds=90)
    assert span("2d") == timedelta(days=2)
    for text in ("2", "d", "2w", "-1h"):
        with pytest.raises(ValueError, match=text):
            span(text)
