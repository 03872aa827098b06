"""Messages about what is forgotten are deleted first; all others stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from liveness.models import Upload
from operations.errors import UserError
from operations.waiting_messages import HOLD_SECONDS, WaitingMessages
from tests.unit.operations.bucket_and_table import BUCKET, KEY, OBJECT, TABLE, StoredData, stored
from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.queues import FAILED, RETRY, FakeQueues, event, queues

__all__ = ["queues", "stored"]

EVENTS = Path(__file__).parents[3] / "events"
OTHER = f"s3://{BUCKET}/other.jpg"
ABOUT_OBJECT = event((OBJECT, "v1"))
ABOUT_OTHER = event((OTHER, "v1"))


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def is_object(upload: Upload) -> bool:
    return upload.object == OBJECT


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waiting(aws: FakeAws, queues: FakeQueues, clock: Clock) -> WaitingMessages:
    return WaitingMessages(aws.stack, clock, clock.sleep)


def everything(queues: FakeQueues, url: str) -> set[str]:
    """The messages that others can receive again; nothing may be held any more."""
    assert not queues.received[url]
    return set(queues.visible[url])


def test_messages_about_the_wanted_uploads_are_held_and_all_others_visible_again_at_once(
    waiting: WaitingMessages, queues: FakeQueues
) -> None:
    queues.put(RETRY, "m1", ABOUT_OBJECT)
    queues.put(RETRY, "m2", ABOUT_OTHER)
    queues.put(FAILED, "m3", event((OBJECT, "v1"), (OBJECT, "v2")))
    queues.put(FAILED, "m4", "a diary, by mistake")

    with waiting:
        waiting.receive(0)
        wanted = waiting.about(is_object)

        assert [(each.queue, each.id) for each in wanted] == [
            ("RetryQueue", "m1"),
            ("FailedUploads", "m3"),
        ]
        assert (set(queues.received[RETRY]), set(queues.visible[RETRY])) == ({"m1"}, {"m2"})
        waiting.delete(wanted[0])

    assert everything(queues, RETRY) == {"m2"}
    assert everything(queues, FAILED) == {"m3", "m4"}


def test_every_message_is_received_once_however_many_there_are(
    waiting: WaitingMessages, queues: FakeQueues
) -> None:
    queues.in_flight[RETRY] = [3, 2, 1, 0]
    for number in range(25):
        queues.put(RETRY, f"m{number}", ABOUT_OBJECT if number == 24 else ABOUT_OTHER)

    with waiting:
        waiting.receive(30)
        assert [each.id for each in waiting.about(is_object)] == ["m24"]

    assert set(queues.receives.values()) == {1}


@pytest.mark.parametrize(
    "body",
    [
        event((OBJECT, "v1"), (OTHER, "v1")),
        event((OTHER, "v1"), (OBJECT, "v1")),
        event((OBJECT, "v1")).replace('{"Records": [', '{"Records": [{"other": 1}, '),
    ],
    ids=["another last", "another first", "unreadable"],
)
def test_a_message_about_anything_else_too_is_refused_and_nothing_deleted(
    waiting: WaitingMessages, queues: FakeQueues, body: str
) -> None:
    queues.put(FAILED, "m1", ABOUT_OBJECT)
    queues.put(FAILED, "m2", body)

    refused = pytest.raises(
        UserError, match="Message m2 in FailedUploads is about other uploads too: nothing was"
    )
    with refused, waiting:
        waiting.receive(0)
        waiting.about(is_object)

    assert everything(queues, FAILED) == {"m1", "m2"}
    assert queues.deleted == []


def test_it_waits_for_messages_in_flight_and_says_so(
    waiting: WaitingMessages, queues: FakeQueues, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    queues.in_flight[FAILED] = [2, 1, 0]
    queues.put(FAILED, "m1", ABOUT_OBJECT)

    with waiting:
        waiting.receive(30)
        assert waiting.about(is_object)

    line = "FailedUploads has 2 messages in flight or delayed; waiting up to 30 s.\n"
    assert capsys.readouterr().out == line
    assert 0 < clock.now - 1000 < 30


def in_flight(queues: FakeQueues) -> None:
    queues.in_flight[RETRY] = [1]


def delayed(queues: FakeQueues) -> None:
    queues.delayed[RETRY] = 1


@pytest.mark.parametrize("unreadable", [in_flight, delayed])
def test_it_refuses_while_messages_cannot_be_read(
    waiting: WaitingMessages,
    queues: FakeQueues,
    clock: Clock,
    unreadable: Callable[[FakeQueues], None],
) -> None:
    unreadable(queues)
    queues.put(RETRY, "m1", ABOUT_OBJECT)

    with pytest.raises(UserError) as refused, waiting:
        waiting.receive(30)

    text = str(refused.value)
    assert text.startswith("RetryQueue has 1 message in flight or delayed, so that nobody can read")
    assert "nothing was erased" in text
    assert "`make status`" in text
    assert "--ignore-in-flight" in text
    assert 30 <= clock.now - 1000 < 34
    assert everything(queues, RETRY) == {"m1"}


def test_messages_in_flight_are_ignored_on_request(
    waiting: WaitingMessages, queues: FakeQueues, clock: Clock
) -> None:
    queues.in_flight[RETRY] = [1]
    queues.put(RETRY, "m1", ABOUT_OBJECT)

    with waiting:
        waiting.receive(30, ignore_in_flight=True)
        assert waiting.about(is_object)

    assert clock.now == 1000


def test_messages_that_were_held_too_long_are_not_deleted(
    waiting: WaitingMessages, queues: FakeQueues, clock: Clock
) -> None:
    queues.put(RETRY, "m1", ABOUT_OBJECT)

    with waiting:
        waiting.receive(0)
        (message,) = waiting.about(is_object)
        clock.sleep(HOLD_SECONDS + 1)
        with pytest.raises(UserError, match="over ten minutes"):
            waiting.delete(message)

    assert queues.deleted == []


@pytest.mark.parametrize(
    "sample", ["on-failure-s3.json", "sqs-sns-s3.json", "sqs-deferred-verdict.json"]
)
def test_messages_of_every_shape_are_read(
    waiting: WaitingMessages, queues: FakeQueues, sample: str
) -> None:
    queues.put(RETRY, "m1", (EVENTS / sample).read_text())

    with waiting:
        waiting.receive(0)
        assert [each.id for each in waiting.about(lambda _: True)] == ["m1"]


def test_messages_are_deleted_before_pictures_and_rows(
    aws: FakeAws, queues: FakeQueues, stored: StoredData, capsys: pytest.CaptureFixture[str]
) -> None:
    queues.put(RETRY, "m1", event((OBJECT, "v1"), (OBJECT, "v7")))
    queues.put(FAILED, "m2", ABOUT_OBJECT)
    stored.unfinished()
    stored.versions(f"{KEY}@v1")
    stored.rows(OBJECT, ("v1", None))
    stored.s3.add_response("delete_object", {})
    key = {"object": {"S": OBJECT}, "version": {"S": "v1"}}
    stored.dynamodb.add_response("delete_item", {}, {"TableName": TABLE, "Key": key})

    assert aws.run("forget", "--object", OBJECT, "--yes") == 0

    erased = [each for each in capsys.readouterr().out.splitlines() if each.startswith("  erased")]
    assert erased == [
        f"  erased message in RetryQueue: {OBJECT} (version v1), {OBJECT} (version v7)",
        f"  erased message in FailedUploads: {OBJECT} (version v1)",
        f"  erased picture version: {OBJECT} (version v1)",
        f"  erased row: {OBJECT} (version v1)",
    ]
    assert queues.deleted == ["m1", "m2"]


def test_of_a_person_only_messages_about_their_own_versions_are_deleted(
    aws: FakeAws, queues: FakeQueues, stored: StoredData
) -> None:
    queues.put(RETRY, "m1", ABOUT_OBJECT)
    queues.put(RETRY, "m2", event((OBJECT, "v2")))
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v2", f"{KEY}@v1")
    stored.metadata("v2", {"subject": "bob"})
    stored.metadata("v1", {"subject": "ann"})
    stored.rows(OBJECT, ("v1", "ann"))
    stored.unfinished()
    stored.s3.add_response("delete_object", {})
    stored.dynamodb.add_response("delete_item", {})

    assert aws.run("forget", "--subject", "ann", "--yes") == 0

    assert queues.deleted == ["m1"]
    assert everything(queues, RETRY) == {"m2"}


def test_a_refusal_is_one_line_and_erases_nothing(
    aws: FakeAws, queues: FakeQueues, capsys: pytest.CaptureFixture[str]
) -> None:
    queues.in_flight[FAILED] = [2]

    assert aws.run("forget", "--object", OBJECT, "--yes", "--wait", "0") == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("FailedUploads has 2 messages in flight or delayed, so that")
    assert output.err.count("\n") == 1


def test_all_messages_are_visible_again_where_the_operator_does_not_confirm(
    aws: FakeAws, queues: FakeQueues, stored: StoredData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    queues.put(RETRY, "m1", ABOUT_OBJECT)
    stored.unfinished()
    stored.versions()
    stored.rows(OBJECT)

    assert aws.run("forget", "--object", OBJECT) == 1

    assert everything(queues, RETRY) == {"m1"}
    assert queues.deleted == []
