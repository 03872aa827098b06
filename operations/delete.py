"""Delete the stack, its bucket with all pictures included; the verdicts table stays.

It shows what is deleted and what stays, asks for the stack's name, and then takes these steps: the
upload API takes no further request; the function gets no further event of the bucket, or of source
buckets; RetryQueue becomes empty; the bucket is emptied; CloudFormation deletes the stack. Source
buckets keep all that is in them. After an interruption, run it again: each step is safe to repeat.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping

from operations.bucket import empty_bucket
from operations.console import counted, print_changes, typed
from operations.errors import UserError
from operations.queue import describe_queue, wait_until_empty
from operations.sources import sources_of
from operations.stack import Stack
from operations.stack_resources import Resource, StackResources

# Seconds. An upload is retried for two hours.
_WAIT = 10_800.0
# The longest invocation takes 90 seconds, and SQS's counts are up to a minute old.
_SETTLE = 120.0
_LOST = {
    "FailedUploads": ", which are lost (`make replay` retries them)",
    "RetryQueue": ", which nothing processes any more",
}
_RESTORABLE = "AWS::SecretsManager::Secret"
_COMMANDS = {
    "AWS::DynamoDB::Table": "aws dynamodb delete-table --table-name {}",
    "AWS::Logs::LogGroup": "aws logs delete-log-group --log-group-name {}",
    "AWS::SNS::Topic": "aws sns delete-topic --topic-arn {}",
    "AWS::SQS::Queue": "aws sqs delete-queue --queue-url {}",
    _RESTORABLE: "aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {}",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --yes, --wait and --settle."""
    parser.add_argument("--yes", action="store_true", help="delete without confirmation")
    wait = "wait so long until RetryQueue is empty (default: %(default)s)"
    parser.add_argument("--wait", type=float, default=_WAIT, metavar="SECONDS", help=wait)
    settle = "until it was empty for so long, because SQS's counts are late (default: %(default)s)"
    parser.add_argument("--settle", type=float, default=_SETTLE, metavar="SECONDS", help=settle)


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Show, confirm, delete; 0 once the stack is deleted, 1 where the operator does not confirm."""
    if stack.description.get("EnableTerminationProtection"):
        raise UserError(
            f"Nothing was deleted: {stack.name} has termination protection. First `aws "
            "cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {stack.name}`."
        )
    stack_resources = StackResources(stack)
    deletion = _Deletion(arguments, stack, stack_resources.read())
    is_deleting = stack.description["StackStatus"] == "DELETE_IN_PROGRESS"
    if not (is_deleting or deletion.is_confirmed()):
        print("Nothing was deleted.")
        return 1
    if not is_deleting:
        deletion.stop_uploads()
    try:
        if not is_deleting:
            deletion.wait_for_retries()
            deletion.empty_bucket()
            stack_resources.delete()
        print_changes(
            f"  CloudFormation: {counted(left, 'resource')} left"
            for left in stack_resources.follow_deletion()
        )
    except BaseException as error:
        error.add_note(
            "Uploads get no verdict any more. Run `make delete` again for the rest; how to go back "
            "instead: docs/operating.md#delete-a-stack."
        )
        raise
    print(f"{stack.name} is deleted.")
    deletion.print_remains()
    return 0


class _Deletion:
    """The steps before CloudFormation's; each leaves out what is gone already."""

    def __init__(
        self, arguments: argparse.Namespace, stack: Stack, resources: Mapping[str, Resource]
    ) -> None:
        self._arguments, self._stack, self._resources = arguments, stack, resources
        self._s3, self._sqs = stack.session.client("s3"), stack.session.client("sqs")
        bucket = resources.get("UploadBucket")
        self._bucket = bucket.id if bucket and not bucket.is_retained else ""
        # They carry the events of source buckets, whose own configuration is not ours to change.
        self._rules = [each.id for each in resources.values() if each.type == "AWS::Events::Rule"]
        api = resources.get("UploadApiFunction")
        self._api_function = api.id if api else ""
        # Without the function nothing takes a message from RetryQueue.
        waits = {"RetryQueue", "CheckLivenessFunction"} <= set(resources)
        self._retry_queue = resources["RetryQueue"].id if waits else ""
        self._lost: Mapping[str, int] = {}

    def is_confirmed(self) -> bool:
        """Show what is deleted and what stays, and ask."""
        name, self._lost = self._stack.name, self._count_lost()
        gone = sum(not each.is_retained for each in self._resources.values())
        print(f"To be deleted: {name}, {counted(gone, 'resource')}, with")
        if self._bucket:
            print(f"  all pictures in {self._bucket}, old versions and unfinished uploads included")
        if self._retry_queue:
            waiting = describe_queue(self._sqs, self._retry_queue).messages
            print(f"  RetryQueue, once it is empty; it has {counted(waiting, 'message')}")
        for name, number in self._lost.items():
            print(f"  {counted(number, 'message')} in {name}{_LOST[name]}")
        self.print_remains()
        return self._asks_for_the_name()

    def stop_uploads(self) -> None:
        """Let the upload API start no further upload, and no further event reach the function."""
        if self._api_function:
            # No invocation at all: API Gateway answers as in an outage, which apps repeat later.
            self._stack.session.client("lambda").put_function_concurrency(
                FunctionName=self._api_function, ReservedConcurrentExecutions=0
            )
            print("The upload API takes no more requests.", flush=True)
        if self._bucket:
            self._s3.put_bucket_notification_configuration(
                Bucket=self._bucket, NotificationConfiguration={}
            )
            print(f"{self._bucket} notifies the function no more.", flush=True)
        for rule in self._rules:
            self._stack.session.client("events").disable_rule(Name=rule)
            print(f"The EventBridge rule {rule} is disabled.", flush=True)

    def wait_for_retries(self) -> None:
        """Wait until RetryQueue is empty, and confirm anew what it left in FailedUploads."""
        if not self._retry_queue:
            return
        wait, settle = self._arguments.wait, self._arguments.settle
        print_changes(
            f"  RetryQueue: {queue.visible:,} visible, "
            f"{queue.in_flight_or_delayed:,} in flight or delayed"
            for queue in wait_until_empty(self._sqs, self._retry_queue, wait=wait, settle=settle)
        )
        lost = self._count_lost()
        if sum(lost.values()) > sum(self._lost.values()):
            for name, number in lost.items():
                print(f"{name} has {counted(number, 'message')} by now, which are lost.")
            if not self._asks_for_the_name():
                raise UserError("Nothing was deleted.")

    def empty_bucket(self) -> None:
        """Delete all versions, delete markers and unfinished uploads of the stack's own bucket."""
        if self._bucket:
            print_changes(
                f"  {self._bucket}: deleted {counted(number, 'item')}"
                for number in empty_bucket(self._s3, self._bucket)
                if number
            )

    def print_remains(self) -> None:
        """Print what outlives the stack, and the command that deletes it."""
        remains = [*_remains(self._stack, self._resources)]
        print("\n".join(["These stay, until you delete them:", *remains]))

    def _count_lost(self) -> Mapping[str, int]:
        """The messages in FailedUploads, and in a RetryQueue that nothing empties any more."""
        names = ["FailedUploads"] + ([] if self._retry_queue else ["RetryQueue"])
        queues = {name: self._resources[name].id for name in names if name in self._resources}
        return {name: describe_queue(self._sqs, url).messages for name, url in queues.items()}

    def _asks_for_the_name(self) -> bool:
        if self._arguments.yes:
            return True
        if not sys.stdin.isatty():
            raise UserError(
                "Nothing was deleted: there is no terminal to confirm it. `make delete ARGS=--yes` "
                "deletes without confirmation."
            )
        return typed(f"Type {self._stack.name} to delete it: ") == self._stack.name


def _remains(stack: Stack, resources: Mapping[str, Resource]) -> Iterator[str]:
    """One line for each thing that outlives the stack: what it is, and the command."""
    for name, resource in resources.items():
        command = _COMMANDS.get(resource.type, "").format(resource.id)
        # The bucket takes its policy along.
        if resource.is_retained and resource.type != "AWS::S3::BucketPolicy":
            yield f"  {resource.type} {resource.id}" + (f": `{command}`" if command else "")
        elif resource.type == _RESTORABLE:
            restorable = "deleted, but for up to 30 days it can be restored"
            yield f"  the secret {name}, {restorable}: `{command}`"
        if resource.code:
            yield f"  uploaded code of {resource.type}: `aws s3 rm {resource.code}`"
    for bucket in sources_of(stack).existing_buckets:
        yield f"  {bucket} with all of its pictures; it goes on sending events to EventBridge"
    if secret := stack.parameter("TencentSecretArn"):
        yield f"  your own secret {secret}"
    if logs := stack.parameter("AccessLogBucket"):
        folder = f"s3://{logs}/{stack.name}/"
        yield f"  the access logs, which name the pictures: `aws s3 rm --recursive {folder}`"
