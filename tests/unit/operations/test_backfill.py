"""`backfill` counts, shows, asks, and sends what has no verdict; the table is all it remembers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liveness.verdict_record import iso_8601
from operations.backfill_feed import MAX_IN_FLIGHT, STALL_SECONDS
from tests.unit.operations.old_pictures import BUCKET, STORED_AT, OldPictures, pictures

__all__ = ["pictures"]

HOSTILE = "selfies/a b+c%2Bd=é\u202e\U0001f642?#.jpg"


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    """Type this, and record the questions."""
    questions: list[str] = []

    def typed(question: str) -> str:
        questions.append(question)
        return text

    monkeypatch.setattr("builtins.input", typed)
    return questions


def cells(output: str) -> dict[str, str]:
    """The rows of the plan's table."""
    rows = [line.split("│")[1:-1] for line in output.splitlines() if line.startswith("│")]
    return {what.strip(): number.strip() for what, number in rows}


def test_versions_without_a_verdict_are_sent_as_s3_would_have_and_followed_to_their_outcome(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures.s3.put(HOSTILE, "v2")
    pictures.s3.put(HOSTILE, "v1", IsLatest=False)
    pictures.s3.put("selfies/2.jpg", "null")
    pictures.s3.put("selfies/decided.jpg")
    pictures.s3.put("selfies/leased.jpg")
    pictures.table.outcomes[f"s3://{BUCKET}/selfies/decided.jpg", "v1"] = "retake"
    pictures.table.outcomes[f"s3://{BUCKET}/selfies/leased.jpg", "v1"] = None
    pictures.outcome_of = {"2.jpg": "not_live"}

    assert pictures.run("--yes") == 0

    sent = [f"{HOSTILE}@v2", f"{HOSTILE}@v1", "selfies/2.jpg@etag:e-null", "selfies/leased.jpg@v1"]
    assert pictures.names == sent
    assert {each.group for each in pictures.sent} == {"backfill"}
    record = pictures.sent[0].record
    assert record["eventTime"] == iso_8601(STORED_AT)
    assert record["s3"]["object"] | {"key": ""} == {
        "key": "",
        "size": 1000,
        "eTag": "e-v2",
        "versionId": "v2",
    }
    output = capsys.readouterr().out
    assert output.endswith(
        "  4 of 4 decided (100%): 3 live, 1 not_live, 0 retake, 0 failed\n"
        "All 4 versions that were sent have a verdict.\n"
    )


def test_the_plan_says_what_is_found_what_it_costs_and_how_long_it_takes(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1000):
        pictures.s3.put(f"{number}.jpg", Size=1_500_000)
    pictures.s3.put("archived.jpg", StorageClass="DEEP_ARCHIVE")
    pictures.s3.put("overwritten.jpg", "null", IsLatest=False)
    pictures.table.outcomes[f"s3://{BUCKET}/0.jpg", "v1"] = "live"
    pictures.table.outcomes[f"s3://{BUCKET}/1.jpg", "v1"] = "failed"
    questions = answers(monkeypatch, "no")

    assert pictures.run("--rate", "10") == 1

    output = capsys.readouterr().out
    assert cells(output) == {
        "versions found": "1,002",
        "already decided": "1",
        "failed, which `make replay` sends again": "1",
        "overwritten, and without a version id": "1",
        "archived": "1",
        "to judge": "998",
        "their size": "1.5 GB",
        "DetectLiveFace, at most": "CNY 1.90",
        "AWS, about": "USD 0.04",
        "time, at 10 a second": "0:01:40",
    }
    assert questions == ["Judge 998 versions? (yes/no) "]
    assert output.endswith("Nothing was sent.\n")
    assert pictures.sent == []


def test_it_sends_after_a_yes(pictures: OldPictures, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures.s3.put("1.jpg")
    answers(monkeypatch, "yes")

    assert pictures.run() == 0
    assert pictures.names == ["1.jpg@v1"]


def test_a_second_run_sends_nothing_and_asks_nothing(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures.s3.put("1.jpg")
    assert pictures.run("--yes") == 0
    capsys.readouterr()

    assert pictures.run() == 0

    assert capsys.readouterr().out.endswith("There is nothing to judge.\n")
    assert len(pictures.sent) == 1


def test_sending_keeps_to_the_rate(pictures: OldPictures) -> None:
    for number in range(400):
        pictures.s3.put(f"{number}.jpg")

    assert pictures.run("--yes", "--rate", "40") == 0

    times = [each.at for each in pictures.sent]
    for start in times:
        assert sum(start <= at < start + 1 for at in times) <= 40
    assert times[-1] - times[0] == pytest.approx(390 / 40)


def test_where_the_function_is_slow_sending_waits_and_memory_stays_bounded(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures.judged_per_second = 5
    for number in range(600):
        pictures.s3.put(f"{number}.jpg")
    sleep, most = pictures.sleep, 0

    def watch(seconds: float) -> None:
        nonlocal most
        sleep(seconds)
        most = max(most, len(pictures.sent) - len(pictures.table.outcomes))

    pictures.sleep = watch  # type: ignore[method-assign]  # the same, watched

    assert pictures.run("--yes", "--rate", "40") == 0

    assert MAX_IN_FLIGHT - 20 < most <= MAX_IN_FLIGHT
    lines = [line for line in capsys.readouterr().out.splitlines() if " decided (" in line]
    assert len(lines) == pytest.approx(600 / 5 / 5, abs=4), "one every five seconds"
    assert "600 of 600 decided (100%)" in lines[-1]


def test_since_takes_a_date_or_a_duration_and_counts_nothing_older(pictures: OldPictures) -> None:
    pictures.s3.put("old.jpg", LastModified=STORED_AT - timedelta(days=3))
    pictures.s3.put("new.jpg")

    assert pictures.run("--yes", "--since", "11d") == 0
    assert pictures.names == ["new.jpg@v1"]
    assert pictures.run("--yes", "--since", f"{STORED_AT - timedelta(days=5):%Y-%m-%d}") == 0
    assert pictures.names == ["new.jpg@v1", "old.jpg@v1"]


def test_what_is_uploaded_meanwhile_is_left_to_its_own_event(pictures: OldPictures) -> None:
    pictures.s3.put("1.jpg")
    pictures.s3.put("live.jpg", LastModified=STORED_AT + timedelta(days=11))

    assert pictures.run("--yes") == 0
    assert pictures.names == ["1.jpg@v1"]


def test_what_others_decide_meanwhile_is_not_sent_and_the_end_is_100_percent(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(200):
        pictures.s3.put(f"{number}.jpg")
    send = pictures.send_message_batch

    def send_and_decide(**request: object) -> object:
        pictures.table.outcomes[f"s3://{BUCKET}/199.jpg", "v1"] = "live"
        return send(**request)  # type: ignore[arg-type]  # as boto3 passes it

    pictures.send_message_batch = send_and_decide  # type: ignore[method-assign,assignment]

    assert pictures.run("--yes") == 0

    assert len(pictures.sent) == 199
    assert "  199 of 199 decided (100%)" in capsys.readouterr().out


def test_an_interrupt_says_how_far_it_came_and_the_same_command_goes_on(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(100):
        pictures.s3.put(f"{number}.jpg")
    pictures.judged_per_second, pictures.interrupt_at = 10, 1002.0

    assert pictures.run("--yes") == 130

    assert capsys.readouterr().err == (
        "Interrupted. Sent 40 versions, of which 15 are decided and 25 wait in RetryQueue, which "
        "needs no command to go on. The same command goes on with the rest.\n"
    )
    pictures.interrupt_at, pictures.judged_per_second = float("inf"), 1000
    pictures.sleep(10)
    assert pictures.run("--yes") == 0
    assert sorted(pictures.names) == sorted(f"{number}.jpg@v1" for number in range(100))


def test_on_a_terminal_there_is_a_bar_that_ends_full(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    pictures.s3.put("1.jpg")

    assert pictures.run("--yes") == 0

    output = capsys.readouterr().out
    assert "100%" in output
    assert "1 live, 0 not_live, 0 retake, 0 failed" in output
    assert "1 of 1 decided" not in output


def test_a_message_that_left_the_queue_without_a_row_is_sent_once_more_and_then_named(
    pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures.s3.put("lost.jpg")
    pictures.s3.put("1.jpg")
    pictures.outcome_of = {"lost.jpg": None}

    assert pictures.run("--yes") == 1

    assert pictures.names == ["lost.jpg@v1", "1.jpg@v1", "lost.jpg@v1"]
    output = capsys.readouterr().out
    assert "  1 of 2 decided (50%)" in output
    assert output.endswith(
        "1 version got no verdict, sent twice: see `make failed` and `make logs`.\n"
    )
    assert pictures.now == pytest.approx(1000 + 2 * STALL_SECONDS, abs=5)


def test_a_message_that_is_retried_is_waited_for(pictures: OldPictures) -> None:
    pictures.s3.put("1.jpg")
    sleep, asleep = pictures.sleep, 0.0

    def doze(seconds: float) -> None:
        nonlocal asleep
        asleep += seconds
        pictures.judged_per_second = 1.0 if asleep > 5 * STALL_SECONDS else 0.0
        sleep(seconds)

    pictures.sleep = doze  # type: ignore[method-assign]  # the same, and slow at first

    assert pictures.run("--yes") == 0
    assert len(pictures.sent) == 1
