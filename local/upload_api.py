"""The upload API of a local cloud: the issuer of its tokens, and the URL that a phone uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from samcli.yamlhelper import yaml_parse

from local.emulator import Emulator
from local.oidc_issuer import AUDIENCE, OidcIssuer
from local.setup import PROJECT

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


def api_id(api_url: str) -> str:
    """The API's id: its host begins with it. `api_url` is the stack's output UploadApiUrl."""
    return (urlsplit(api_url).hostname or "").partition(".")[0]


def set_cors(emulator: Emulator, api_url: str, allowed_origins: str) -> None:
    """Set CORS of the API once more, as in template.yaml, by the API's own interface.

    CloudFormation's names begin with capitals. The emulator keeps them, and then finds none.
    """
    resources: Any = yaml_parse((PROJECT / "template.yaml").read_text())["Resources"]
    _, cors, _ = resources["UploadHttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]
    origins = {"AllowOrigins": allowed_origins.split(",")}
    emulator.client("apigatewayv2").update_api(
        ApiId=api_id(api_url), CorsConfiguration=cors | origins
    )
