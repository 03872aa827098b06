"""The fake of DetectLiveFace refuses the presigned URLs that S3 would refuse."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from local.detectliveface.download import check_s3_host
from local.detectliveface.errors import ApiError


def presigned(host: str, region: str) -> str:
    credential = f"AKIDEXAMPLE%2F20261120%2F{region}%2Fs3%2Faws4_request"
    return f"https://{host}/selfies/ann.jpg?versionId=v1&X-Amz-Credential={credential}"


@pytest.mark.parametrize("host", ["uploads.s3.amazonaws.com", "s3.amazonaws.com"])
@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-1", "ap-east-1"])
def test_a_url_at_the_global_host_for_another_region_is_not_downloaded(
    host: str, region: str
) -> None:
    with pytest.raises(ApiError) as raised:
        check_s3_host(urlsplit(presigned(host, region)))

    assert raised.value.code == "FailedOperation.ImageDownloadError"
    assert "us-east-1" in raised.value.message


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("uploads.s3.amazonaws.com", "us-east-1"),
        ("s3.amazonaws.com", "us-east-1"),
        ("uploads.s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("uploads.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("127.0.0.1:4566", "eu-central-1"),
    ],
)
def test_a_url_at_the_host_of_its_region_is_downloaded(host: str, region: str) -> None:
    check_s3_host(urlsplit(presigned(host, region)))


def test_a_url_that_is_not_presigned_is_downloaded_from_the_global_host() -> None:
    check_s3_host(urlsplit("https://public.s3.amazonaws.com/ann.jpg"))
