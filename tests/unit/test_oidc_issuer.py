"""Tokens of the local issuer, verified as a stranger does: by its JWKS alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest

from local.oidc_issuer import OidcIssuer

URL = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def issuer() -> OidcIssuer:
    return OidcIssuer(URL)


def verified(token: str, by: OidcIssuer) -> dict[str, Any]:
    """The claims of a token for the upload API. Raises a jwt.InvalidTokenError."""
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(by.jwks).keys}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience="selfie-liveness",
        issuer=by.discovery["issuer"],
        options={"require": ["iss", "sub", "aud", "iat", "exp"]},
    )
    return claims


def test_a_token_is_valid_for_an_hour_by_the_issuers_own_keys(issuer: OidcIssuer) -> None:
    claims = verified(issuer.token("user-7f3a9c"), issuer)

    assert (claims["iss"], claims["sub"]) == (URL, "user-7f3a9c")
    assert claims["exp"] - claims["iat"] == 3600


def test_a_token_has_the_claims_that_are_asked_for(issuer: OidcIssuer) -> None:
    claims = verified(issuer.token("user-7f3a9c", scope="selfie", sub="another"), issuer)

    assert (claims["scope"], claims["sub"]) == ("selfie", "another")


def test_the_keys_of_another_issuer_do_not_verify_it(issuer: OidcIssuer) -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        verified(issuer.token("user-7f3a9c"), OidcIssuer(URL))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"audience": "another-service"}, jwt.InvalidAudienceError),
        ({"lifetime": timedelta(seconds=-1)}, jwt.ExpiredSignatureError),
        ({"iss": "http://127.0.0.1:2"}, jwt.InvalidIssuerError),
    ],
)
def test_a_token_that_is_wrong_on_purpose_is_invalid(
    options: dict[str, Any], error: type[jwt.InvalidTokenError], issuer: OidcIssuer
) -> None:
    with pytest.raises(error):
        verified(issuer.token("user-7f3a9c", **options), issuer)


def test_the_published_keys_have_no_private_part(issuer: OidcIssuer) -> None:
    (key,) = issuer.jwks["keys"]

    assert set(key) == {"kty", "key_ops", "n", "e", "kid", "alg", "use"}
