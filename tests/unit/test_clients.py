"""Clients of botocore on the cut models: they do what botocore's own do, for our calls."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

import liveness.aws
from liveness.aws.clients import VERSION, CutModelsFirst, new_session
from packing.models import CALLS, READ

REGIONS = ("us-east-1", "eu-south-2", "ap-east-2", "cn-north-1", "us-gov-west-1", "us-iso-east-1",
           "eusc-de-east-1", "eu-central-9", "cn-north-9")  # fmt: skip
ADAPTERS = Path(liveness.aws.__file__).parent
_CALLED = re.compile(rf"self\._?({'|'.join(CALLS)})\.(\w+)\(\s*(\"\w+\")?")


def reading(models: Path) -> Session:
    session = Session()
    session.register_component("data_loader", CutModelsFirst(models))
    return session


def client(session: Session, service: str, region: str = "us-east-1") -> Any:
    return session.create_client(
        service, region, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="example"
    )


def called() -> set[tuple[str, str]]:
    """What the adapters call, by service; an address that is presigned is a call too."""
    return {
        (service, signed.strip('"') or method)
        for adapter in ADAPTERS.glob("*.py")
        for service, method, signed in _CALLED.findall(adapter.read_text())
    }


def test_the_cut_models_have_every_call_that_the_adapters_make() -> None:
    kept = {(service, xform_name(name)) for service, names in CALLS.items() for name in names}

    assert called() == kept - {("s3", "head_bucket")}


def test_the_cut_models_have_every_field_that_is_read_of_a_picture() -> None:
    adapter = (ADAPTERS / "s3.py").read_text()

    read = set(re.findall(r"(?:found|_get\(\w+\)|\"\))\[\"(\w+)\"\]", adapter))

    assert read | set(re.findall(r"found.get\(\"(\w+)\"", adapter)) == READ["GetObject"]


def test_a_picture_is_read_as_with_botocores_own_models(cut_models: Path) -> None:
    headers: Any = {
        "Content-Range": "bytes 0-1/9",
        "Content-Length": "2",
        "ETag": '"e"',
        "Expires": "no date",
        "x-amz-meta-subject": "ann",
        "x-amz-version-id": "v1",
    }

    def answered(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 206, headers, Body(b"ab"))

    def read(session: Session) -> dict[str, Any]:
        asked = client(session, "s3")
        asked.meta.events.register("before-send", answered)
        found = asked.get_object(Bucket="selfies", Key="a.jpg")
        return {**{name: found[name] for name in READ["GetObject"]}, "Body": found["Body"].read()}

    assert read(reading(cut_models)) == read(OWN)


@pytest.mark.parametrize("service", CALLS)
def test_a_client_has_the_calls_that_were_kept_and_no_others(
    cut_models: Path, service: str
) -> None:
    methods = client(reading(cut_models), service).meta.method_to_api_mapping

    assert set(methods.values()) == CALLS[service]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", CALLS)
def test_endpoints_are_those_of_botocores_own_models(
    cut_models: Path, service: str, region: str
) -> None:
    ours, own = (
        client(reading(cut_models), service, region),
        client(OWN, service, region),
    )

    assert ours.meta.endpoint_url == own.meta.endpoint_url
    assert ours.meta.partition == own.meta.partition


@pytest.mark.parametrize("region", REGIONS)
def test_addresses_are_presigned_for_the_host_of_botocores_own_models(
    cut_models: Path, region: str
) -> None:
    def host(session: Session) -> str:
        address: str = client(session, "s3", region).generate_presigned_url(
            "get_object", Params={"Bucket": "selfies-123456789012", "Key": "a b/ü.jpg"}
        )
        return address.partition("?")[0]

    assert host(reading(cut_models)) == host(OWN)


@pytest.mark.parametrize(
    ("service", "call", "answer", "code"),
    [
        ("dynamodb", lambda it: it.put_item(TableName="verdicts", Item={}),
         b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",'
         b' "Item": {"outcome": {"S": "live"}}}', "ConditionalCheckFailedException"),
        ("secretsmanager", lambda it: it.get_secret_value(SecretId="tencent"),
         b'{"__type": "ResourceNotFoundException"}', "ResourceNotFoundException"),
        ("s3", lambda it: it.get_object(Bucket="selfies", Key="a.jpg"),
         b"<Error><Code>NoSuchKey</Code><Key>a.jpg</Key></Error>", "NoSuchKey"),
        ("s3", lambda it: it.get_object(Bucket="selfies", Key="a.jpg", Range="bytes=0-1"),
         b"<Error><Code>InvalidRange</Code></Error>", "InvalidRange"),
        ("sns", lambda it: it.publish(TopicArn="arn:aws:sns:us-east-1:1:verdicts", Message="{}"),
         b"<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>", "NotFound"),
        ("sqs", lambda it: it.change_message_visibility(
            QueueUrl="https://sqs.us-east-1.amazonaws.com/1/retry", ReceiptHandle="r",
            VisibilityTimeout=0),
         b'{"__type": "com.amazonaws.sqs#MessageNotInflight"}', "MessageNotInflight"),
    ],
)  # fmt: skip
def test_errors_are_read_as_with_botocores_own_models(
    cut_models: Path, service: str, call: Callable[[Any], None], answer: bytes, code: str
) -> None:
    def error(session: Session) -> ClientError:
        asked = client(session, service)
        asked.meta.events.register("before-send", lambda request, **_: refused(request, answer))
        with pytest.raises(ClientError) as raised:
            call(asked)
        return raised.value

    ours, own = error(reading(cut_models)), error(OWN)

    assert ours.response == own.response
    assert ours.response["Error"]["Code"] == code
    assert type(ours).__name__ == type(own).__name__


def refused(request: AWSPreparedRequest, answer: bytes) -> AWSResponse:
    return AWSResponse(request.url, 400, {}, Body(answer))  # type: ignore[arg-type]  # as HTTP's


class Body(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def test_other_services_are_read_from_botocores_own_models(cut_models: Path) -> None:
    sts = client(reading(cut_models), "sts")

    assert "GetCallerIdentity" in sts.meta.method_to_api_mapping.values()


@pytest.mark.parametrize("version", [None, "99.0.0"])
def test_models_that_are_missing_or_newer_are_not_read(
    cut_models: Path, tmp_path: Path, version: str | None
) -> None:
    folder = tmp_path / "models"
    if version:
        folder.mkdir()
        (folder / VERSION).write_text(version)
        (folder / "s3").symlink_to(cut_models / "s3")

    assert hasattr(client(new_session(Config(), folder), "s3"), "list_buckets")


OWN = Session()
