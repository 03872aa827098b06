"""The table of error codes: it is complete, and each code becomes its exception."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness import image_rules
from liveness.errors import (
    AccountBlockedError,
    CredentialsRefusedError,
    DetectionError,
    ImageDownloadError,
    ImageRejectedByServiceError,
    RequestRefusedError,
    ThrottledError,
    TransientError,
)
from liveness.models import ErrorResponse
from liveness.tencent import error_codes as module
from liveness.tencent.error_codes import ADVICE, Kind, error_codes, error_for, lookup
from tests import error_codes_page

with Path(__file__).with_name("error-codes.csv").open(encoding="utf-8", newline="") as listed:
    ROWS = list(csv.DictReader(listed))

ORIGINS = {
    "seed": "document",
    "seed+common": "document",
    "later list": "later",
    "later list+common": "later",
    "common": "common",
    "product, not listed for this Action": "product",
    "sdk": "sdk",
}
ERRORS: dict[str, type[Exception]] = {
    "image": ImageRejectedByServiceError,
    "transient": TransientError,
    "throttle": ThrottledError,
    "credentials": CredentialsRefusedError,
    "account": AccountBlockedError,
    "request": RequestRefusedError,
    "unreachable": RequestRefusedError,
}


def test_the_table_is_the_vendors_lists_as_they_were_classified() -> None:
    table = {
        entry.code: (entry.kind.value, entry.retry.value, entry.origin)
        for entry in error_codes().values()
    }
    assert table == {
        row["code"]: (
            row["kind"].replace("unreachable", "other_action"),
            row["retryable"],
            ORIGINS[row["meaning"].rpartition("[")[2].rstrip("]")],
        )
        for row in ROWS
    }


def test_no_code_is_listed_twice() -> None:
    with module._FILE.open(encoding="utf-8", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    assert len(codes) == len(set(codes)) == len(error_codes())


def test_all_seventy_codes_of_the_document_are_there() -> None:
    assert sum(entry.origin == "document" for entry in error_codes().values()) == 70


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}")
def test_every_code_is_an_exception_of_its_kind_with_the_response(
    row: dict[str, str],
) -> None:
    response = ErrorResponse(row["code"], "a message", "r-1", 2)
    error = error_for(response)
    expected = ERRORS[row["kind"]]
    if row["code"] == "FailedOperation.ImageDownloadError":
        expected = ImageDownloadError
    assert type(error) is expected
    assert isinstance(error, ImageRejectedByServiceError | DetectionError)
    assert error.response == response


def test_every_meaning_is_a_sentence() -> None:
    for entry in error_codes().values():
        assert entry.meaning.endswith("."), entry.code
        assert "|" not in entry.meaning


def test_only_codes_of_the_kind_image_have_reason_and_advice() -> None:
    entries = error_codes().values()
    assert all(bool(entry.reason) is (entry.kind is Kind.IMAGE) for entry in entries)
    assert set(ADVICE) == {entry.reason for entry in entries if entry.reason}
    for reason, advice in ADVICE.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason)
        assert re.fullmatch(r"[A-Z].*\.", advice)


def test_reasons_shared_with_the_image_rules_have_the_same_advice() -> None:
    shared = {"empty_file", "file_too_large", "resolution_too_large", "resolution_too_small"}
    assert set(ADVICE) & set(image_rules.ADVICE) == shared
    assert all(ADVICE[reason] == image_rules.ADVICE[reason] for reason in shared)


def test_a_rejected_image_has_advice() -> None:
    error = error_for(ErrorResponse("InvalidParameterValue.NoFaceInPhoto", "a message"))
    assert isinstance(error, ImageRejectedByServiceError)
    assert error.reason == "no_face"
    assert error.advice == "Take a new picture with your whole face in it."


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("FailedOperation.Novel", "FailedOperation"),
        ("InvalidParameterValue.Novel", "InvalidParameterValue"),
        ("ResourceUnavailable.InArrears.Very", "ResourceUnavailable.InArrears"),
        ("RequestLimitExceeded.A.B.C", "RequestLimitExceeded"),
        ("InvalidParameterValue.NoFaceInPhoto.Novel", "InvalidParameterValue"),
        ("LimitExceeded.ErrorFaceNumExceed.Novel", "LimitExceeded"),
    ],
)
def test_an_unknown_code_counts_as_its_longest_prefix_but_never_as_one_of_an_image(
    code: str, known: str
) -> None:
    entry = lookup(code)
    assert entry is not None
    assert entry.code == known


@pytest.mark.parametrize("code", ["Novel", "Novel.FailedOperation", "", ".", "internalerror"])
def test_a_code_without_a_known_prefix_is_not_retried(code: str) -> None:
    assert lookup(code) is None
    assert type(error_for(ErrorResponse(code, "a message"))) is RequestRefusedError


@settings(deadline=None)
@given(st.text(), st.sampled_from(ROWS))
def test_a_suffix_never_makes_a_code_an_error_of_the_image(novel: str, row: dict[str, str]) -> None:
    error = error_for(ErrorResponse(f"{row['code']}.{novel}", "a message"))
    assert isinstance(error, DetectionError)


def test_the_page_is_generated_from_the_table() -> None:
    path, command = error_codes_page.PATH, error_codes_page.COMMAND
    assert path.read_text("utf-8") == error_codes_page.page(), f"run `{command}`"


def test_the_page_lists_every_code_and_every_advice() -> None:
    page = error_codes_page.page()
    for row in ROWS:
        assert f"| `{row['code']}` |" in page
    for advice in ADVICE.values():
        assert advice in page


def test_the_command_renews_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(error_codes_page, "PATH", tmp_path / "error-codes.md")
    error_codes_page.main()
    assert (tmp_path / "error-codes.md").read_text("utf-8") == error_codes_page.page()
    assert str(tmp_path) in capsys.readouterr().out
