"""Forgetting lists what is kept, asks, erases, and says what it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from operations import forget
from operations.forget import confirmed, counted, line, main, told
from operations.stack import StackNotFound
from operations.traces import Store, Trace, Traces
from tests.unit.operations.bucket_and_table import (
    BUCKET,
    ELSEWHERE,
    KEY,
    MARKER,
    OBJECT,
    PICTURE,
    ROW,
    Aws,
    answering,
)


@pytest.fixture
def answers() -> Iterator[tuple[Aws, Store]]:
    with answering() as both:
        yield both


@pytest.fixture
def aws(answers: tuple[Aws, Store]) -> Aws:
    return answers[0]


@pytest.fixture
def store(answers: tuple[Aws, Store]) -> Store:
    return answers[1]


def test_what_was_erased_is_counted_by_kind() -> None:
    assert counted([]) == "0 picture versions, 0 delete markers and 0 rows"
    assert counted([PICTURE, MARKER, ROW, ROW]) == "1 picture version, 1 delete marker and 2 rows"


def test_a_key_cannot_steer_the_terminal() -> None:
    assert line(Trace("row", "s3://b/\x1b[2J", "v")) == r"row: s3://b/\x1b[2J (version v)"


def test_what_stays_is_told() -> None:
    text = "".join(told(Traces([], shared=["s3://a/\n"], elsewhere=[ELSEWHERE])))

    assert text == (
        "Nothing of it is kept here.\n"
        "Somebody else's pictures under the same key stay: s3://a/\\n\n"
        f"The picture is in another bucket, where this erases nothing: {ELSEWHERE}\n"
    )


@pytest.mark.parametrize("answer", ["no", "", "y", "YES", " yes", EOFError(), KeyboardInterrupt()])
def test_only_yes_is_yes(answer: str | BaseException) -> None:
    def says(_question: str) -> str:
        if isinstance(answer, str):
            return answer
        raise answer

    assert not confirmed(Traces([ROW]), says)


def ask_and_count(questions: list[str], answer: str) -> Any:
    def ask(question: str) -> str:
        questions.append(question)
        return answer

    return ask


@pytest.fixture
def ours(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(forget, "stack_store", lambda _name: store)
    return store


@pytest.mark.usefixtures("ours")
def test_it_lists_asks_and_erases(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    questions: list[str] = []
    aws.lists(f"{KEY}@v1")
    aws.rows(OBJECT)
    aws.s3.add_response("delete_object", {})

    assert main(["--object", OBJECT], ask_and_count(questions, "yes")) == 0

    assert questions == ["Erase 1 picture version, 0 delete markers and 0 rows for good? (yes/no) "]
    trace = f"picture version: {OBJECT} (version v1)"
    assert capsys.readouterr().out == (
        f"This is kept:\n  {trace}\n  erased {trace}\n"
        "Erased 1 picture version, 0 delete markers and 0 rows.\n"
    )


@pytest.mark.usefixtures("ours")
def test_it_erases_nothing_where_nobody_agrees(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.lists(f"{KEY}@v1")
    aws.rows(OBJECT)

    assert main(["--object", OBJECT], lambda _question: "no") == 1

    assert capsys.readouterr().out.endswith("Nothing was erased.\n")


@pytest.mark.usefixtures("ours")
def test_it_asks_nothing_where_nothing_is_kept(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.index("ann")

    assert main(["--subject", "ann"], lambda _question: pytest.fail("it asked")) == 0

    assert capsys.readouterr().out == "Nothing of it is kept here.\n"


@pytest.mark.usefixtures("ours")
def test_where_it_stops_one_line_says_how_far_it_got(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.lists(f"{KEY}@v1", f"{KEY}@v0")
    aws.rows(OBJECT)
    aws.s3.add_response("delete_object", {})
    aws.s3.add_client_error("delete_object", "AccessDenied", "no")

    assert main(["--object", OBJECT, "--yes"]) == 1

    told_of = capsys.readouterr().err
    assert told_of.startswith("Erased 1 picture version, 0 delete markers and 0 rows, then it")
    assert "AccessDenied" in told_of
    assert told_of.count("\n") == 1


@pytest.mark.usefixtures("ours")
def test_a_foreign_bucket_is_one_line_and_a_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--object", ELSEWHERE, "--yes"]) == 1

    assert capsys.readouterr().err == (
        f"'{ELSEWHERE}' is no object of this stack: name one as s3://{BUCKET}/key.\n"
    )


def test_a_stack_that_is_not_there_is_one_line_and_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> Store:
        raise StackNotFound(f"The stack {name!r} cannot be read.")

    monkeypatch.setattr(forget, "stack_store", missing)

    assert main(["--stack", "none", "--subject", "ann"]) == 1
    assert capsys.readouterr().err == "The stack 'none' cannot be read.\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["--subject", ""], ["--object", ""], ["--subject", "ann", "--object", OBJECT]],
)
def test_it_must_be_told_whom_or_what(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
