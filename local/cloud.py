"""A cloud on this machine: AWS emulator, DetectLiveFace fake, our real stack and a subscriber.

``python -m local.cloud [--name NAME] [--parameters 'Name=value …']`` leaves it running until
interrupted and writes ``.local/NAME.env`` (NAME: cloud), ready to `source`.
"""

import argparse
import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from liveness.credentials import TencentCredentials
from liveness.sources import Sources
from local.console import UserError, progress, run, stop_on_signals
from local.detectliveface.process import FakeDetectLiveFace
from local.emulator import Emulator, run_emulator
from local.oidc_issuer import run_issuer
from local.parameters import read_parameters
from local.phone_gateway import run_phone_gateway
from local.sam_cli import STACK_NAME, sam_build, sam_deploy
from local.setup import EMULATOR, STATE
from local.upload_api import LocalUploadApi, api_id, api_parameters, set_cors

__all__ = ["STATE", "stop_on_signals"]

EMULATOR_COMMAND = EMULATOR / "bin" / "ministack"


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """A running cloud, and where its parts are."""

    emulator: Emulator
    detectliveface: FakeDetectLiveFace
    outputs: Mapping[str, str]
    notifications_queue_url: str
    credentials: TencentCredentials
    sources: Sources
    upload_api: LocalUploadApi | None = None

    @property
    def upload_bucket(self) -> str:
        """The stack's own bucket, or without one the first source bucket."""
        return self.sources.buckets[0]

    def client(self, service: str) -> Any:
        """A boto3 client of the root user for one service."""
        return self.emulator.client(service)

    def variables(self) -> dict[str, str]:
        """The environment variables by which tools and tests use it."""
        return {
            **(self.upload_api.variables() if self.upload_api else {}),
            **self.emulator.environment,
            "STACK_NAME": STACK_NAME,
            "UPLOAD_BUCKET": self.upload_bucket,
            "SOURCE_BUCKETS": ",".join(self.sources.buckets),
            "VERDICTS_TABLE": self.outputs["VerdictsTableName"],
            "VERDICTS_TOPIC_ARN": self.outputs["VerdictsTopicArn"],
            "ANNOUNCEMENTS_QUEUE_URL": self.notifications_queue_url,
            "RETRY_QUEUE_URL": self.outputs["RetryQueueUrl"],
            "FAILED_UPLOADS_QUEUE_URL": self.outputs["FailedUploadsQueueUrl"],
            "TENCENT_SECRET_ARN": self.outputs["TencentSecretArn"],
            "FUNCTION_NAME": self.outputs["CheckLivenessFunctionName"],
            "DETECTLIVEFACE_URL": self.detectliveface.url,
        }


@contextmanager
def local_cloud(
    name: str, *, build: Callable[[Path], Path] = sam_build, **parameters: str
) -> Iterator[LocalCloud]:
    """Start a cloud, step by step, and stop it at the end of the block.

    `build` returns the template to deploy; it may write into the directory that it is given.
    `parameters` are the template's; the buckets of SourceBuckets are created, and with
    UploadApi=on there is an issuer of tokens, and a gateway for phones. Raises UserError where a
    step fails.
    """
    lists = parameters.get("SourceBuckets", ""), parameters.get("KeyPrefixes", "")
    source_buckets = Sources.parse(None, *lists).buckets
    credentials = TencentCredentials(
        "FAKEID" + secrets.token_hex(15), "fakekey" + secrets.token_hex(12)
    )
    with ExitStack() as stack:
        home = stack.enter_context(cloud_directory(name))
        with progress("Start the AWS emulator, IAM enforced"):
            emulator = stack.enter_context(run_emulator(EMULATOR_COMMAND, home))
        if source_buckets:
            with progress("Create the source buckets, EventBridge on"):
                _create_source_buckets(emulator, source_buckets)
        with progress("Start the DetectLiveFace fake"):
            log, ca_file = home / "detectliveface.log", emulator.ca_bundle
            fake = FakeDetectLiveFace(log=log, credentials=credentials, ca_file=ca_file)
            stack.enter_context(fake)
        options = {"TencentEndpoint": fake.url, "MetricMathAlarms": "off"}
        issuer = None
        if parameters.get("UploadApi") == "on":
            with progress("Start the issuer of tokens"):
                issuer = stack.enter_context(run_issuer())
            options |= api_parameters(issuer)
        with progress("Build the functions and their layers (sam build)"):
            template = build(home)
        with progress("Deploy the stack (sam deploy)"):
            outputs = sam_deploy(home, template, options | parameters, emulator)
            _set_maximum_concurrency(emulator, outputs["CheckLivenessFunctionName"])
            if source_buckets:
                _send_events_to_queue(emulator, outputs["RetryQueueUrl"])
        with progress("Put the credentials into the secret"):
            put_credentials(emulator, outputs["TencentSecretArn"], credentials)
        with progress("Subscribe a queue to the verdicts"):
            queue_url = subscribe_queue(emulator, outputs["VerdictsTopicArn"], "notifications")
        api = None
        if issuer:
            url, bucket = outputs["UploadApiUrl"], outputs["UploadBucketName"]
            if origins := parameters.get("AllowedOrigins"):
                set_cors(emulator, url, origins)
            gateway = stack.enter_context(run_phone_gateway(emulator, api_id(url), bucket))
            api = LocalUploadApi(gateway, issuer)
        sources = Sources.parse(outputs.get("UploadBucketName"), *lists)
        yield LocalCloud(emulator, fake, outputs, queue_url, credentials, sources, api)


@contextmanager
def cloud_directory(name: str) -> Iterator[Path]:
    """An empty directory for this cloud, locked against a second cloud of the same name."""
    home = STATE / "clouds" / name
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as locked:
            raise UserError(
                f"A cloud named {name!r} is running already.",
                "Stop it, or give this one another name: `make cloud NAME=other`.",
            ) from locked
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        yield home


def _create_source_buckets(emulator: Emulator, buckets: Iterable[str]) -> None:
    """Create what an existing bucket is on AWS: versions are kept, and EventBridge gets events."""
    s3 = emulator.client("s3")
    for bucket in buckets:
        try:
            s3.create_bucket(Bucket=bucket)
        except (ClientError, BotoCoreError) as error:
            reason = " ".join(str(error).split())
            raise UserError(
                f"The source bucket {bucket!r} cannot be created ({reason}).",
                "S3's names have 3 to 63 lower-case letters, digits, hyphens and dots.",
            ) from error
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


def _set_maximum_concurrency(emulator: Emulator, function_name: str) -> None:
    """Set MaximumConcurrency once more, as a number.

    CloudFormation passes a parameter's value on as text, which AWS converts into a number. The
    emulator keeps the text, and then stops polling.
    """
    functions = emulator.client("lambda")
    mappings = functions.list_event_source_mappings(FunctionName=function_name)
    for mapping in mappings["EventSourceMappings"]:
        limit = int(mapping["ScalingConfig"]["MaximumConcurrency"])
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": limit}
        )


def _send_events_to_queue(emulator: Emulator, queue_url: str) -> None:
    """Let the rule of the source buckets send to RetryQueue, from which nothing is lost.

    On AWS it invokes the function asynchronously, and Lambda sends what failed to RetryQueue. The
    emulator's EventBridge drops it.
    """
    sqs, events = emulator.client("sqs"), emulator.client("events")
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    target = {"Id": "check-liveness", "Arn": attributes["Attributes"]["QueueArn"]}
    events.put_targets(Rule=f"{STACK_NAME}-uploads", Targets=[target])


def put_credentials(emulator: Emulator, secret_arn: str, credentials: TencentCredentials) -> None:
    """Put an API key into the secret, as `make secret` does."""
    emulator.client("secretsmanager").put_secret_value(
        SecretId=secret_arn, SecretString=json.dumps(credentials.parts)
    )


def subscribe_queue(emulator: Emulator, topic_arn: str, name: str, **attributes: str) -> str:
    """Create a queue, subscribe it to a topic with these attributes, and return its URL."""
    sqs = emulator.client("sqs")
    queue_url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    described = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = described["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        },
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    emulator.client("sns").subscribe(
        TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes
    )
    return queue_url


def main() -> int:
    """Run a cloud until it is interrupted."""
    options = read_arguments("make cloud", __doc__)
    return run(lambda: _serve(options.name, options.parameters), interrupted=0)


def read_arguments(program: str, description: str | None) -> argparse.Namespace:
    """Read `name` and `parameters` from the command line of a cloud that is left running."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--name", default="cloud")
    parser.add_argument("--parameters", default="", metavar="'Name=value …'")
    return parser.parse_args()


def with_upload_api(parameters: Mapping[str, str], origins: str = "*") -> dict[str, str]:
    """Turn the upload API on, unless parameters turn it off, or the bucket that it uploads to."""
    if parameters.get("CreateUploadBucket") == "off":
        return dict(parameters)
    return {"UploadApi": "on", "AllowedOrigins": origins, **parameters}


def _serve(name: str, parameters: str) -> int:
    options = with_upload_api(read_parameters(parameters))
    with local_cloud(name, build=sam_build, **options) as cloud:
        leave_running(name, cloud.variables())
    return 0


def leave_running(name: str, variables: Mapping[str, str], *notes: str) -> None:
    """Write a cloud's variables to `.local/NAME.env`, and wait until it is interrupted."""
    env_file = STATE / f"{name}.env"
    lines = [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
    env_file.write_text("\n".join([*lines, ""]))
    try:
        print(f"The cloud is up. In another terminal: source {os.path.relpath(env_file)}")
        for note in notes:
            print(note)
        print("Ctrl-C stops it.", flush=True)
        signal.pause()
    finally:
        env_file.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
