"""`detectliveface evaluate` as a process, against the fake, on a set with known error rates."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from liveness.models import Action
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace
from tests.evaluation_set import SMALL, create_set
from tests.local_cloud.client.test_command_line import environment_of
from tests.local_cloud.polling import wait_until

INSTALLED = Path(sys.executable).with_name("detectliveface")
BOTH = [word for action in Action for word in ("--action", action.value)]
WORKERS = 4
_AMPLE_SECONDS = 120

type Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(fake: FakeDetectLiveFace, tmp_path: Path) -> Start:
    """Start the installed command on a small set, with the fastest rate."""
    fake.control.set_rules(*create_set(tmp_path / "pictures", SMALL))

    def start(*arguments: str) -> subprocess.Popen[str]:
        options = ["--endpoint", fake.url, "--yes", "--rate", "40", "--workers", str(WORKERS)]
        return subprocess.Popen(
            [INSTALLED, "evaluate", "pictures", "--results", "results.csv", *options, *arguments],
            cwd=tmp_path,
            env={"PYTHONWARNINGS": "error", **environment_of(DEFAULT_CREDENTIALS)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a run with `--json` printed, once it has succeeded."""
    out, err = process.communicate(timeout=_AMPLE_SECONDS)
    assert process.returncode == 0, err
    shown: dict[str, Any] = json.loads(out)
    return shown


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _has_rows(path: Path, more_than: int) -> bool:
    return path.exists() and len(rows(path)) > more_than


def test_a_set_with_known_error_rates_gives_the_expected_figures(
    start: Start, fake: FakeDetectLiveFace, tmp_path: Path
) -> None:
    shown = finished(start("--json", "--max-apcer", "0.1", *BOTH))

    bona_fide, of_print, of_replay = SMALL
    by_liveness, (by_score,) = shown, shown["others"]
    for figures, rejected, accepted in (
        (
            by_liveness,
            bona_fide.wrong_by_liveness,
            [kind.wrong_by_liveness for kind in (of_print, of_replay)],
        ),
        (
            by_score,
            sum(score < 40 for score in bona_fide.scores),
            [sum(score >= 40 for score in kind.scores) for kind in (of_print, of_replay)],
        ),
    ):
        assert figures["bona_fide"]["bpcer"] == rejected / 40
        assert figures["bona_fide"]["non_response_reasons"] == {"face_too_small": 1, "no_face": 1}
        apcers = [figures["attacks"][name]["apcer"] for name in ("print", "replay")]
        assert apcers == [number / 20 for number in accepted]
        assert figures["attacks"]["print"]["non_response"] == 1
        assert figures["worst_apcer"] == max(apcers)
    # At most 2 of 20 replays are live: from above the third highest score on.
    third = sorted(of_replay.scores)[-3]
    others = {*bona_fide.scores, *of_print.scores, *of_replay.scores}
    assert Decimal(str(by_score["threshold"])) == min(each for each in others if each > third)
    assert by_liveness["threshold"] is None
    assert fake.control.calls().billed == len(rows(tmp_path / "results.csv")) - 6


def test_killed_in_the_middle_it_goes_on_and_pays_for_no_row_twice(
    start: Start, fake: FakeDetectLiveFace, tmp_path: Path
) -> None:
    results, total = tmp_path / "results.csv", sum(kind.answered + kind.refused for kind in SMALL)
    kept: list[dict[str, str]] = []
    for part in (1, 2):
        process = start("--json")
        wait_until(partial(_has_rows, results, part * total // 4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        before, kept = kept, rows(results)
        assert kept[: len(before)] == before
        assert len(kept) < total

    shown = finished(start("--json"))

    after = rows(results)
    assert after[: len(kept)] == kept
    assert len(after) == total == len({row["picture"] for row in after})
    assert shown["bona_fide"]["count"] + shown["bona_fide"]["non_response"] == 42
    calls = fake.control.calls()
    # What was on its way at a kill has no row: those alone are sent again.
    again = Counter({picture: each.calls - 1 for picture, each in calls.pictures.items()})
    assert len(calls.pictures) == total
    assert again.total() <= 2 * WORKERS
    assert max(again.values()) <= 2


def test_a_second_evaluation_beside_it_sends_nothing(
    start: Start, fake: FakeDetectLiveFace, tmp_path: Path
) -> None:
    first = start("--json")
    wait_until((tmp_path / "results.csv").exists)

    second = start("--json")
    _, err = second.communicate(timeout=_AMPLE_SECONDS)
    finished(first)

    assert second.returncode == 1
    assert "Another evaluation writes results.csv" in err
    assert fake.control.calls().total == len(rows(tmp_path / "results.csv"))


def test_a_bad_day_of_the_service_is_made_up_for_by_the_same_command(
    start: Start, fake: FakeDetectLiveFace, tmp_path: Path
) -> None:
    fake.control.set_rate(1)
    first = finished(start("--json", "--timeout", "1"))
    fake.control.set_rate(None)
    second = finished(start("--json"))

    assert any("are failures of the service" in each for each in first["warnings"])
    assert not any("are failures of the service" in each for each in second["warnings"])
    counts = [kind["count"] for kind in (second["bona_fide"], *second["attacks"].values())]
    assert counts == [40, 20, 20]


def test_the_report_and_both_pictures_are_kept(start: Start, tmp_path: Path) -> None:
    process = start("--report", "kept", *BOTH)
    out, _ = process.communicate(timeout=_AMPLE_SECONDS)

    assert process.returncode == 0
    assert sorted(os.listdir(tmp_path / "kept")) == ["det.png", "det.svg", "report.md"]  # noqa: PTH208
    assert (tmp_path / "kept" / "report.md").read_text() in out
    assert "## Both on the same pictures" in out
