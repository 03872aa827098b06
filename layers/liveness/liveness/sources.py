"""The buckets and keys whose uploads a stack processes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sources:
    """The stack's own bucket, or None, and the existing ones, with the prefixes of their keys.

    Without prefixes every key counts, as it does in the own bucket.
    """

    own_bucket: str | None
    existing_buckets: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, own_bucket: str | None, existing_buckets: str, prefixes: str) -> "Sources":
        """From the template's lists, whose items are separated by commas."""
        return cls(own_bucket or None, _items(existing_buckets), _items(prefixes))

    @property
    def buckets(self) -> tuple[str, ...]:
        """All of them, the own one first."""
        return (*((self.own_bucket,) if self.own_bucket else ()), *self.existing_buckets)

    def accepts(self, bucket: str, key: str) -> bool:
        """Whether the stack processes such an upload."""
        if bucket == self.own_bucket:
            return True
        return bucket in self.existing_buckets and key.startswith(self.prefixes or "")


def _items(text: str) -> tuple[str, ...]:
    return tuple(item for item in text.split(",") if item)
