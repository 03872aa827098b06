"""README's way from an existing bucket to answers, command by command."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched, count
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.parameters import read_parameters
from local.sam_cli import PROJECT
from tests.clouds import start_cloud
from tests.local_cloud.polling import wait_until
from tests.recipes import section

BUCKET = "archive"
NAMED = "selfies/Zoë +1 100%.jpg"
COMMANDS = re.findall(
    r"^(?:make|source) .*$", section("README.md", "Pictures that were there before"), re.MULTILINE
)[1:]
EVENTBRIDGE_ON = re.search(
    r"put-bucket-notification-configuration --bucket archive --notification-configuration '(.*?)'",
    section("README.md", "Sources"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A version of an object."""

    key: str
    version: str


@pytest.fixture(scope="module")
def archive() -> Iterator[LocalCloud]:
    parameters = re.fullmatch(r"make cloud PARAMETERS='(.*?)' .*", COMMANDS[0])
    assert parameters
    with start_cloud("archive", **read_parameters(parameters[1])) as cloud:
        yield cloud


def run(cloud: LocalCloud, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of README, with the environment that `source .local/cloud.env` gives."""
    # As from a terminal, where make itself prints nothing, and not from within `make test`.
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    return subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=PROJECT,
        env={**own, **cloud.variables()},
        capture_output=True,
        text=True,
        check=False,
    )


def put(cloud: LocalCloud, images: Iterator[bytes], *keys: str) -> list[Picture]:
    s3 = cloud.client("s3")
    return [
        Picture(key, s3.put_object(Bucket=BUCKET, Key=key, Body=next(images))["VersionId"])
        for key in keys
    ]


def outcomes(cloud: LocalCloud, pictures: list[Picture]) -> dict[Picture, str]:
    """The outcomes that the table has of these versions."""
    dynamodb, table = cloud.client("dynamodb"), cloud.outputs["VerdictsTableName"]
    found = {}
    for batch in batched(pictures, 100, strict=False):
        keys = [
            {"object": {"S": f"s3://{BUCKET}/{each.key}"}, "version": {"S": each.version}}
            for each in batch
        ]
        answer = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}})
        rows = {row["version"]["S"]: row for row in answer["Responses"][table]}
        for each in batch:
            if "outcome" in (row := rows.get(each.version, {})):
                found[each] = row["outcome"]["S"]
    return found


def tag(cloud: LocalCloud, picture: Picture) -> str | None:
    found = cloud.client("s3").get_object_tagging(
        Bucket=BUCKET, Key=picture.key, VersionId=picture.version
    )
    return {each["Key"]: each["Value"] for each in found["TagSet"]}.get("liveness")


def billed_calls(cloud: LocalCloud) -> Counter[str]:
    """Billed calls of each path; a key has one for each of its versions."""
    calls = cloud.detectliveface.control.calls().pictures
    return Counter({path: each.billed for path, each in calls.items() if each.billed})


@pytest.mark.slow
def test_an_existing_bucket_is_attached_backfilled_tagged_and_asked_about(
    archive: LocalCloud, selfie: bytes
) -> None:
    s3: Any = archive.client("s3")
    images = (selfie + str(number).encode() for number in count())
    judged = put(archive, images, *(f"selfies/live-judged-{number}.jpg" for number in range(20)))
    wait_until(lambda: len(outcomes(archive, judged)) == 20, what="verdicts on live uploads")
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})
    twice = [f"selfies/größe {number}.jpg" for number in range(40)]
    once = [f"selfies/{kind}-{number}.jpg" for kind in ("live", "spoof") for number in range(149)]
    old = put(archive, images, *twice, *twice, *once, NAMED)
    others = put(archive, images, *(f"invoices/selfies/{number}.jpg" for number in range(101)))
    assert len([*judged, *old, *others]) == 500

    doctor, backfill, verdicts, verdict = COMMANDS[2:]
    off = run(archive, doctor)
    assert off.returncode != 0
    assert "EventBridge" in off.stdout
    assert EVENTBRIDGE_ON
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration=json.loads(EVENTBRIDGE_ON[1])
    )
    assert run(archive, doctor).returncode == 0

    done = run(archive, backfill)

    assert (done.stderr, done.returncode) == ("", 0)
    assert f"{len(old)} of {len(old)} decided (100%)" in done.stdout
    found = outcomes(archive, [*old, *judged])
    assert len(found) == len(old) + len(judged)
    assert outcomes(archive, others) == {}
    wait_until(
        lambda: all(tag(archive, each) == outcome for each, outcome in found.items()),
        what="a tag on every version that was judged",
    )
    assert not any(tag(archive, each) for each in others)
    billed = billed_calls(archive)
    assert billed == Counter(f"/{BUCKET}/{each.key}" for each in found)
    lines = [json.loads(line) for line in run(archive, verdicts).stdout.splitlines()]
    not_live = {each.version for each, outcome in found.items() if outcome == "not_live"}
    assert {line["version"] for line in lines} == not_live
    assert len(not_live) == 149
    assert "live" in run(archive, verdict).stdout
    again = run(archive, backfill)
    assert again.returncode == 0
    assert billed_calls(archive) == billed
