"""Checks of what a stack consists of, its buckets apart: each finds a problem, or none."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError
from operations.console import counted
from operations.queue import describe_queue
from operations.stack import Stack


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do, in one line; `command` does it, pasted into a shell.

    A warning is about something that works, and that somebody should look at.
    """

    text: str
    command: str = ""
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What was checked, of which part of the stack, and the problem that was found."""

    check: str
    part: str
    problem: Problem | None


def result_of(check: str, part: str, find: Callable[[], Problem | None]) -> Result:
    """Make a check; what AWS refuses is a problem too, and the next check is made."""
    try:
        return Result(check, part, find())
    except (ClientError, BotoCoreError) as error:
        text = f"It cannot be checked: {error}. Permissions: docs/operating.md#permissions."
        return Result(check, part, Problem(text))


def find_key_problem(stack: Stack) -> Problem | None:
    """Read the secret as the function does. The key is in no text of a problem."""
    secrets = stack.session.client("secretsmanager")
    try:
        secret = secrets.get_secret_value(SecretId=stack.output("TencentSecretArn"))
        TencentCredentials.from_json(secret.get("SecretString", ""))
    except secrets.exceptions.ResourceNotFoundException:
        return Problem("It has no value: run `make secret`.")
    except CredentialsMissingError as error:
        return Problem(f"The function cannot use it ({error}): run `make secret`.")
    return None


def find_rule_problem(stack: Stack, rule: str) -> Problem | None:
    """Check that EventBridge's rule is there, is enabled, and invokes the function."""
    events = stack.session.client("events")
    again = "Deploy the stack without SourceBuckets, and then with them: that makes it again."
    try:
        state = events.describe_rule(Name=rule)["State"]
    except events.exceptions.ResourceNotFoundException:
        return Problem(f"There is no such rule, so no upload arrives. {again}")
    if state == "DISABLED":
        command = f"aws events enable-rule --name {rule}"
        return Problem("It is disabled, so no upload arrives: run the command below.", command)
    targets = events.list_targets_by_rule(Rule=rule).get("Targets", [])
    # The function consumes RetryQueue, to which the rule of a local cloud sends.
    arns = [target["Arn"] for target in targets]
    if not any(is_function(stack, arn) or is_retry_queue(stack, arn) for arn in arns):
        return Problem(f"It does not invoke the function, so no upload arrives. {again}")
    return None


def find_consumer_problem(stack: Stack) -> Problem | None:
    """Check that Lambda polls RetryQueue for the function."""
    mappings = stack.session.client("lambda").list_event_source_mappings(
        FunctionName=stack.output("CheckLivenessFunctionName")
    )["EventSourceMappings"]
    of_queue = [each for each in mappings if is_retry_queue(stack, each["EventSourceArn"])]
    if not of_queue:
        return Problem("It is no event source of the function: no upload in it gets a verdict.")
    if of_queue[0]["State"] in {"Disabled", "Disabling"}:
        command = f"aws lambda update-event-source-mapping --enabled --uuid {of_queue[0]['UUID']}"
        text = "Its event source mapping is disabled: run the command below."
        return Problem(text, command)
    return None


def find_failed_uploads(stack: Stack) -> Problem | None:
    """Count the messages in FailedUploads; each is a warning, not a fault of the stack."""
    url = stack.output("FailedUploadsQueueUrl")
    messages = describe_queue(stack.session.client("sqs"), url).messages
    if not messages:
        return None
    text = f"It has {counted(messages, 'message')}: `make failed` lists them, with the reason."
    return Problem(text, is_warning=True)


def is_function(stack: Stack, arn: str) -> bool:
    """Whether the ARN is that of the stack's function, without a version or alias."""
    return arn.endswith(f":function:{stack.output('CheckLivenessFunctionName')}")


def is_retry_queue(stack: Stack, arn: str) -> bool:
    """Whether the ARN is that of the stack's RetryQueue."""
    return arn.endswith(f":{stack.output('RetryQueueUrl').rpartition('/')[2]}")
