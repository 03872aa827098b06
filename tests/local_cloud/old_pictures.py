"""Pictures that were in the bucket before, and `make backfill` as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.cloud import LocalCloud
from local.sam_cli import PROJECT, STACK_NAME
from tests.faults.uploads import unique_jpeg
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.table import Table

type Picture = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OldPictures:
    """The upload bucket of a cloud, under one prefix; `environment` is the operator's."""

    cloud: LocalCloud
    prefix: str
    environment: Mapping[str, str]

    @property
    def bucket(self) -> str:
        return self.cloud.outputs["UploadBucketName"]

    def put(self, names: Iterable[str]) -> list[Picture]:
        """Store a picture of its own under each name, without an event; return their row keys."""
        with without_bucket_notifications(self.cloud):
            return [self.put_one(name) for name in names]

    def put_one(self, name: str) -> Picture:
        """The same for one, with an event where the bucket sends some."""
        key = self.prefix + name
        s3, body = self.cloud.client("s3"), unique_jpeg(key)
        stored = s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        version = stored.get("VersionId", "null")
        if version == "null":
            version = "etag:" + stored["ETag"].strip('"')
        return {"object": f"s3://{self.bucket}/{key}", "version": version}

    def backfill(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command on the prefix to its end."""
        return subprocess.run(
            self._command(*arguments, "--prefix", self.prefix),
            cwd=PROJECT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start_backfill(self, output: IO[str], *arguments: str) -> subprocess.Popen[str]:
        """Start the command on the prefix."""
        return subprocess.Popen(
            self._command(*arguments, "--prefix", self.prefix),
            cwd=PROJECT,
            env=self._environment,
            stdout=output,
            text=True,
        )

    def outcomes(self, pictures: Iterable[Picture]) -> list[str | None]:
        """The outcome of each row; None where there is none."""
        table = Table(self.cloud.emulator, self.cloud.outputs["VerdictsTableName"])
        return [table.row(each).get("outcome") for each in pictures]

    def billed(self) -> Mapping[str, int]:
        """The billed calls of each key under the prefix."""
        begin = f"/{self.bucket}/{self.prefix}"
        counts = self.cloud.detectliveface.control.calls().pictures
        return {
            path.removeprefix(begin): count.billed
            for path, count in counts.items()
            if path.startswith(begin) and count.billed
        }

    def _command(self, *arguments: str) -> list[str]:
        command = [sys.executable, "-m", "operations", "backfill", "--stack", STACK_NAME]
        return [*command, "--yes", *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], **self.cloud.variables(), **self.environment}


def user_with(cloud: LocalCloud, name: str, page: Path) -> Mapping[str, str]:
    """The environment of a new user who has the policy of docs/backfill.md and nothing else."""
    policy = page.read_text().partition("## The policy")[2].partition("```json\n")[2]
    arns: dict[str, Any] = {"SOURCE": f"arn:aws:s3:::{cloud.outputs['UploadBucketName']}"}
    table = cloud.outputs["VerdictsTableName"]
    described = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
    attributes = cloud.client("sqs").get_queue_attributes(
        QueueUrl=cloud.outputs["RetryQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]
    arns |= {"TABLE": described["TableArn"], "QUEUE": attributes["QueueArn"]}
    document = policy.partition("```")[0]
    for placeholder, arn in arns.items():
        document = document.replace(placeholder, arn)
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="backfill", PolicyDocument=document)
    # On AWS `sqs:SendMessage` permits it too; the emulator wants an action that AWS does not have.
    batch = {"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": arns["QUEUE"]}
    emulated = json.dumps({"Version": "2012-10-17", "Statement": batch})
    iam.put_user_policy(UserName=name, PolicyName="emulator", PolicyDocument=emulated)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
