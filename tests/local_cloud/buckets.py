"""Buckets, as their owners change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def suspended_versioning(s3: Any, bucket: str) -> Iterator[None]:
    """Keep no versions of what is uploaded meanwhile."""

    def set_to(status: str) -> None:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    set_to("Suspended")
    try:
        yield
    finally:
        set_to("Enabled")
