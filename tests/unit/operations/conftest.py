"""SQS without a network: botocore's stub checks every request against SQS's own model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def sqs() -> SQSClient:
    return boto3.client(
        "sqs",
        region_name="us-east-1",
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
    )


@pytest.fixture
def told(sqs: SQSClient) -> Iterator[Stubber]:
    """What SQS answers, in this order; a test that asks less or otherwise fails."""
    client: Any = sqs
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
