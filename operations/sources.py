"""The buckets and keys whose uploads a stack processes."""

from dataclasses import dataclass

from operations.stack import Stack


@dataclass(frozen=True, slots=True)
class Sources:
    """The stack's own bucket, or None, and the existing ones, with the prefixes of their keys.

    Without prefixes every key counts, as it does in the own bucket.
    """

    own_bucket: str | None
    existing_buckets: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    @property
    def buckets(self) -> tuple[str, ...]:
        return (*((self.own_bucket,) if self.own_bucket else ()), *self.existing_buckets)

    def accepts(self, bucket: str, key: str) -> bool:
        """Whether the function processes such an upload."""
        if bucket == self.own_bucket:
            return True
        return bucket in self.existing_buckets and key.startswith(self.prefixes or "")


def sources_of(stack: Stack) -> Sources:
    """Read them from the stack's outputs and parameters."""
    return Sources(
        stack.outputs.get("UploadBucketName"),
        _names(stack.parameter("SourceBuckets")),
        _names(stack.parameter("KeyPrefixes")),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)
