"""`evaluate` joins labels with the verdicts table, without a call of the service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evaluation.results import read_results
from liveness.models import Action, Decision, Detection, Outcome, Verdict
from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.test_verdicts import BUCKET, TableInMemory, store, table, verdict

__all__ = ["table"]


def scored(score: int) -> Decision:
    detection = Detection(Action.DETECT_LIVE_FACE_ACCURATE, "3.0", "r", score=Decimal(score))
    return Decision(Outcome.LIVE if score >= 40 else Outcome.NOT_LIVE, detection, Decimal(40))


def decided(key: str, minutes_ago: int, score: int) -> Verdict:
    decision = scored(score)
    return replace(verdict(key, minutes_ago), outcome=decision.outcome, decision=decision)


@pytest.fixture
def stored(table: TableInMemory) -> Sequence[Verdict]:
    verdicts = [
        decided("a.jpg", 1, 95),
        decided("b.jpg", 2, 30),
        decided("c.jpg", 3, 60),
        verdict("d.jpg", 4, Outcome.RETAKE, reason="no_face", advice="Again."),
        decided("e.jpg", 5, 90),
        decided("e.jpg", 6, 10),
        verdict("f.jpg", 7, Outcome.FAILED, reason="service_fault"),
    ]
    store(table, *verdicts)
    table.items.append(
        {"object": {"S": f"s3://{BUCKET}/waiting.jpg"}, "version": {"S": "v-8"}, "lease": {"S": ""}}
    )
    return verdicts


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "labels.csv"


def evaluated(
    aws: FakeAws, labels: Path, capsys: pytest.CaptureFixture[str], *rows: str
) -> tuple[dict[str, Any], str]:
    """The JSON that it prints, and its summary."""
    text = "object,version,id,label,instrument\n" + "".join(f"{row}\n" for row in rows)
    labels.write_text(text.replace("s3:/", f"s3://{BUCKET}/"))
    assert aws.run("evaluate", "--labels", str(labels), "--json") == 0
    output = capsys.readouterr()
    shown: dict[str, Any] = json.loads(output.out)
    return shown, output.err


def test_labels_by_object_version_and_id_become_an_evaluation(
    aws: FakeAws, labels: Path, stored: Sequence[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    shown, summary = evaluated(
        aws,
        labels,
        capsys,
        "s3:/a.jpg,,,bona_fide,",
        f",,{stored[1].upload.id},bona_fide,",
        "s3:/c.jpg,,,attack,print",
        "s3:/d.jpg,,,bona_fide,",
        "s3:/e.jpg,v-6,,attack,mask",
        f",,{stored[6].id},attack,",
    )

    assert summary == "6 labelled uploads with a verdict.\n"
    assert (shown["action"], shown["face_model_version"]) == ("DetectLiveFaceAccurate", "3.0")
    bona_fide = shown["bona_fide"]
    assert (bona_fide["count"], bona_fide["bpcer"], bona_fide["non_response"]) == (2, 0.5, 1)
    apcers = {name: each["apcer"] for name, each in shown["attacks"].items()}
    assert apcers == {"mask": 0, "print": 1, "unspecified": None}
    assert shown["attacks"]["unspecified"]["non_response_reasons"] == {"service_fault": 1}
    assert shown["threshold"] == 95


def test_labels_without_one_verdict_are_counted_and_left_out(
    aws: FakeAws, labels: Path, stored: Sequence[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    shown, summary = evaluated(
        aws,
        labels,
        capsys,
        "s3:/a.jpg,,,bona_fide,",
        "s3:/a.jpg,,,bona_fide,",
        "s3:/e.jpg,,,attack,mask",
        "s3:/waiting.jpg,,,bona_fide,",
        "s3:/none.jpg,,,bona_fide,",
        ",,no-such-id,bona_fide,",
    )

    assert summary == (
        "1 labelled upload with a verdict; 3 labels without one in the table; 1 label left out, "
        "because the object has several verdicts: add the column version, or use id.\n"
    )
    assert shown["bona_fide"]["count"] == 1


def test_the_truth_may_be_the_name_of_the_column(
    aws: FakeAws, labels: Path, stored: Sequence[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    labels.write_text(f"id,truth\n{stored[2].upload.id},attack\n")

    assert aws.run("evaluate", "--labels", str(labels), "--json") == 0
    assert json.loads(capsys.readouterr().out)["worst_apcer"] == 1


def test_the_joined_rows_are_kept_in_a_new_file_and_replace_none(
    aws: FakeAws, labels: Path, stored: Sequence[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    labels.write_text(f"object,label\ns3://{BUCKET}/a.jpg,bona_fide\n")
    arguments = ("--labels", str(labels), "--json", "--results", "joined.csv")

    assert aws.run("evaluate", *arguments) == 0
    (kept,) = read_results(Path("joined.csv"))
    assert kept.presentation.picture == f"s3://{BUCKET}/a.jpg?version=v-1"
    assert aws.run("evaluate", *arguments) == 1
    assert "joined.csv cannot be written: File exists. Nothing is" in capsys.readouterr().err


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("path,label\na,attack\n", "needs the columns object or id, label (or truth)"),
        ("object,instrument\ns3://b/k,print\n", "needs the columns object or id, label (or truth)"),
        ("object,label\nk.jpg,attack\n", "line 2: there is neither an id nor an object as s3://"),
        ("object,label\ns3://b/k,spoof\n", "line 2: 'spoof' is not a valid Label"),
        ("\0", "needs the columns"),
        ("object,label\ns3://b/k,attack\n", "There are no results to evaluate"),
        (
            f"object,label\ns3://{BUCKET}/a.jpg,attack\ns3://{BUCKET}/a.jpg,bona_fide\n",
            "a.jpg?version=v-1 has two labels that differ",
        ),
    ],
)
def test_labels_that_cannot_be_used_are_one_line(
    aws: FakeAws,
    labels: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    problem: str,
) -> None:
    labels.write_text(content)

    assert aws.run("evaluate", "--labels", str(labels), "--json") == 1
    assert problem in capsys.readouterr().err


def test_labels_that_are_not_there_are_one_line(
    aws: FakeAws, labels: Path, table: TableInMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.run("evaluate", "--labels", str(labels)) == 1
    assert "labels.csv cannot be read: No such file or directory." in capsys.readouterr().err
