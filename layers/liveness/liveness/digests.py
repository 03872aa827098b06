"""Keyed digests: of whose picture it is, and of the picture itself.

The key is the stack's own (`DigestKey` in template.yaml), so that a digest can be compared with
others of this stack and with nothing outside: nobody without the key can compute one.
"""

import hmac

_SUBJECT_DIGITS = 32


def subject_hash(key: bytes, subject: str) -> str:
    """32 hex digits that stand for a subject where its text must not, as in an object's key."""
    return _hmac(key, b"subject\0" + subject.encode())[:_SUBJECT_DIGITS]


def picture_digest(key: bytes, first_bytes: bytes, size: int) -> str:
    """64 hex digits, equal for files of the same `size` that begin with the same bytes.

    `first_bytes` are the first 64 KiB, or the whole file where it is smaller.
    """
    return _hmac(key, b"picture\0%d\0" % size + first_bytes)


def _hmac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()
