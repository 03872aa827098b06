"""The recipe's queue gets what its filter policy chooses, also in an account that is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from tests.local_cloud.subscribers.conftest import Decided
from tests.local_cloud.subscribers.recipe_stack import (
    ARRIVES_WITHIN_SECONDS,
    NAMED_ACCOUNT,
    client_of,
    deploy_recipe,
)

STRANGER = "444455556666"
NOT_DELIVERED_SECONDS = 3


@pytest.fixture(scope="module")
def queue(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the recipe's queue."""
    folder = tmp_path_factory.mktemp("queue")
    return deploy_recipe(cloud, folder, "An SQS queue", "queue.yaml")["QueueUrl"]


@pytest.fixture
def topic_without_protocol(cloud: LocalCloud) -> Iterator[str]:
    """The topic, whose policy says nothing of `sns:Protocol`, which the emulator does not have."""
    sns, topic = cloud.client("sns"), cloud.outputs["VerdictsTopicArn"]
    policy = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    changed = json.loads(policy)
    (statement,) = (each for each in changed["Statement"] if each["Action"] == "sns:Subscribe")
    del statement["Condition"]["StringEquals"]["sns:Protocol"]
    attribute = {"TopicArn": topic, "AttributeName": "Policy"}
    sns.set_topic_attributes(**attribute, AttributeValue=json.dumps(changed))
    yield topic
    sns.set_topic_attributes(**attribute, AttributeValue=policy)


def receive(
    sqs: Any, queue: str, *, within: float = ARRIVES_WITHIN_SECONDS
) -> list[Mapping[str, Any]]:
    """The verdicts of the next delivery; none where there is none within this many seconds."""
    for _ in range(int(within)):
        response = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=3600
        )
        if messages := response.get("Messages"):
            return [json.loads(message["Body"]) for message in messages]
    return []


def subscribe(cloud: LocalCloud, account: str, topic: str, queue_arn: str) -> None:
    client_of(cloud, "sns", account).subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"RawMessageDelivery": "true"},
    )


def test_the_queue_gets_what_its_filter_policy_chooses(
    cloud: LocalCloud, queue: str, decided: Decided
) -> None:
    decided("queue/live.jpg")
    spoof = decided("queue/spoof.jpg")

    delivered = receive(cloud.client("sqs"), queue)
    assert [(each["version"], each["outcome"]) for each in delivered] == [
        (spoof["version"], "not_live")
    ]


def test_without_its_policy_the_queue_gets_nothing(
    cloud: LocalCloud, queue: str, decided: Decided
) -> None:
    sqs = cloud.client("sqs")
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    try:
        decided("queue/spoof-2.jpg")
        assert receive(sqs, queue, within=NOT_DELIVERED_SECONDS) == []
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=policy)


def test_the_queue_of_a_named_account_gets_verdicts(
    cloud: LocalCloud, tmp_path: Path, topic_without_protocol: str, decided: Decided
) -> None:
    outputs = deploy_recipe(cloud, tmp_path, "An SQS queue", "queue.yaml", account=NAMED_ACCOUNT)
    sqs, queue = client_of(cloud, "sqs", NAMED_ACCOUNT), outputs["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    # The emulator's CloudFormation does not find the topic of another account.
    subscribe(cloud, NAMED_ACCOUNT, topic_without_protocol, arn["QueueArn"])
    live = decided("account/live.jpg")

    assert [each["id"] for each in receive(sqs, queue)] == [live["id"]]


def test_the_queue_of_another_account_may_not_be_subscribed(
    cloud: LocalCloud, topic_without_protocol: str
) -> None:
    client_of(cloud, "sqs", STRANGER).create_queue(QueueName="strange")

    with pytest.raises(ClientError, match="AuthorizationError"):
        subscribe(
            cloud, STRANGER, topic_without_protocol, f"arn:aws:sqs:us-east-1:{STRANGER}:strange"
        )


def test_a_named_account_may_not_publish(cloud: LocalCloud, topic_without_protocol: str) -> None:
    with pytest.raises(ClientError, match="AuthorizationError"):
        client_of(cloud, "sns", NAMED_ACCOUNT).publish(
            TopicArn=topic_without_protocol, Message="{}"
        )


def test_the_emulator_refuses_a_named_account_because_it_does_not_know_the_protocol(
    cloud: LocalCloud,
) -> None:
    client_of(cloud, "sqs", NAMED_ACCOUNT).create_queue(QueueName="refused")

    with pytest.raises(ClientError, match="AuthorizationError"):
        subscribe(
            cloud,
            NAMED_ACCOUNT,
            cloud.outputs["VerdictsTopicArn"],
            f"arn:aws:sqs:us-east-1:{NAMED_ACCOUNT}:refused",
        )
