"""`forget` lists what is stored, asks for confirmation, erases, and reports what it erased."""

from __future__ import annotations

from typing import Any

import pytest

from operations.__main__ import main
from tests.unit.operations.bucket_and_table import (
    BUCKET,
    ELSEWHERE,
    KEY,
    OBJECT,
    StoredData,
    stored,
)
from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.queues import FakeQueues, queues

__all__ = ["queues", "stored"]

QUESTION = "Erase 1 picture version permanently? (yes/no) "


class Terminal:
    """The operator's input, one line or none; an exception in place of text is raised."""

    def __init__(self, answer: str | BaseException) -> None:
        self.answer = answer

    def fileno(self) -> int:
        raise OSError

    def readline(self, _size: int = -1) -> str:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


@pytest.fixture(autouse=True)
def _nothing_waits(queues: FakeQueues) -> None:
    """Both queues are empty."""


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(AssertionError("it asked")))


def test_it_lists_asks_and_erases(
    aws: FakeAws, stored: StoredData, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("yes\n")
    stored.unfinished()
    stored.versions(f"{KEY}@v1")
    stored.rows(OBJECT)
    stored.s3.add_response("delete_object", {})

    assert aws.run("forget", "--object", OBJECT) == 0

    item = f"picture version: {OBJECT} (version v1)"
    assert capsys.readouterr().out == (
        f"Found:\n  {item}\n{QUESTION}  erased {item}\nErased 1 picture version.\n"
    )


def test_what_was_erased_is_counted_by_kind(
    aws: FakeAws, stored: StoredData, capsys: pytest.CaptureFixture[str]
) -> None:
    stored.unfinished(f"{KEY}@u1", f"{KEY}@u2")
    stored.versions(f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.rows(OBJECT, ("v1", "ann"), ("etag:0", None))
    for _ in range(2):
        stored.s3.add_response("abort_multipart_upload", {})
    for _ in range(2):
        stored.s3.add_response("delete_object", {})
        stored.dynamodb.add_response("delete_item", {})

    assert aws.run("forget", "--object", OBJECT, "--yes") == 0

    assert capsys.readouterr().out.endswith(
        "Erased 2 unfinished uploads, 1 picture version, 1 delete marker and 2 rows.\n"
    )


@pytest.mark.parametrize(
    "text", ["no\n", "\n", "y\n", "YES\n", " yes\n", "", EOFError(), KeyboardInterrupt()], ids=repr
)
def test_nothing_is_erased_unless_the_answer_is_yes(
    text: str | BaseException,
    aws: FakeAws,
    stored: StoredData,
    answer: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer(text)
    stored.unfinished()
    stored.versions(f"{KEY}@v1")
    stored.rows(OBJECT)

    assert aws.run("forget", "--object", OBJECT) == 1

    output = capsys.readouterr().out
    assert QUESTION in output
    assert output.endswith("Nothing was erased.\n")


def test_it_does_not_ask_where_nothing_is_stored(
    aws: FakeAws, stored: StoredData, capsys: pytest.CaptureFixture[str]
) -> None:
    stored.index("ann")

    assert aws.run("forget", "--subject", "ann") == 0

    assert capsys.readouterr().out == "Nothing to erase was found.\n"


def test_what_stays_is_listed_and_a_key_cannot_control_the_terminal(
    aws: FakeAws, stored: StoredData, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = f"{ELSEWHERE}\x1b[2J\n"
    stored.index("ann", OBJECT, elsewhere)
    stored.versions(f"{KEY}@v1")
    stored.metadata("v1", {"subject": "bob"})
    stored.rows(OBJECT)
    stored.unfinished()
    stored.rows(elsewhere, ("e1", "ann"))
    stored.dynamodb.add_response("delete_item", {})

    assert aws.run("forget", "--subject", "ann", "--yes") == 0

    row = rf"row: {ELSEWHERE}\x1b[2J\n (version e1)"
    assert capsys.readouterr().out == (
        f"Found:\n  {row}\n"
        "Under the same keys, but not known to be this person's alone, so that it stays:\n"
        f"  picture version: {OBJECT} (version v1)\n"
        rf"The picture is in no bucket and prefix of this stack, and stays: {ELSEWHERE}\x1b[2J\n"
        f"\n  erased {row}\n"
        "Erased 1 row.\n"
    )


def test_a_refusal_is_one_line_that_says_what_was_erased_before(
    aws: FakeAws, stored: StoredData, capsys: pytest.CaptureFixture[str]
) -> None:
    stored.unfinished()
    stored.versions(f"{KEY}@v1", f"{KEY}@v0")
    stored.rows(OBJECT)
    stored.s3.add_response("delete_object", {})
    stored.s3.add_client_error("delete_object", "AccessDenied", "no")

    assert aws.run("forget", "--object", OBJECT, "--yes") == 1

    error = capsys.readouterr().err
    assert "AccessDenied" in error
    assert error.endswith("Erased 1 picture version. Run it again for the rest.\n")
    assert error.count("\n") == 1


@pytest.mark.parametrize("bucket", ["", "our-logs"])
def test_it_says_that_access_logs_name_the_objects_where_there_are_any(
    bucket: str, aws: FakeAws, stored: StoredData, capsys: pytest.CaptureFixture[str]
) -> None:
    stored.unfinished()
    stored.versions(f"{KEY}@v1")
    stored.rows(OBJECT)
    stored.s3.add_response("delete_object", {})

    assert aws.run("forget", "--object", OBJECT, "--yes", AccessLogBucket=bucket) == 0

    line = "Access logs in s3://our-logs/ours/ name these objects: they stay.\n"
    assert (line in capsys.readouterr().out) is bool(bucket)


def test_an_object_of_another_bucket_is_one_line_with_what_to_do(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.run("forget", "--object", ELSEWHERE, "--yes") == 1

    assert capsys.readouterr().err == (
        f"'{ELSEWHERE}' is no object of this stack: name one as s3://{BUCKET}/key.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [[], ["--subject", ""], ["--object", ""], ["--subject", "ann", "--object", OBJECT]],
)
def test_exactly_one_person_or_object_must_be_named(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["forget", *arguments])
