"""AWS without a network: botocore's stub checks every request against AWS's own model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session(
        region_name="us-east-1", aws_access_key_id="made-up", aws_secret_access_key="made-up"
    )


@pytest.fixture(scope="session")
def sqs(session: boto3.Session) -> SQSClient:
    return session.client("sqs")


@pytest.fixture(scope="session")
def cloudwatch(session: boto3.Session) -> CloudWatchClient:
    return session.client("cloudwatch")


@pytest.fixture(scope="session")
def dynamodb(session: boto3.Session) -> DynamoDBClient:
    return session.client("dynamodb")


@pytest.fixture(scope="session")
def logs(session: boto3.Session) -> CloudWatchLogsClient:
    return session.client("logs")


@pytest.fixture
def told(sqs: SQSClient) -> Iterator[Stubber]:
    """What SQS answers, in this order; a test that asks less or otherwise fails."""
    client: Any = sqs
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
