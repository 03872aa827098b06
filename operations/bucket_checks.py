"""Checks of one bucket whose uploads a stack processes; what it notifies already stays."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from operations.checks import Problem, Result, is_function, result_of
from operations.console import json_line
from operations.stack import Stack

_EVERY_UPLOAD = "s3:ObjectCreated:*"


class BucketChecks:
    """The stack's own bucket notifies the function, an existing one EventBridge."""

    def __init__(self, stack: Stack, bucket: str, *, is_own: bool) -> None:
        self._stack, self._bucket, self._is_own = stack, bucket, is_own
        self._s3 = stack.session.client("s3")
        self._region = self._s3.meta.region_name

    def results(self) -> Iterator[Result]:
        """Make them, but for those that make no sense after the first problem."""
        is_there = f"is in {self._region}"
        exists = result_of(is_there, self._bucket, self._find_place_problem)
        yield exists
        if exists.problem:
            return
        if self._is_own:
            yield result_of("notifies the function", self._bucket, self._find_function_problem)
        else:
            yield result_of("notifies EventBridge", self._bucket, self._find_eventbridge_problem)
        yield result_of("keeps versions", self._bucket, self._find_versions_problem)

    def _find_place_problem(self) -> Problem | None:
        try:
            region = self._s3.head_bucket(Bucket=self._bucket)["BucketRegion"]
        except ClientError as error:
            # An answer to HEAD has no body, and so no other code.
            if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                raise
            to_do = "create it, or deploy with SourceBuckets without it."
            if self._is_own:
                to_do = "somebody deleted it. Delete the stack and deploy it again."
            return Problem(f"There is no such bucket: {to_do}")
        if region == self._region:
            return None
        text = f"It is in {region}, and so are its events: deploy a stack there for it."
        return Problem(text)

    def _find_eventbridge_problem(self) -> Problem | None:
        notifications = self._notifications()
        if "EventBridgeConfiguration" in notifications:
            return None
        return Problem(
            "EventBridge is off for it, so no upload arrives: run the command below, which keeps "
            "its other notifications.",
            self._put_notifications({**notifications, "EventBridgeConfiguration": {}}),
        )

    def _find_function_problem(self) -> Problem | None:
        notifications = self._notifications()
        found = notifications.get("LambdaFunctionConfigurations", [])
        ours = [each for each in found if is_function(self._stack, each["LambdaFunctionArn"])]
        if any(_EVERY_UPLOAD in each["Events"] and "Filter" not in each for each in ours):
            return None
        added = {"Events": [_EVERY_UPLOAD], "LambdaFunctionArn": self._function_arn()}
        others = [each for each in found if each not in ours]
        return Problem(
            "The function is not notified of every upload: run the command below.",
            self._put_notifications(
                {**notifications, "LambdaFunctionConfigurations": [*others, added]}
            ),
        )

    def _find_versions_problem(self) -> Problem | None:
        if self._s3.get_bucket_versioning(Bucket=self._bucket).get("Status") == "Enabled":
            return None
        command = (
            f"aws s3api put-bucket-versioning --bucket {shlex.quote(self._bucket)} "
            "--versioning-configuration Status=Enabled"
        )
        if self._stack.parameter("TagUploads") == "on":
            text = "It keeps none, and only versions are tagged: TagUploads=on does nothing here."
            return Problem(f"{text} Run the command below.", command)
        text = (
            "It keeps none: a picture can be overwritten before it is judged, and none is tagged."
        )
        return Problem(f"{text} The command below changes it.", command, is_warning=True)

    def _notifications(self) -> Mapping[str, Any]:
        response = self._s3.get_bucket_notification_configuration(Bucket=self._bucket)
        return {name: value for name, value in response.items() if name != "ResponseMetadata"}

    def _put_notifications(self, notifications: Mapping[str, Any]) -> str:
        """Return the command; it replaces the whole configuration, so this must be all of it."""
        return (
            f"aws s3api put-bucket-notification-configuration --bucket {shlex.quote(self._bucket)} "
            f"--notification-configuration {shlex.quote(json_line(notifications))}"
        )

    def _function_arn(self) -> str:
        partition, _, region, account = self._stack.description["StackId"].split(":")[1:5]
        name = self._stack.output("CheckLivenessFunctionName")
        return f"arn:{partition}:lambda:{region}:{account}:function:{name}"
