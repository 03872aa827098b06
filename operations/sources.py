"""The buckets and keys whose uploads a stack processes, by its outputs and parameters."""

from liveness.sources import Sources
from operations.stack import Stack

__all__ = ["Sources", "sources_of"]


def sources_of(stack: Stack) -> Sources:
    """Read them from the stack's outputs and parameters."""
    return Sources.parse(
        stack.outputs.get("UploadBucketName"),
        stack.parameter("SourceBuckets"),
        stack.parameter("KeyPrefixes"),
    )
