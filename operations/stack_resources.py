"""The resources of a stack, as CloudFormation has them, and their deletion."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations.errors import UserError
from operations.stack import Stack

POLL_SECONDS = 5.0
DELETED_WITHIN_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that exists, by its type and physical id; `is_retained` if it outlives the stack.

    `code` is where a function or layer was uploaded to, as `s3://bucket/key`; else empty.
    """

    type: str
    id: str
    is_retained: bool = False
    code: str = ""


class StackResources:
    """What CloudFormation says of a stack. What boto3 raises passes through."""

    def __init__(self, stack: Stack) -> None:
        self._cloudformation = stack.session.client("cloudformation")
        # By its id it can be described also after its deletion.
        self._id = stack.description["StackId"]

    def read(self) -> Mapping[str, Resource]:
        """Read the resources that exist, by their logical ids."""
        # Processed by the SAM transform, in which every resource is.
        template: Any = self._cloudformation.get_template(
            StackName=self._id, TemplateStage="Processed"
        )["TemplateBody"]
        resources = {}
        for summary in self._summaries():
            name = summary["LogicalResourceId"]
            declared = template["Resources"].get(name, {})
            properties = declared.get("Properties", {})
            code = properties.get("Code") or properties.get("Content") or {}
            resources[name] = Resource(
                summary["ResourceType"],
                summary.get("PhysicalResourceId", ""),
                declared.get("DeletionPolicy", "Delete") != "Delete",
                f"s3://{code['S3Bucket']}/{code['S3Key']}" if "S3Key" in code else "",
            )
        return resources

    def delete(self) -> None:
        """Let CloudFormation begin to delete the stack."""
        self._cloudformation.delete_stack(StackName=self._id)

    def follow_deletion(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Iterator[int]:
        """Yield how many resources are left until the stack is deleted. Raises UserError."""
        deadline = clock() + DELETED_WITHIN_SECONDS
        while clock() < deadline:
            stacks = self._cloudformation.describe_stacks(StackName=self._id)["Stacks"]
            description = stacks[0]
            if description["StackStatus"] == "DELETE_COMPLETE":
                return
            if description["StackStatus"] == "DELETE_FAILED":
                reason = description.get("StackStatusReason", "it gives no reason")
                raise UserError(f"CloudFormation did not delete the stack: {reason}")
            yield len(list(self._summaries()))
            sleep(POLL_SECONDS)
        raise UserError("CloudFormation has not deleted the stack within half an hour.")

    def _summaries(self) -> Iterator[Any]:
        pages = self._cloudformation.get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self._id):
            for summary in page["StackResourceSummaries"]:
                if summary["ResourceStatus"] not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}:
                    yield summary
