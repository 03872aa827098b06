"""Addresses are those that botocore would presign."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from liveness.aws.presigning import VALID_FOR, Presigner

KEY = Credentials("AKIDEXAMPLE", "example", "token+/=")
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def s3(region: str, **more: Any) -> Any:
    return boto3.client(
        "s3",
        region_name=region,
        aws_access_key_id=KEY.access_key,
        aws_secret_access_key=KEY.secret_key,
        aws_session_token=KEY.token,
        config=Config(signature_version="s3v4"),
        **more,
    )


def botocores(client: Any, bucket: str, key: str, version_id: str | None) -> str:
    version = {"VersionId": version_id} if version_id else {}
    address: str = client.generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": key, **version},
        ExpiresIn=int(VALID_FOR.total_seconds()),
    )
    return address


def signed_at(address: str) -> list[str]:
    return parse_qs(urlsplit(address).query)["X-Amz-Date"]


def parts(address: str) -> tuple[str, list[str]]:
    place, _, query = address.partition("?")
    return place, sorted(query.split("&"))


def check_the_same(client: Any, bucket: str, key: str, version_id: str | None) -> None:
    ours = own = ""
    while not ours or signed_at(ours) != signed_at(own):
        ours = Presigner(client, KEY).address(bucket, key, version_id)
        own = botocores(client, bucket, key, version_id)

    # The order within the query is free: the signature covers it sorted.
    assert parts(ours) == parts(own)


VIRGINIA = s3("us-east-1")


@given(key=KEYS, version_id=st.none() | st.text("aZ09._-", min_size=1))
def test_an_address_is_botocores_own_for_any_key(key: str, version_id: str | None) -> None:
    check_the_same(VIRGINIA, "selfies-123456789012", key, version_id)


@pytest.mark.parametrize("bucket", ["selfies", "selfies.with.dots", "x" * 63])
@pytest.mark.parametrize(
    "client",
    [
        s3("eu-south-2"),
        s3("cn-north-1"),
        s3("us-gov-west-1"),
        s3("us-east-1", endpoint_url="https://127.0.0.1:4566"),
    ],
    ids=["abroad", "China", "GovCloud", "here"],
)
def test_an_address_is_botocores_own_in_any_region(client: Any, bucket: str) -> None:
    check_the_same(client, bucket, "a b/ü+~*'().jpg", "v1")


def test_an_address_wants_credentials() -> None:
    with pytest.raises(NoCredentialsError):
        Presigner(VIRGINIA, None).address("selfies", "a.jpg", "v1")
