"""Digests are keyed, and differ where what they stand for differs."""

from __future__ import annotations

import hashlib
import hmac

from liveness.digests import picture_digest, subject_hash

KEY = b"a key of the stack"


def test_the_hash_of_a_subject_is_half_of_an_hmac_of_its_utf_8() -> None:
    expected = hmac.new(KEY, b"subject\0" + "玛丽".encode(), hashlib.sha256).hexdigest()

    assert subject_hash(KEY, "玛丽") == expected[:32]


def test_the_digest_of_a_picture_is_an_hmac_of_its_size_and_first_bytes() -> None:
    expected = hmac.new(KEY, b"picture\x00123456\x00first", hashlib.sha256).hexdigest()

    assert picture_digest(KEY, b"first", 123456) == expected


def test_a_digest_differs_by_key_by_size_and_by_bytes() -> None:
    digests = {
        picture_digest(KEY, b"first", 5),
        picture_digest(b"another stack's", b"first", 5),
        picture_digest(KEY, b"first", 6),
        picture_digest(KEY, b"other", 5),
        # The size cannot run into the bytes.
        picture_digest(KEY, b"5\0first", 1),
        picture_digest(KEY, b"\0first", 15),
    }

    assert len(digests) == 6


def test_the_same_text_as_a_subject_and_as_a_picture_has_different_digests() -> None:
    assert not picture_digest(KEY, b"1", 1).startswith(subject_hash(KEY, "1\0001"))
