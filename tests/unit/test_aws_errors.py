"""botocore's exceptions as AwsServiceErrors."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import SSLError

from liveness.aws.errors import aws_errors
from liveness.errors import AwsServiceError, ImageRejectedError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "Throttling"}}, "Publish"), "Throttling"),
        (ReadTimeoutError(endpoint_url="https://x"), "ReadTimeoutError"),
        (ResponseParserError("not well-formed"), "ResponseParserError"),
        (SSLError("bad record"), "SSLError"),
    ],
)
def test_whatever_botocore_raises_has_its_service_and_code(error: Exception, code: str) -> None:
    with pytest.raises(AwsServiceError) as raised, aws_errors("sns"):
        raise error

    assert (raised.value.service, raised.value.code) == ("sns", code)
    assert raised.value.response
    assert raised.value.response.code == f"sns.{code}"
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [ImageRejectedError("a", "b"), KeyError("Body")])
def test_other_errors_pass_through(error: Exception) -> None:
    with pytest.raises(type(error)), aws_errors("s3"):
        raise error
