"""A small OpenID Connect issuer: the identity provider whose tokens the upload API takes.

>>> with run_issuer() as issuer:
...     issuer.url                                  # http://127.0.0.1:port
...     issuer.token("user-7f3a9c")                 # a JWT, signed by RS256, good for an hour
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.loopback import listen, serve

AUDIENCE = "selfie-liveness"
_ALGORITHM = "RS256"
_KEY_ID = "local"


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class OidcIssuer:
    """An issuer and its key, which is made with it and stored nowhere."""

    url: str
    _key: rsa.RSAPrivateKey = field(default_factory=_new_key, repr=False)

    def token(
        self,
        subject: str,
        audience: str = AUDIENCE,
        lifetime: timedelta = timedelta(hours=1),
        **claims: Any,
    ) -> str:
        """Return a signed token; `claims` are added to it, or replace what it has."""
        now = datetime.now(UTC)
        standard = {
            "iss": self.url,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + lifetime,
        }
        headers = {"kid": _KEY_ID}
        return jwt.encode(standard | claims, self._key, algorithm=_ALGORITHM, headers=headers)

    @property
    def discovery(self) -> dict[str, Any]:
        """The document at /.well-known/openid-configuration (OpenID Connect Discovery 1.0)."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
        }

    @property
    def jwks(self) -> dict[str, Any]:
        """The JSON Web Key Set, which has the public key only (RFC 7517)."""
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": _KEY_ID, "alg": _ALGORITHM, "use": "sig"}]}

    def application(self) -> Starlette:
        """The two documents, by which anybody verifies the tokens."""

        async def discovery(_request: Request) -> Response:
            return JSONResponse(self.discovery)

        async def jwks(_request: Request) -> Response:
            return JSONResponse(self.jwks)

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", discovery),
                Route("/jwks.json", jwks),
            ]
        )


@contextmanager
def run_issuer() -> Iterator[OidcIssuer]:
    """Serve an issuer on a free port of 127.0.0.1 until the end of the block."""
    listener, url = listen()
    issuer = OidcIssuer(url)
    with serve(issuer.application(), listener):
        yield issuer
