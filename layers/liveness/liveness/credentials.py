"""An API key of Tencent Cloud, and the JSON in which Secrets Manager keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from liveness.errors import CredentialsMissingError


@dataclass(frozen=True, slots=True)
class TencentCredentials:
    """An API key; `token` only with temporary keys.

    Raises CredentialsMissingError for a part that is empty or cannot travel in an HTTP header.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, value in self.parts.items():
            # An HTTP library would refuse such a value in a message that shows it.
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                raise CredentialsMissingError(f"{name} is empty, or holds blanks or odd characters")

    @property
    def parts(self) -> dict[str, str]:
        """The parts by their names in the secret, which is this as JSON."""
        parts = {"SecretId": self.secret_id, "SecretKey": self.secret_key}
        return parts if self.token is None else parts | {"Token": self.token}

    def current(self) -> TencentCredentials:
        """Itself: a fixed key is its own CredentialsProvider, with nothing to refresh."""
        return self

    refreshed = current

    @classmethod
    def from_json(cls, text: str) -> TencentCredentials:
        """Parse `{"SecretId": …, "SecretKey": …, "Token": …}`; Token only with temporary keys.

        Raises CredentialsMissingError.
        """
        try:
            secret = json.loads(text)
            parts = [secret["SecretId"], secret["SecretKey"], secret.get("Token") or None]
            return cls(*(part and part.strip() for part in parts))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # Not chained: the parser's error holds the secret's text.
            raise CredentialsMissingError(
                'the secret must be {"SecretId": …, "SecretKey": …, "Token": … (if temporary)}'
            ) from None
