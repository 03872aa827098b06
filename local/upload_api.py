"""The upload API of a local cloud: the issuer of its tokens, and the URL that a phone uses."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.oidc_issuer import AUDIENCE, OidcIssuer

SUBJECT = "demo"


@dataclass(frozen=True, slots=True)
class LocalUploadApi:
    """`url` is the phone's gateway, to which `/v1/uploads` is appended."""

    url: str
    issuer: OidcIssuer

    def token(self, subject: str = SUBJECT) -> str:
        """A token that the API takes, of one person, good for an hour."""
        return self.issuer.token(subject)

    def variables(self) -> dict[str, str]:
        """The environment variables by which tools and tests use it."""
        return {"UPLOAD_API_URL": self.url, "UPLOAD_API_TOKEN": self.token()}


def api_parameters(issuer: OidcIssuer) -> Mapping[str, str]:
    """The template's parameters by which the API takes this issuer's tokens."""
    return {"JwtIssuer": issuer.url, "JwtAudience": AUDIENCE}
