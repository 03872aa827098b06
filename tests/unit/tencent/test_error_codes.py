"""The catalogue of error codes: complete, and each ends in its exception."""

from __future__ import annotations

import csv
import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.errors import (
    AccountBlocked,
    CredentialsRefused,
    ErrorAnswer,
    PictureNotDownloaded,
    PictureRejected,
    RequestRefused,
    ServiceFault,
    Throttled,
    TransientFault,
)
from liveness.picture import ADVICE as OUR_ADVICE
from liveness.tencent import reference
from liveness.tencent.catalogue import entries, entry_for, fault_for
from liveness.tencent.codes import ADVICE, CODES, REASONS, Kind, Origin

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "error-codes.md"
with (HERE / "error-codes.csv").open(encoding="utf-8", newline="") as listed:
    ROWS = list(csv.DictReader(listed))

ORIGINS = {
    "seed": Origin.DOCUMENT,
    "seed+common": Origin.DOCUMENT,
    "later list": Origin.LATER,
    "later list+common": Origin.LATER,
    "common": Origin.COMMON,
    "product, not listed for this Action": Origin.PRODUCT,
    "sdk": Origin.SDK,
}
FAULTS: dict[str, type[Exception]] = {
    "image": PictureRejected,
    "transient": TransientFault,
    "throttle": Throttled,
    "credentials": CredentialsRefused,
    "account": AccountBlocked,
    "request": RequestRefused,
    "unreachable": RequestRefused,
}


def test_the_catalogue_is_the_list_of_codes() -> None:
    catalogue = {
        entry.code: (entry.kind.value, entry.retry.value, entry.origin) for entry in entries()
    }
    assert catalogue == {
        row["code"]: (
            row["kind"],
            row["retryable"],
            ORIGINS[row["meaning"].rpartition("[")[2].rstrip("]")],
        )
        for row in ROWS
    }


def test_no_code_is_listed_twice() -> None:
    codes = [code for group in CODES.values() for code in group]
    assert len(codes) == len(set(codes))


def test_all_seventy_codes_of_the_document_are_there() -> None:
    assert sum(entry.origin is Origin.DOCUMENT for entry in entries()) == 70


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}")
def test_every_code_is_an_exception_of_its_kind_that_carries_the_answer(
    row: dict[str, str],
) -> None:
    answer = ErrorAnswer(row["code"], "told so", "r-1", 2)
    fault = fault_for(answer)
    expected = FAULTS[row["kind"]]
    if row["code"] == "FailedOperation.ImageDownloadError":
        expected = PictureNotDownloaded
    assert type(fault) is expected
    assert isinstance(fault, PictureRejected | ServiceFault)
    assert fault.answer == answer


def test_every_meaning_is_a_sentence() -> None:
    for entry in entries():
        assert entry.meaning.endswith("."), entry.code
        assert "|" not in entry.meaning


def test_reasons_and_advice_belong_to_pictures_alone() -> None:
    images = {entry.code for entry in entries() if entry.kind is Kind.IMAGE}
    assert set(REASONS) == images
    assert set(ADVICE) == set(REASONS.values())
    for reason, advice in ADVICE.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason)
        assert re.fullmatch(r"[A-Z].*\.", advice)


def test_reasons_shared_with_our_own_rules_have_the_same_names() -> None:
    shared = {"empty_file", "file_too_large", "resolution_too_large", "resolution_too_small"}
    assert set(ADVICE) & set(OUR_ADVICE) == shared


def test_a_refused_picture_says_what_to_do() -> None:
    fault = fault_for(ErrorAnswer("InvalidParameterValue.NoFaceInPhoto", "told so"))
    assert isinstance(fault, PictureRejected)
    assert fault.reason == "no_face"
    assert fault.advice == "Take a new picture with your whole face in it."


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
def test_an_unknown_code_counts_as_its_longest_prefix_but_never_as_a_picture(
    code: str, known: str
) -> None:
    entry = entry_for(code)
    assert entry is not None
    assert entry.code == known


@pytest.mark.parametrize("code", ["Novel", "Novel.FailedOperation", "", ".", "internalerror"])
def test_a_code_nobody_knows_is_left_to_a_person(code: str) -> None:
    assert entry_for(code) is None
    assert type(fault_for(ErrorAnswer(code, "told so"))) is RequestRefused


@settings(deadline=None)
@given(st.text(), st.sampled_from(ROWS))
def test_what_hangs_on_a_code_never_makes_it_a_picture(novel: str, row: dict[str, str]) -> None:
    fault = fault_for(ErrorAnswer(f"{row['code']}.{novel}", "told so"))
    assert isinstance(fault, ServiceFault)


def test_the_reference_page_is_the_catalogue() -> None:
    remedy = "python -m liveness.tencent.reference > docs/error-codes.md"
    assert PAGE.read_text("utf-8") == reference.page(), remedy


def test_the_reference_page_names_every_code_and_every_piece_of_advice() -> None:
    shown = reference.page()
    for row in ROWS:
        assert f"| `{row['code']}` |" in shown
    for advice in ADVICE.values():
        assert advice in shown


def test_python_m_prints_the_reference_page(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(reference.__file__), run_name="__main__")
    assert capsys.readouterr().out == reference.page()
