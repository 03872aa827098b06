"""Buckets that are not this stack's, with names that S3 allows or once allowed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OURS = "selfie-liveness-123456789012-ap-southeast-1-an"

OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "somebody else's": "somebody-elses",
        "of another account": "selfie-liveness-210987654321-ap-southeast-1-an",
        "of another stack": "selfie-liveness-2-123456789012-ap-southeast-1-an",
        "ours cut short": OURS[:-1],
        "ours and more": f"{OURS}2",
        "ours and a dot": f"{OURS}.",
        "a dot and ours": f".{OURS}",
        "ours and a domain": f"{OURS}.s3.amazonaws.com",
        "ours in capitals": OURS.upper(),
        "ours with one capital": OURS.capitalize(),
        "ours with an underscore": OURS.replace("-", "_"),
        "ours with dots": OURS.replace("-", "."),
        "ours twice": f"{OURS}.{OURS}",
        "an access point's alias": "ours-abcdefghijklmnop1234567890123-s3alias",
        "an outpost's alias": "ours-abcdefghijklmnop1234567890123--op-s3",
        "a directory's": "ours--use1-az4--x-s3",
        "a table's": "aws-123456789012-us-east-1-table--table-s3",
        "the parent": "..",
        "this": ".",
        "loopback": "127.0.0.1",
        "the metadata service of instances": "169.254.169.254",
        "a host": "localhost",
        "null": "null",
        "one letter": "a",
        "255 letters": "a" * 255,
    }
)
"""By name: buckets that an event may name."""
