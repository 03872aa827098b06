"""Whose token it is: the subject, and the hash that stands for it in keys."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from liveness.digests import subject_hash
from upload_api.uploads import Person

# What OpenID Connect Core 1.0 allows, and what a header of S3 gives back as it was.
_SUBJECT = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


class UnusableSubjectError(Exception):
    """The token names nobody, or in characters that an HTTP header cannot carry."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Makes a person of a token's subject; `digest_key` returns the stack's key."""

    digest_key: Callable[[], bytes]

    def person(self, subject: object) -> Person:
        """Raises UnusableSubjectError, or AwsServiceError where the key cannot be read."""
        if not (isinstance(subject, str) and _SUBJECT.fullmatch(subject)):
            raise UnusableSubjectError
        return Person(subject, subject_hash(self.digest_key(), subject))
