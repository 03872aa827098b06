"""The results file: what is read, what is written, and what a crash leaves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.results import (
    COLUMNS,
    Label,
    Presentation,
    Result,
    ResultsFile,
    read_results,
    write_results,
)
from liveness.models import Action, Outcome
from operations.errors import UserError
from tests.unit.evaluation.samples import ACCURATE, PLAIN, result

HEADER = ",".join(COLUMNS) + "\n"
ROW = "a.jpg,attack,print,not_live,,12.5,DetectLiveFaceAccurate,3.0\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.csv"


def written(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


def test_a_row_is_read_with_its_score_exactly_as_it_stands(path: Path) -> None:
    path.write_text(HEADER + ROW)

    assert read_results(path) == [
        result("a.jpg", "not_live", instrument="print", score="12.5"),
    ]


def test_columns_may_have_another_order_and_others_beside_them(path: Path) -> None:
    path.write_text(
        "\ufeffnote," + ",".join(reversed(COLUMNS)) + "\nx,3.0,DetectLiveFace,,,live,,bona_fide,a\n"
    )

    assert read_results(path) == [result("a", "live", action=PLAIN)]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a,real,,live,,,DetectLiveFace,3.0", "line 2: 'real' is not a valid Label"),
        ("a,attack,print,maybe,,,DetectLiveFace,3.0", "'maybe' is not a valid Outcome"),
        ("a,attack,print,live,,high,DetectLiveFace,2.0", "a score is a number"),
        ("a,attack,print,live,,101,DetectLiveFace,2.0", "from 0 to 100"),
        ("a,attack,print,live,,NaN,DetectLiveFace,2.0", "a score is a number"),
        ("a,attack,print,live,,,Detect,2.0", "'Detect' is not a valid Action"),
        ("a,attack,print,live,,9,,", "an answer needs its action and face_model_version"),
    ],
)
def test_a_row_that_is_none_is_refused_with_its_line(path: Path, row: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        read_results(written(path, row))


def test_a_file_without_the_columns_is_refused(path: Path) -> None:
    path.write_text("picture,label\na,attack\n")

    with pytest.raises(UserError, match="no column instrument, outcome, reason"):
        read_results(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b'"' + b"x" * 200_000])
def test_what_cannot_be_read_is_refused(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError, match="cannot be read"):
        read_results(path)


def test_a_failure_is_replaced_by_a_later_row_of_the_same_picture_and_action(path: Path) -> None:
    written(
        path,
        "a,bona_fide,,failed,service_throttled,,DetectLiveFace,",
        "b,bona_fide,,failed,service_throttled,,DetectLiveFace,",
        "a,bona_fide,,live,,,DetectLiveFace,3.0",
        "a,bona_fide,,not_live,,10,DetectLiveFaceAccurate,3.0",
    )

    assert [(each.presentation.picture, each.outcome) for each in read_results(path)] == [
        ("b", Outcome.FAILED),
        ("a", Outcome.LIVE),
        ("a", Outcome.NOT_LIVE),
    ]


def test_non_responses_without_a_model_count_with_the_model_that_answers_most(path: Path) -> None:
    written(
        path,
        "a,bona_fide,,retake,no_face,,,",
        "b,bona_fide,,retake,no_face,,DetectLiveFaceAccurate,",
        "c,bona_fide,,live,,,DetectLiveFace,3.0",
        "d,bona_fide,,live,,,DetectLiveFace,3.0",
        "e,bona_fide,,live,,99,DetectLiveFaceAccurate,3.0",
        "f,bona_fide,,live,,99,DetectLiveFace,2.0",
    )

    systems = [(each.action, each.face_model_version) for each in read_results(path)]
    assert systems[:2] == [(PLAIN, "3.0"), (ACCURATE, "3.0")]


def test_an_attack_without_an_instrument_is_of_one_that_is_unspecified(path: Path) -> None:
    (read,) = read_results(written(path, "a,attack,,live,,,DetectLiveFace,3.0"))

    assert read.presentation.instrument == "unspecified"


some_text = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)
some_results = st.builds(
    Result,
    st.builds(Presentation, some_text, st.just(Label.ATTACK), some_text.filter(bool)),
    st.sampled_from([Outcome.LIVE, Outcome.NOT_LIVE]),
    st.just(""),
    st.none() | st.decimals(0, 100, places=4),
    st.sampled_from([each.value for each in Action]),
    st.sampled_from(["2.0", "3.0"]),
)


@given(st.lists(some_results))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, results: list[Result]
) -> None:
    path = tmp_path_factory.mktemp("results") / "results.csv"
    write_results(path, results)

    assert read_results(path) == results


def test_rows_are_appended_to_a_new_file_and_to_an_old_one(path: Path) -> None:
    for name in ("a", "b"):
        with ResultsFile(path) as file:
            file.append(result(name, "live", score="99"))

    assert [each.presentation.picture for each in read_results(path)] == ["a", "b"]
    assert path.read_text().count("picture,label") == 1


@pytest.mark.parametrize(
    ("content", "left"),
    [("", 0), ("pict", 0), (HEADER.strip(), 0), (HEADER, 0), (HEADER + ROW, 1)],
)
@pytest.mark.parametrize("cut_off", ["", "b.jpg,atta"])
def test_a_row_that_was_cut_off_is_removed_before_more_is_written(
    path: Path, content: str, left: int, cut_off: str
) -> None:
    path.write_text(content + cut_off)

    with ResultsFile(path) as file:
        assert len(file.before) == left
        file.append(result("c", "live"))

    assert len(read_results(path)) == left + 1


def test_two_evaluations_do_not_write_one_file(path: Path) -> None:
    with ResultsFile(path), pytest.raises(UserError, match="Another evaluation"):
        ResultsFile(path).__enter__()
    with ResultsFile(path) as file:
        assert file.before == []


def test_a_file_that_is_no_results_file_is_not_added_to(path: Path) -> None:
    path.write_text("something else\n")

    with pytest.raises(UserError, match="no results file"):
        ResultsFile(path).__enter__()
    assert path.read_text() == "something else\n"


def test_a_score_is_written_without_an_exponent(path: Path) -> None:
    write_results(
        path,
        [
            Result(
                Presentation("a", Label.ATTACK, "x"),
                Outcome.LIVE,
                "",
                Decimal("1E+1"),
                PLAIN,
                "2.0",
            )
        ],
    )

    assert ",10,DetectLiveFace" in path.read_text()
