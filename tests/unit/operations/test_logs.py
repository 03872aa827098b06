"""`logs` follows the log, one line an upload, or shows the attempts of one upload."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from botocore.stub import ANY

from operations.__main__ import main
from operations.log_records import LogGroup, LogRecord
from operations.logs import MAX_LATENESS, follow
from tests.unit.operations.conftest import FakeAws

AT = datetime(2026, 11, 20, 9, 41, 8, 188_000, tzinfo=UTC)
ID = "57aafdfe-3c5c-588d-b769-d71e016accaf"
OTHER = "1f7ac0de-0000-5000-8000-000000000000"
PROCESSED: Mapping[str, Any] = {
    "message": "upload processed",
    "upload_id": ID,
    "object": "s3://uploads/selfies/7f3a9c.jpg",
    "outcome": "live",
    "disposition": "decided",
    "upload_to_publish_ms": 870,
    "durations_ms": {"acquire_lease": 12, "detect": 700},
}
NO_VERDICT: Mapping[str, Any] = {
    "message": "no verdict yet",
    "upload_id": ID,
    "object": "s3://uploads/selfies/7f3a9c.jpg",
    "reason": "service_throttled",
    "error": "RequestLimitExceeded: slower (attempts: 1)",
    "durations_ms": {"acquire_lease": 11, "detect": 90},
    "detection_attempts": [{"duration_ms": 90, "code": "RequestLimitExceeded"}],
}
FAILED = {**NO_VERDICT, "message": "upload processed", "outcome": "failed"}
DEFERRED = {
    **NO_VERDICT,
    "reason": "storage_fault",
    "error": "dynamodb: Throttled",
    "disposition": "deferred",
    "detection_attempts": [{"duration_ms": 90}],
}
LINE = f"{ID}  s3://uploads/selfies/7f3a9c.jpg"


def event(second: float, fields: Mapping[str, Any] | str) -> dict[str, Any]:
    at = AT + timedelta(seconds=second)
    text = fields if isinstance(fields, str) else json.dumps({**fields, "second": second})
    return {"timestamp": round(at.timestamp() * 1000), "message": text + "\n", "eventId": "1"}


def respond(
    aws: FakeAws, *events: Mapping[str, Any], since: datetime | Any = ANY, pattern: Any = ANY
) -> None:
    aws.stub("logs").add_response(
        "filter_log_events",
        {"events": list(events)},
        {
            "logGroupName": "/aws/lambda/ours-check-liveness",
            "startTime": since if since is ANY else round(since.timestamp() * 1000),
            "filterPattern": pattern,
        },
    )


def seconds(records: Sequence[LogRecord]) -> list[float]:
    return [record.fields["second"] for record in records]


def test_only_attempts_are_records_whatever_else_the_log_group_contains(aws: FakeAws) -> None:
    noise = ("START RequestId: 1", '{"_aws": {}}', '{"message": "cold"}', "{broken", "[1]", "1")
    pattern = '{ $.message = "upload processed" || $.message = "no verdict yet" }'
    lines = (event(0, text) for text in noise)
    respond(aws, *lines, event(1, PROCESSED), event(2, NO_VERDICT), pattern=pattern)

    assert seconds(list(LogGroup(aws.stack).attempts(AT))) == [1, 2]


def test_of_one_upload_only_its_own_attempts_are_read(aws: FakeAws) -> None:
    events = event(1, {**PROCESSED, "upload_id": OTHER}), event(2, PROCESSED)
    respond(aws, *events, pattern=f'{{ $.upload_id = "{ID}" }}')

    assert seconds(list(LogGroup(aws.stack).attempts(AT, upload_id=ID))) == [2]


def test_attempts_without_a_verdict_leave_out_those_with_one(aws: FakeAws) -> None:
    pattern = '{ $.message = "no verdict yet" }'
    respond(aws, event(1, PROCESSED), event(2, NO_VERDICT), pattern=pattern)

    assert seconds(list(LogGroup(aws.stack).attempts(AT, message="no verdict yet"))) == [2]


def test_a_followed_log_yields_each_record_once_and_late_ones_too(aws: FakeAws) -> None:
    pauses: list[float] = []
    late = event(39, NO_VERDICT)
    again = AT + timedelta(seconds=40) - MAX_LATENESS
    respond(aws, event(0, PROCESSED), event(40, PROCESSED), since=AT)
    respond(aws, late, event(40, PROCESSED), event(41, PROCESSED), since=again)

    followed = list(islice(follow(LogGroup(aws.stack), AT, pauses.append), 4))

    assert seconds(followed) == [0, 40, 39, 41]
    assert len(pauses) == 1


class InterruptedLog:
    """A log of some events, whose follower is interrupted after them."""

    def __init__(self, *events: Mapping[str, Any]) -> None:
        self.events = events

    def get_paginator(self, _request: str) -> InterruptedLog:
        return self

    def paginate(self, **_request: object) -> Iterator[Mapping[str, Any]]:
        yield {"events": self.events}
        raise KeyboardInterrupt


@pytest.mark.parametrize("option", ["--since=30m", "--json"])
def test_an_interrupt_is_the_usual_end_of_following(
    option: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.clients["logs"] = InterruptedLog(event(0, PROCESSED), event(1, NO_VERDICT))

    assert aws.run("logs", option) == 0

    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.count(ID) == 2
    assert (output.out.splitlines()[0] == event(0, PROCESSED)["message"].strip()) is (
        option == "--json"
    )


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        (PROCESSED, f"09:41:08.188  live           870 ms  {LINE}"),
        (
            NO_VERDICT,
            f"09:41:08.188  no verdict             {LINE}  service_throttled "
            "(RequestLimitExceeded)",
        ),
        (
            FAILED,
            f"09:41:08.188  failed                 {LINE}  service_throttled "
            "(RequestLimitExceeded)",
        ),
        (
            DEFERRED,
            f"09:41:08.188  no verdict             {LINE}  storage_fault (dynamodb: Throttled), "
            "deferred",
        ),
        (
            {**PROCESSED, "disposition": "duplicate", "object": "s3://uploads/\x1b[31m"},
            f"09:41:08.188  live           870 ms  {ID}  s3://uploads/\\x1b[31m  duplicate",
        ),
    ],
    ids=["processed", "no verdict", "failed", "deferred", "duplicate"],
)
def test_a_line_has_time_outcome_milliseconds_upload_and_why(
    fields: Mapping[str, Any],
    printed: str,
    aws: FakeAws,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws.clients["logs"] = InterruptedLog(event(0, fields))

    aws.run("logs")

    assert capsys.readouterr().out == f"{printed}\n"


def test_the_attempts_of_one_upload_are_in_order_with_the_duration_of_each_span(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    respond(aws, event(31, PROCESSED), event(0, NO_VERDICT))

    assert aws.run("logs", "--id", f"{ID}-failed") == 0

    first, last = capsys.readouterr().out.splitlines()
    assert first.endswith("service_throttled (RequestLimitExceeded), acquire_lease 11 detect 90")
    assert last.endswith("acquire_lease 12 detect 700")


def test_the_log_begins_as_early_as_requested(aws: FakeAws) -> None:
    class Since:
        """Equal to a start in milliseconds that was two days ago."""

        def __eq__(self, start: object) -> bool:
            assert isinstance(start, int)
            age = datetime.now(UTC) - datetime.fromtimestamp(start / 1000, UTC)
            return abs(age - timedelta(days=2)) < timedelta(minutes=1)

        __hash__ = None  # type: ignore[assignment]

    aws.stub("logs").add_response(
        "filter_log_events",
        {"events": [event(0, PROCESSED)]},
        {"logGroupName": ANY, "startTime": Since(), "filterPattern": ANY},
    )

    assert aws.run("logs", "--id", ID, "--since", "2d") == 0


def test_an_upload_that_the_log_does_not_have_is_one_line_with_what_to_do(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    respond(aws)

    assert aws.run("logs", "--id", ID) == 1

    error = capsys.readouterr().err
    assert error.startswith(f"The log has no {ID} since ")
    assert error.endswith("Try ARGS='--since 7d'.\n")
    assert error.count("\n") == 1


@pytest.mark.parametrize("text", ["57aafdfe", f'{ID}" || $.level = "INFO', ID.upper()])
def test_only_the_id_of_an_upload_is_accepted(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["logs", "--id", text])

    assert "is not the id of an upload" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["2", "d", "2w", "-1h"])
def test_a_duration_is_a_number_and_a_unit(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["logs", f"--since={text}"])

    assert f"'{text}' is not a duration such as 90s" in capsys.readouterr().err
