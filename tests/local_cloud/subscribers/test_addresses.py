"""The recipes for e-mail and HTTPS: subscriptions, and an endpoint that the emulator calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from local.cloud import LocalCloud
from tests.local_cloud.polling import wait_until
from tests.local_cloud.subscribers.conftest import Decided
from tests.local_cloud.subscribers.recipe_stack import ARRIVES_WITHIN_SECONDS, deploy_recipe
from tests.recipes import SUBSCRIBERS, recipe_module
from tests.sns_signer import SnsSigner

SNS = "https://sns.us-east-1.amazonaws.com/"


def filter_policy(cloud: LocalCloud, endpoint: str) -> Any:
    """The filter policy of an address; None where it gets everything."""
    sns = cloud.client("sns")
    (arn,) = (each["SubscriptionArn"] for each in subscriptions(cloud, endpoint))
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return json.loads(attributes.get("FilterPolicy") or "null")


def subscriptions(cloud: LocalCloud, endpoint: str) -> list[Mapping[str, str]]:
    response = cloud.client("sns").list_subscriptions_by_topic(
        TopicArn=cloud.outputs["VerdictsTopicArn"]
    )
    return [each for each in response["Subscriptions"] if each["Endpoint"] == endpoint]


def test_a_mailbox_is_subscribed_to_what_failed(cloud: LocalCloud, tmp_path: Path) -> None:
    address = "somebody@example.com"
    deploy_recipe(cloud, tmp_path, "E-mail", "email.yaml", ADDRESS=address)

    assert filter_policy(cloud, address) == {"outcome": ["failed"]}


def test_an_https_endpoint_is_subscribed_to_everything(cloud: LocalCloud, tmp_path: Path) -> None:
    # Reserved by RFC 6761: nothing answers there.
    url = "https://verdicts.invalid/"
    deploy_recipe(cloud, tmp_path, "An HTTPS endpoint", "https.yaml", URL=url)

    assert filter_policy(cloud, url) is None


class Endpoint:
    """Answers by the recipe: the emulator's message as it is, then as SNS would sign it."""

    def __init__(self, cloud: LocalCloud) -> None:
        recipe = recipe_module(SUBSCRIBERS, "An HTTPS endpoint", "sns_endpoint.py")
        self._receive, self._cloud, self._signer = recipe["receive"], cloud, SnsSigner()
        self.kept: list[Mapping[str, Any]] = []
        self.unsigned: list[int] = []

    def answer(self, request: Request) -> Response:
        self.unsigned.append(self._status(request.data))
        signed = self._signer.signed(_as_from_aws(json.loads(request.data)))
        return Response(status=self._status(json.dumps(signed).encode()))

    def _status(self, body: bytes) -> int:
        topic = self._cloud.outputs["VerdictsTopicArn"]
        status: int = self._receive(body, topic, self.kept.append, self._fetch)
        return status

    def _fetch(self, url: str) -> bytes:
        if url.endswith(".pem"):
            return self._signer.certificate
        emulator = self._cloud.emulator
        response = requests.get(
            url.replace(SNS, f"{emulator.url}/"), timeout=30, verify=str(emulator.ca_bundle)
        )
        response.raise_for_status()
        return response.content


def _as_from_aws(message: Mapping[str, str]) -> dict[str, object]:
    """A message of the emulator, with SNS's addresses where it has its own."""
    addresses = {"SigningCertURL": f"{SNS}SimpleNotificationService-0123456789abcdef.pem"}
    if "SubscribeURL" in message:
        addresses["SubscribeURL"] = f"{SNS}?{message['SubscribeURL'].partition('?')[2]}"
    return {**message, **addresses}


def test_an_endpoint_confirms_and_gets_verdicts_once_they_are_signed(
    cloud: LocalCloud, decided: Decided
) -> None:
    endpoint, topic = Endpoint(cloud), cloud.outputs["VerdictsTopicArn"]
    with HTTPServer("127.0.0.1", threaded=True) as server:
        server.expect_request("/verdicts").respond_with_handler(endpoint.answer)
        url = server.url_for("/verdicts")
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        wait_until(
            lambda: subscriptions(cloud, url)[0]["SubscriptionArn"].startswith(topic),
            within=ARRIVES_WITHIN_SECONDS,
            what="a confirmed subscription",
        )
        verdict = decided("endpoint/live.jpg")
        wait_until(lambda: bool(endpoint.kept), within=ARRIVES_WITHIN_SECONDS, what="a verdict")

    assert [(each["id"], each["outcome"]) for each in endpoint.kept] == [(verdict["id"], "live")]
    # The emulator signs with a placeholder.
    assert set(endpoint.unsigned) == {403}
