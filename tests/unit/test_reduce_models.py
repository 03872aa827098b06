"""Clients on the reduced models do what they do on botocore's own, for what the adapters use."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

import liveness.aws
import reduce_models
import upload_api
from liveness.aws.operations import OPERATIONS

REGIONS = ("us-east-1", "eu-south-2", "ap-east-2", "cn-north-1", "us-gov-west-1", "us-iso-east-1",
           "eusc-de-east-1", "eu-central-9", "cn-north-9")  # fmt: skip
ADAPTERS = Path(liveness.aws.__file__).parent
UPLOAD_API = Path(upload_api.__file__).parent
DATA = Path(botocore.__file__).parent / "data"
OWN = Session()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the models of the botocore that is installed, of some services."""
    return copied_packages(tmp_path_factory.mktemp("packages"))


def copied_packages(packages: Path) -> Path:
    data = packages / "botocore" / "data"
    data.mkdir(parents=True)
    for path in DATA.iterdir():
        if path.is_file():
            shutil.copy(path, data)
        elif path.name in {*OPERATIONS, "sts"}:
            shutil.copytree(path, data / path.name)
    return packages


def reduce(packages: Path, adapters: Path = ADAPTERS) -> None:
    """Reduce the models, with `sys.path` as it was."""
    with pytest.MonkeyPatch.context() as context:
        context.setattr(sys, "path", [*sys.path])
        reduce_models.main(packages, adapters)


@pytest.fixture(scope="session")
def reduced(packages: Path) -> Session:
    """A session that reads nothing but the reduced models."""
    reduce(packages)
    session = Session()
    loader = Loader(
        extra_search_paths=[str(packages / "botocore" / "data")], include_default_search_paths=False
    )
    # Elsewhere botocore takes data for a user's own, and the endpoints' rules do not apply.
    loader.is_builtin_path = lambda path: True  # type: ignore[method-assign]
    session.register_component("data_loader", loader)
    return session


def client(
    session: Session, service: str, region: str = "us-east-1", config: Config | None = None
) -> Any:
    return session.create_client(
        service,
        region,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
        config=config,
    )


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_client_has_the_listed_operations_and_no_others(reduced: Session, service: str) -> None:
    methods = client(reduced, service).meta.method_to_api_mapping

    assert set(methods.values()) == OPERATIONS[service]


@pytest.mark.parametrize("service", OPERATIONS)
def test_the_shapes_of_every_listed_operation_are_complete(reduced: Session, service: str) -> None:
    model, own = (client(each, service).meta.service_model for each in (reduced, OWN))

    for name in OPERATIONS[service]:
        ours, botocores = model.operation_model(name), own.operation_model(name)
        for part in ("input_shape", "output_shape"):
            assert described(getattr(ours, part)) == described(getattr(botocores, part))
        assert [each.name for each in ours.error_shapes] == [
            each.name for each in botocores.error_shapes
        ]


def described(shape: Any, inside: tuple[str, ...] = ()) -> Any:
    """A shape with all that it contains, down to its scalars."""
    if shape is None or shape.name in inside:
        return shape and shape.name
    inside = (*inside, shape.name)
    members = {
        name: described(each, inside) for name, each in getattr(shape, "members", {}).items()
    }
    parts = [described(getattr(shape, each, None), inside) for each in ("member", "key", "value")]
    return shape.type_name, dict(shape.serialization), members, parts


def test_no_other_service_and_no_documentation_remains(reduced: Session, packages: Path) -> None:
    assert reduced.get_available_services() == sorted(OPERATIONS)
    with pytest.raises(UnknownServiceError):
        client(reduced, "sts")
    for service in OPERATIONS:
        (path,) = (packages / "botocore" / "data" / service).rglob("service-2.json*")
        texts = set(documentation(json.loads(path.read_text())))
        assert texts <= {""}


def documentation(model: Any) -> Iterator[str]:
    match model:
        case dict():
            for name, value in model.items():
                if name == "documentation" and isinstance(value, str):
                    yield value
                yield from documentation(value)
        case list():
            for value in model:
                yield from documentation(value)


def test_every_listed_operation_is_used_by_an_adapter() -> None:
    names = {xform_name(name) for operations in OPERATIONS.values() for name in operations}
    calls = {*reduce_models._calls(ADAPTERS), *reduce_models._calls(UPLOAD_API)}

    # Called by botocore, for a bucket that is in another region and to presign a POST, and by
    # Powertools.
    called_by_libraries = {"create_bucket", "head_bucket", "get_secret_value"}
    assert names - calls == called_by_libraries


@pytest.mark.parametrize("service", ["dynamodb", "s3", "secretsmanager"])
def test_every_operation_that_the_upload_api_calls_is_listed(service: str) -> None:
    # Its adapters are not beside the layer when that is built, so the build cannot check them.
    names = OWN.get_service_model(service).operation_names
    calls = set(reduce_models._calls(UPLOAD_API))

    assert {name for name in names if xform_name(name) in calls} <= OPERATIONS[service]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("self.sqs.delete_message(QueueUrl=url)", "liveness/aws uses sqs ['DeleteMessage']"),
        ("self.s3.get_paginator('list_buckets')", "liveness/aws uses s3 ['ListBuckets']"),
        ("s3.generate_presigned_url('put_object')", "liveness/aws uses s3 ['PutObject']"),
    ],
)
def test_an_operation_that_is_not_listed_fails_the_build_with_its_name(
    tmp_path: Path, call: str, error: str
) -> None:
    packages, adapters = copied_packages(tmp_path), tmp_path / "adapters"
    shutil.copytree(ADAPTERS, adapters)
    (adapters / "further.py").write_text(f"def further() -> None:\n    {call}\n")

    with pytest.raises(SystemExit) as failed:
        reduce(packages, adapters)

    assert str(failed.value).startswith(error)
    assert "operations.py" in str(failed.value)


def test_an_image_is_read_as_with_botocores_own_models(reduced: Session) -> None:
    headers: Any = {
        "Content-Range": "bytes 0-1/9",
        "Content-Length": "2",
        "ETag": '"e"',
        "Expires": "no date",
        "x-amz-meta-subject": "ann",
        "x-amz-version-id": "v1",
    }

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 206, headers, Body(b"ab"))

    def read(session: Session) -> dict[str, Any]:
        s3 = client(session, "s3")
        s3.meta.events.register("before-send", answer)
        response: dict[str, Any] = s3.get_object(Bucket="selfies", Key="a.jpg")
        return {**response, "Body": response["Body"].read()}

    assert read(reduced) == read(OWN)
    assert read(reduced)["Metadata"] == {"subject": "ann"}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", OPERATIONS)
def test_endpoints_are_those_of_botocores_own_models(
    reduced: Session, service: str, region: str
) -> None:
    ours, own = client(reduced, service, region), client(OWN, service, region)

    assert ours.meta.endpoint_url == own.meta.endpoint_url
    assert ours.meta.partition == own.meta.partition


@pytest.mark.parametrize("region", REGIONS)
def test_urls_are_presigned_for_the_host_of_botocores_own_models(
    reduced: Session, region: str
) -> None:
    def host(session: Session) -> str:
        s3 = client(session, "s3", region, Config(s3={"addressing_style": "virtual"}))
        url: str = s3.generate_presigned_url(
            "get_object", Params={"Bucket": "selfies-123456789012", "Key": "a b/ü.jpg"}
        )
        return url.partition("?")[0]

    assert host(reduced) == host(OWN)


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
    reduced: Session, service: str, call: Callable[[Any], None], answer: bytes, code: str
) -> None:
    def error(session: Session) -> ClientError:
        ours = client(session, service)
        ours.meta.events.register("before-send", lambda request, **_: refused(request, answer))
        with pytest.raises(ClientError) as raised:
            call(ours)
        return raised.value

    ours, own = error(reduced), error(OWN)

    assert ours.response == own.response
    assert ours.response["Error"]["Code"] == code
    assert type(ours).__name__ == type(own).__name__


def refused(request: AWSPreparedRequest, answer: bytes) -> AWSResponse:
    return AWSResponse(request.url, 400, {}, Body(answer))  # type: ignore[arg-type]  # as HTTP's


class Body(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()
