"""Uploads in S3: one ranged read, reads pinned to the version, presigned URLs."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from liveness.aws.s3 import S3Images, metadata_text
from liveness.errors import AwsServiceError, ImageRejectedError, ObjectNotFoundError
from liveness.image_rules import FIRST_BYTES
from liveness.models import Upload

CONTENT = bytes(range(256)) * 8
UPLOAD = Upload("selfies", "ann/1.png", "v1", datetime(2026, 11, 23, 12, tzinfo=UTC))
UNVERSIONED = Upload("selfies", "ann/1.png", "etag:0cc1", UPLOAD.uploaded_at)
METADATA = {"subject": "ann", "consent-id": "=?UTF-8?B?w6k=?=", "note": "private"}


class S3InMemory:
    """One object; an exception in place of an answer is raised. Records the requests."""

    def __init__(
        self, *errors: Exception, content: bytes = CONTENT, version: str | None = "v1"
    ) -> None:
        self.errors = list(errors)
        self.content = content
        self.version = {"VersionId": version} if version else {}
        self.requests: list[dict[str, str]] = []

    def get_object(self, **request: str) -> dict[str, Any]:
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        answer: dict[str, Any] = {"Metadata": METADATA}
        start, end = 0, len(self.content)
        if "Range" in request:
            start, end = map(int, request["Range"].removeprefix("bytes=").split("-"))
            answer["ContentRange"] = f"bytes {start}-{end}/{len(self.content)}"
        return {**answer, "Body": io.BytesIO(self.content[start : end + 1])}

    def head_object(self, **request: str) -> dict[str, Any]:
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        return {"ContentLength": len(self.content), **self.version}

    def delete_object(self, **request: str) -> None:
        self.requests.append(request)


def images(s3: S3InMemory) -> S3Images:
    return S3Images(s3)  # type: ignore[arg-type]  # what is used of it


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GetObject")


def test_the_head_is_one_ranged_request_pinned_to_the_version() -> None:
    s3 = S3InMemory()

    head = images(s3).read_head(UPLOAD)

    assert (head.size, head.subject, head.consent_id) == (len(CONTENT), "ann", "é")
    assert head.read(0, len(CONTENT)) == CONTENT
    assert s3.requests == [
        {
            "Bucket": "selfies",
            "Key": "ann/1.png",
            "VersionId": "v1",
            "Range": f"bytes=0-{FIRST_BYTES - 1}",
        }
    ]


def test_bytes_behind_the_head_are_read_from_the_same_version() -> None:
    s3 = S3InMemory(content=bytes(FIRST_BYTES) + CONTENT)

    head = images(s3).read_head(UPLOAD)

    assert head.read(0, FIRST_BYTES) == bytes(FIRST_BYTES)
    assert len(s3.requests) == 1
    assert head.read(FIRST_BYTES, FIRST_BYTES + 100) == CONTENT[:100]
    assert {request["VersionId"] for request in s3.requests} == {"v1"}
    assert s3.requests[1]["Range"] == f"bytes={FIRST_BYTES}-{FIRST_BYTES + 99}"
    assert len(s3.requests) == 2


def test_without_versions_every_read_is_pinned_to_the_etag() -> None:
    s3 = S3InMemory()

    images(s3).read_head(UNVERSIONED)
    assert images(s3).read(UNVERSIONED) == CONTENT

    assert [request["IfMatch"] for request in s3.requests] == ["0cc1", "0cc1"]
    assert not any("VersionId" in request for request in s3.requests)


def test_an_event_without_a_version_is_named_by_the_version_that_s3_returns() -> None:
    s3 = S3InMemory()

    assert images(s3).identify(UNVERSIONED) == UPLOAD
    assert images(s3).identify(UPLOAD) == UPLOAD
    assert s3.requests == [{"Bucket": "selfies", "Key": "ann/1.png", "IfMatch": "0cc1"}]


@pytest.mark.parametrize("version", [None, "null"])
def test_where_s3_keeps_no_version_the_etag_remains(version: str | None) -> None:
    assert images(S3InMemory(version=version)).identify(UNVERSIONED) == UNVERSIONED


@pytest.mark.parametrize("code", ["404", "412"])
def test_an_etag_that_no_object_has_is_no_upload(code: str) -> None:
    with pytest.raises(ObjectNotFoundError):
        images(S3InMemory(refused(code))).identify(UNVERSIONED)


@pytest.mark.parametrize(
    ("stored", "subject"),
    [
        ("ann", "ann"),
        ("", None),
        ("=?UTF-8?B?am9zw6k=?=", "josé"),
        ("=?UTF-8?Q?jos=C3=A9?=", "josé"),
        # As S3 returns the UTF-8 of a header, which it reads as Latin-1.
        ("=?UTF-8?B?am9zw4PCqQ==?=", "josé"),
        ("=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "ÄMÄZÕÑ S3"),
        ("=?UTF-8?B?5byg?= =?UTF-8?B?5Lyf?=", "张伟"),
        ("josÃ©", "josé"),
        ("=?", "=?"),
        ("=?UTF-8?B?a?=", "=?UTF-8?B?a?="),
        ("=?no-such-charset?B?YQ==?=", "=?no-such-charset?B?YQ==?="),
        ("=?utf-7?B?KzJBQS0=?=", "=?utf-7?B?KzJBQS0=?="),
    ],
)
def test_a_subject_is_what_the_app_sent_however_s3_encodes_it(
    stored: str, subject: str | None
) -> None:
    assert metadata_text({"subject": stored}, "subject") == subject


@given(
    st.text(), st.sampled_from(["utf-8", "iso-8859-1", "utf-7", "unknown-8bit", "x"]), st.binary()
)
def test_any_metadata_has_a_subject_that_utf_8_can_hold_or_none(
    text: str, charset: str, content: bytes
) -> None:
    encoded = base64.b64encode(content).decode()
    for value in (text.encode(errors="replace").decode(), f"=?{charset}?B?{encoded}?="):
        assert (metadata_text({"subject": value}, "subject") or "").encode() is not None


def test_an_empty_object_has_no_range_and_is_read_without_one() -> None:
    s3 = S3InMemory(refused("InvalidRange"), content=b"")

    head = images(s3).read_head(UPLOAD)

    assert (head.size, head.subject) == (0, "ann")
    assert "Range" not in s3.requests[1]


@pytest.mark.parametrize(
    "code", ["NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "PreconditionFailed"]
)
def test_an_image_that_is_gone_is_rejected(code: str) -> None:
    with pytest.raises(ImageRejectedError, match="picture_gone"):
        images(S3InMemory(refused(code))).read_head(UPLOAD)


@pytest.mark.parametrize(
    "call",
    [
        lambda images: images.identify(UNVERSIONED),
        lambda images: images.read_head(UPLOAD),
        lambda images: images.read(UPLOAD),
    ],
)
def test_a_failure_of_s3_has_its_code(call: Callable[[S3Images], object]) -> None:
    with pytest.raises(AwsServiceError) as failed:
        call(images(S3InMemory(refused("SlowDown"))))

    assert (failed.value.service, failed.value.code) == ("s3", "SlowDown")


def test_only_a_version_is_erased() -> None:
    s3 = S3InMemory()

    images(s3).erase(UPLOAD)
    images(s3).erase(UNVERSIONED)

    assert s3.requests == [{"Bucket": "selfies", "Key": "ann/1.png", "VersionId": "v1"}]


def client(region: str, **options: Any) -> Any:
    """A client with the configuration of bootstrap.py's."""
    credentials = {
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "example",
        "aws_session_token": "token+/=",
    }
    return boto3.client(
        "s3",
        region_name=region,
        config=Config(signature_version="s3v4", parameter_validation=True),
        **{**credentials, **options},
    )


VIRGINIA = client("us-east-1")
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def upload_to(bucket: str, key: str, version: str) -> Upload:
    return Upload(bucket, key, version, UPLOAD.uploaded_at)


def check_url(s3: Any, upload: Upload, region: str) -> str:
    """Check all parameters of a presigned URL, and return its host and path."""
    url = urlsplit(S3Images(s3).presign(upload))
    query = {name: value for name, (value,) in parse_qs(url.query, strict_parsing=True).items()}
    version = {"versionId": upload.version_id} if upload.version_id else {}
    assert len(query.pop("X-Amz-Signature")) == 64
    date = query.pop("X-Amz-Date")
    assert query == {
        **version,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"AKIDEXAMPLE/{date[:8]}/{region}/s3/aws4_request",
        "X-Amz-Expires": "300",
        "X-Amz-Security-Token": "token+/=",
        "X-Amz-SignedHeaders": "host",
    }
    assert (url.scheme, url.fragment) == ("https", "")
    return f"{url.netloc}{unquote(url.path)}"


@given(key=KEYS, version=st.text("aZ09._-", min_size=1) | st.just("etag:0cc1"))
def test_a_url_is_for_that_very_version_whatever_the_key(key: str, version: str) -> None:
    upload = upload_to("selfies-123456789012", key, version)

    address = check_url(VIRGINIA, upload, "us-east-1")

    assert address == f"selfies-123456789012.s3.amazonaws.com/{key}"


def addresses() -> Iterator[Any]:
    for region, domain in (
        ("us-east-1", "s3.amazonaws.com"),
        ("eu-south-2", "s3.eu-south-2.amazonaws.com"),
        ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"),
    ):
        # In the commercial partition botocore presigns for S3's global domain.
        hosts = "s3.amazonaws.com" if region == "eu-south-2" else domain
        yield pytest.param(region, {}, "selfies", f"selfies.{hosts}", id=region)
        yield pytest.param(region, {}, "x" * 63, f"{'x' * 63}.{hosts}", id=f"{region}, long")
        yield pytest.param(region, {}, "a.b", f"{domain}/a.b", id=f"{region}, dots")
    local = {"endpoint_url": "https://127.0.0.1:4566"}
    yield pytest.param("us-east-1", local, "selfies", "127.0.0.1:4566/selfies", id="local")


@pytest.mark.parametrize(("region", "options", "bucket", "address"), [*addresses()])
def test_a_url_has_the_host_of_the_region_and_is_signed_with_sigv4(
    region: str, options: dict[str, str], bucket: str, address: str
) -> None:
    upload = upload_to(bucket, "a b/ü+~*'().jpg", "v1")

    assert check_url(client(region, **options), upload, region) == f"{address}/{upload.key}"


def test_presigning_needs_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = client("us-east-1")
    # As a client has none where botocore's providers find none.
    monkeypatch.setattr(s3._request_signer, "_credentials", None)
    with pytest.raises(AwsServiceError) as failed:
        S3Images(s3).presign(UPLOAD)

    assert failed.value.code == NoCredentialsError.__name__
