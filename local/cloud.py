"""A cloud on this machine: engine, DetectLiveFace stand-in, our real stack and a subscriber.

``python -m local.cloud [--name NAME]`` leaves it running until interrupted and writes
``.local/NAME.env`` (NAME: cloud), ready to `source`.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from liveness.tencent.signing import Credentials
from local.detectliveface.server import DetectLiveFaceServer, StandInDidNotStart
from local.engine import Engine, engine
from local.say import Trouble, step
from local.stack import PROJECT, STACK_NAME, SamCli
from operations.secret import secret_of

STATE = PROJECT / ".local"
ENGINE_COMMAND = STATE / "engine" / "bin" / "ministack"


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """What runs, and where."""

    engine: Engine
    detectliveface: DetectLiveFaceServer
    outputs: Mapping[str, str]
    announcements_queue_url: str
    credentials: Credentials

    def variables(self) -> dict[str, str]:
        """The environment that tools and tests use it by."""
        return {
            **self.engine.environment,
            "STACK_NAME": STACK_NAME,
            "UPLOAD_BUCKET": self.outputs["UploadBucketName"],
            "VERDICTS_TABLE": self.outputs["VerdictsTableName"],
            "VERDICTS_TOPIC_ARN": self.outputs["VerdictsTopicArn"],
            "ANNOUNCEMENTS_QUEUE_URL": self.announcements_queue_url,
            "RETRY_QUEUE_URL": self.outputs["RetryQueueUrl"],
            "FAILED_UPLOADS_QUEUE_URL": self.outputs["FailedUploadsQueueUrl"],
            "TENCENT_SECRET_ARN": self.outputs["TencentSecretArn"],
            "FUNCTION_NAME": self.outputs["CheckLivenessFunctionName"],
            "DETECTLIVEFACE_URL": self.detectliveface.url,
        }


@contextmanager
def local_cloud(
    name: str, *, template: Path = PROJECT / "template.yaml", **parameters: str
) -> Iterator[LocalCloud]:
    """Bring a cloud up, step by step, and take it down at the end of the block.

    Raises Trouble where a step fails.
    """
    credentials = Credentials("FAKEID" + secrets.token_hex(15), "fakekey" + secrets.token_hex(12))
    with ExitStack() as stack:
        home = stack.enter_context(cloud_home(name))
        with step("Start the AWS engine, IAM enforced"):
            running = stack.enter_context(engine(ENGINE_COMMAND, home))
        with step("Start the DetectLiveFace stand-in"):
            judge = stack.enter_context(
                _stand_in(credentials, home / "detectliveface.log", running.ca_bundle)
            )
        sam = SamCli(home, running)
        with step("Build the function and its layer (sam build)"):
            sam.build(template)
        with step("Deploy the stack (sam deploy)"):
            sam.deploy({"TencentEndpoint": judge.url, "ComputedAlarms": "off", **parameters})
            outputs = sam.outputs()
            _limit_retries(running, outputs["CheckLivenessFunctionName"])
        with step("Put the credentials into the secret"):
            fill_secret(running, outputs["TencentSecretArn"], credentials)
        with step("Subscribe a queue to the verdicts"):
            queue_url = _subscribe(running, outputs["VerdictsTopicArn"])
        yield LocalCloud(running, judge, outputs, queue_url, credentials)


@contextmanager
def cloud_home(name: str) -> Iterator[Path]:
    """An empty folder of this cloud's own; no two clouds of one name at a time."""
    home = STATE / "clouds" / name
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise Trouble(
                f"A cloud named {name!r} is running already.",
                "Stop it, or give this one a name of its own: `make cloud NAME=other`.",
            ) from held
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        yield home


def _limit_retries(running: Engine, function_name: str) -> None:
    """Set MaximumConcurrency once more, as a number.

    The engine keeps a parameter's value as the text that CloudFormation passes on, which AWS
    turns into a number, and stops polling over it.
    """
    functions = running.session.client("lambda", endpoint_url=running.url)
    mappings = functions.list_event_source_mappings(FunctionName=function_name)
    for mapping in mappings["EventSourceMappings"]:
        limit = int(mapping["ScalingConfig"]["MaximumConcurrency"])
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": limit}
        )


@contextmanager
def _stand_in(credentials: Credentials, log: Path, ca_file: Path) -> Iterator[DetectLiveFaceServer]:
    server = DetectLiveFaceServer(log=log, credentials=credentials, ca_file=ca_file)
    try:
        server.start()
    except StandInDidNotStart as cause:
        raise Trouble("The DetectLiveFace stand-in did not start.", "Try again.", log) from cause
    try:
        yield server
    finally:
        server.stop()


def fill_secret(running: Engine, secret_arn: str, credentials: Credentials) -> None:
    """Put a key into the secret, as `make secret` does."""
    running.session.client("secretsmanager", endpoint_url=running.url).put_secret_value(
        SecretId=secret_arn, SecretString=secret_of(credentials)
    )


def _subscribe(running: Engine, topic_arn: str) -> str:
    sqs = running.session.client("sqs", endpoint_url=running.url)
    sns = running.session.client("sns", endpoint_url=running.url)
    queue_url = sqs.create_queue(QueueName="announcements")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
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
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    return queue_url


def stop_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind like Ctrl-C does; and Ctrl-C, where a shell has it ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def main() -> int:
    """Run a cloud until it is interrupted."""
    parser = argparse.ArgumentParser(prog="make cloud", description=__doc__)
    parser.add_argument("--name", default="cloud")
    name = parser.parse_args().name
    stop_on_signals()
    settings = STATE / f"{name}.env"
    try:
        with local_cloud(name) as cloud, _written(settings, cloud.variables()):
            sys.stdout.write(
                f"The cloud is up. In another terminal: source {os.path.relpath(settings)}\n"
                "Ctrl-C stops it.\n"
            )
            sys.stdout.flush()
            signal.pause()
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped; nothing is left running.\n")
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


@contextmanager
def _written(settings: Path, variables: Mapping[str, str]) -> Iterator[None]:
    settings.write_text(
        "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    )
    try:
        yield
    finally:
        settings.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
