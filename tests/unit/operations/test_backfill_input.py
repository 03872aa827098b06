"""`backfill` refuses what it was not meant for in one line, and sends nothing."""

from __future__ import annotations

import pytest

from operations.__main__ import main
from tests.unit.operations.old_pictures import BUCKET, OldPictures, pictures

__all__ = ["pictures"]

SOURCES = {"SourceBuckets": "archive,imports", "KeyPrefixes": "selfies/,faces/,faces/new/"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["--bucket", "other"],
            f"'other' is no source of this stack, whose sources are: {BUCKET}, archive, imports. "
            "The parameter SourceBuckets adds buckets.",
        ),
        (
            [],
            f"Which bucket? The stack's sources are: {BUCKET}, archive, imports. Add BUCKET=….",
        ),
        (
            ["--bucket", "archive", "--prefix", "self"],
            "'self' is outside of the stack's KeyPrefixes (selfies/, faces/, faces/new/), and the "
            "function refuses other keys.",
        ),
        (
            ["--bucket", "imports"],
            "There is no bucket 'imports' in this account and region. Nothing was sent.",
        ),
    ],
)
def test_a_bucket_or_prefix_that_is_no_source_is_one_line(
    arguments: list[str], text: str, pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pictures.run(*arguments, "--yes", **SOURCES) == 1

    assert capsys.readouterr().err == f"{text}\n"
    assert pictures.sent == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--prefix", ""], "argument --prefix: it is empty; leave it out instead"),
        (["--bucket", ""], "argument --bucket: it is empty; leave it out instead"),
        (["--rate", "41"], "argument --rate: '41' is not 1 to 40: the service takes 50 calls a"),
        (["--rate", "0"], "argument --rate: '0' is not 1 to 40"),
        (["--since", "last week"], "'last week' is neither a date such as 2026-11-01 nor a dur"),
        (["--bucket", "a", "--manifest", "b"], "not allowed with argument --bucket"),
    ],
)
def test_a_wrong_argument_is_a_usage_error(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["backfill", *arguments])

    assert text in capsys.readouterr().err


def test_of_a_source_bucket_every_accepted_prefix_is_listed_once(pictures: OldPictures) -> None:
    for key in ("selfies/1.jpg", "faces/new/2.jpg", "other/3.jpg"):
        pictures.s3.put(key, bucket="archive")

    assert pictures.run("--bucket", "archive", "--yes", **SOURCES) == 0

    assert pictures.s3.prefixes == ["selfies/", "faces/"] * 2
    assert [name for name, _ in (each.name for each in pictures.sent)] == [
        "s3://archive/selfies/1.jpg",
        "s3://archive/faces/new/2.jpg",
    ]


def test_a_prefix_within_those_of_the_stack_is_listed_alone(pictures: OldPictures) -> None:
    pictures.s3.put("selfies/2026/1.jpg", bucket="archive")

    arguments = ["--bucket", "archive", "--prefix", "selfies/2026/"]
    assert pictures.run(*arguments, "--yes", **SOURCES) == 0

    assert pictures.s3.prefixes == ["selfies/2026/"] * 2
    assert len(pictures.sent) == 1


def test_the_only_source_needs_no_name(pictures: OldPictures) -> None:
    pictures.s3.put("1.jpg")

    assert pictures.run("--yes", KeyPrefixes="ignored/") == 0
    assert pictures.names == ["1.jpg@v1"]


def test_what_sqs_does_not_take_is_sent_again(pictures: OldPictures) -> None:
    for number in range(3):
        pictures.s3.put(f"{number}.jpg")
    pictures.failures = [{0: False, 2: False}, {1: False}]

    assert pictures.run("--yes") == 0
    assert pictures.names == ["1.jpg@v1", "0.jpg@v1", "2.jpg@v1"]


@pytest.mark.parametrize(
    ("failures", "text"),
    [
        ([{0: True}], "SQS refuses a message: Busy Sent 0 versions"),
        ([{0: False}] * 8, "SQS did not take 1 message at 8 attempts. Sent 0 versions"),
    ],
)
def test_a_message_that_sqs_never_takes_is_one_line(
    failures: list[dict[int, bool]],
    text: str,
    pictures: OldPictures,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pictures.s3.put("1.jpg")
    pictures.failures = [*failures]

    assert pictures.run("--yes") == 1

    error = capsys.readouterr().err
    assert error.startswith(text)
    assert error.count("\n") == 1
