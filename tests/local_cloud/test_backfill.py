"""`make backfill`, as an operator runs it: every old picture is decided, and billed once."""

from __future__ import annotations

import csv
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from local.cloud import LocalCloud
from local.sam_cli import PROJECT
from tests.local_cloud.buckets import suspended_versioning
from tests.local_cloud.old_pictures import OldPictures, user_with
from tests.local_cloud.polling import wait_until

HOSTILE = [
    "live größe + 自拍 1.jpg",
    "live-%2B%20.jpg",
    "live-a+b&c=d?versionId=1#.jpg",
    "live-\u202e\U0001f642.jpg",
    'a b/live \' "quoted".jpg',
]
OTHERS = ["spoof-1.jpg", "no-face-1.jpg", *(f"live-{number}.jpg" for number in range(18))]
DECIDED = [f"live-decided-{number}.jpg" for number in range(4)]
TWICE = "live-twice.jpg"


@pytest.fixture(scope="module")
def environment(cloud: LocalCloud) -> dict[str, str]:
    """An operator with the page's policy and nothing else."""
    return {**user_with(cloud, "may-backfill", PROJECT / "docs" / "backfill.md")}


@pytest.fixture
def _usual_pace(cloud: LocalCloud) -> Iterator[None]:
    cloud.detectliveface.control.set_rules({"effect": "slow-200"})
    yield
    cloud.detectliveface.control.set_rules()


def test_thirty_old_pictures_are_decided_once_and_a_second_run_sends_nothing(
    cloud: LocalCloud, environment: dict[str, str], tmp_path: Path
) -> None:
    pictures = OldPictures(cloud, "backfill + größe/", environment)
    decided = [pictures.put_one(name) for name in DECIDED]
    wait_until(lambda: all(pictures.outcomes(decided)), what="verdicts by the bucket's events")
    old = pictures.put([*HOSTILE, *OTHERS, TWICE, TWICE])
    assert not any(pictures.outcomes(old))

    done = pictures.backfill()

    assert (done.stderr, done.returncode) == ("", 0)
    assert "27 of 27 decided (100%): 25 live, 1 not_live, 1 retake, 0 failed" in done.stdout
    assert [*map(bool, pictures.outcomes(old))] == [True] * 27
    expected = dict.fromkeys([*HOSTILE, *OTHERS, *DECIDED], 1) | {TWICE: 2}
    del expected["no-face-1.jpg"]
    assert pictures.billed() == expected

    manifest = tmp_path / "manifest.csv"
    with manifest.open("w", newline="") as file:
        keys = [each["object"].removeprefix(f"s3://{pictures.bucket}/") for each in old]
        csv.writer(file).writerows((pictures.bucket, quote_plus(key, safe="/")) for key in keys)
    for again in (pictures.backfill(), pictures.backfill("--manifest", str(manifest))):
        assert (again.stderr, again.returncode) == ("", 0)
        assert again.stdout.endswith("There is nothing to judge.\n")
    assert pictures.billed() == expected


def test_a_picture_without_a_version_id_is_decided_once(
    cloud: LocalCloud, environment: dict[str, str]
) -> None:
    pictures = OldPictures(cloud, "backfill-unversioned/", environment)
    with suspended_versioning(cloud.client("s3"), pictures.bucket):
        old = pictures.put(["live.jpg"])

    done = pictures.backfill()

    assert (done.stderr, done.returncode) == ("", 0)
    assert "1 of 1 decided (100%)" in done.stdout
    assert pictures.outcomes(old) == ["live"]
    assert pictures.backfill().stdout.endswith("There is nothing to judge.\n")
    assert pictures.billed() == {"live.jpg": 1}


@pytest.mark.usefixtures("_usual_pace")
def test_killed_and_started_again_it_goes_on_and_bills_no_picture_twice(
    cloud: LocalCloud, environment: dict[str, str]
) -> None:
    pictures = OldPictures(cloud, "backfill-killed/", environment)
    names = [f"live-{number}.jpg" for number in range(60)]
    old = pictures.put(names)
    with Path(os.devnull).open("w") as nowhere, pictures.start_backfill(nowhere) as killed:
        wait_until(lambda: len(pictures.billed()) > 10, what="some pictures to be judged")
        killed.send_signal(signal.SIGKILL)
    assert None in pictures.outcomes(old), "it was killed too late"

    done = pictures.backfill("--rate", "40")

    assert (done.stderr, done.returncode) == ("", 0)
    assert "(100%)" in done.stdout
    assert pictures.outcomes(old) == ["live"] * 60
    assert pictures.billed() == dict.fromkeys(names, 1)
