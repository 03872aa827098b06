"""docs/subscribers.md: an HTTPS endpoint takes nothing that SNS did not sign for its topic."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError

import pytest
from cryptography.hazmat.primitives.hashes import SHA1

from local.setup import PROJECT
from tests.recipes import SUBSCRIBERS, recipe_module
from tests.sns_signer import SnsSigner

TOPIC = "arn:aws:sns:eu-central-1:123456789012:selfie-liveness-VerdictsTopic-A1B2"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48.pem"
VERDICT = json.loads((PROJECT / "events" / "notifications" / "live.json").read_text())
# As https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html shows them.
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": TOPIC,
    "Message": json.dumps(VERDICT),
    "Timestamp": "2026-11-20T09:41:08.190Z",
    "SigningCertURL": CERTIFICATE,
    "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe&Subscription…",
    "MessageAttributes": {"outcome": {"Type": "String", "Value": "live"}},
}
CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
    "Token": "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92768dd60a747ba6f3be",
    "TopicArn": TOPIC,
    "Message": f"You have chosen to subscribe to the topic {TOPIC}.\nTo confirm, visit …",
    "SubscribeURL": f"https://sns.eu-central-1.amazonaws.com/?Action=Confirm&TopicArn={TOPIC}",
    "Timestamp": "2026-11-20T09:41:08.190Z",
    "SigningCertURL": CERTIFICATE,
}
SIGNED_FIELDS = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")

receive = recipe_module(SUBSCRIBERS, "An HTTPS endpoint", "sns_endpoint.py")["receive"]
sns = SnsSigner()


class Internet:
    """What can be fetched: SNS's certificate, and a page at any other address."""

    def __init__(self, certificate: bytes = sns.certificate) -> None:
        self.certificate = certificate
        self.fetched: list[str] = []

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return self.certificate if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"


def answer(body: object, *, internet: Internet | None = None, topic: str = TOPIC) -> Any:
    """The status for a body, the verdicts that were kept, and the addresses that were fetched."""
    internet = internet or Internet()
    kept: list[Any] = []
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return receive(raw, topic, kept.append, internet.fetch), kept, internet.fetched


def test_a_verdict_is_kept() -> None:
    assert answer(sns.signed(NOTIFICATION)) == (200, [VERDICT], [CERTIFICATE])


@pytest.mark.parametrize("text", ["é\U0001f642\u2028", "a\nMessageId\nb", ""])
def test_a_subject_and_any_text_are_signed_as_they_are(text: str) -> None:
    message = {**NOTIFICATION, "Message": json.dumps(text), "Subject": "Verdict"}

    assert answer(sns.signed(message))[:2] == (200, [text])


def test_a_subscription_is_confirmed_by_its_signed_address() -> None:
    fetched = [CERTIFICATE, CONFIRMATION["SubscribeURL"]]

    assert answer(sns.signed(CONFIRMATION)) == (200, [], fetched)


def test_the_end_of_a_subscription_is_not_undone() -> None:
    message = {**CONFIRMATION, "Type": "UnsubscribeConfirmation"}

    assert answer(sns.signed(message)) == (200, [], [CERTIFICATE])


def test_china_has_its_own_domain() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:verdicts"
    url = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-9c6465fa7f48.pem"
    message = sns.signed({**NOTIFICATION, "TopicArn": topic, "SigningCertURL": url})
    elsewhere = {**message, "SigningCertURL": url.replace(".com.cn", ".com")}

    assert answer(message, topic=topic)[:2] == (200, [VERDICT])
    assert answer(elsewhere, topic=topic) == (403, [], [])


@pytest.mark.parametrize("name", SIGNED_FIELDS)
@pytest.mark.parametrize("change", ["changed", "missing", "not text"])
def test_no_signed_field_can_be_changed(name: str, change: str) -> None:
    message = sns.signed(NOTIFICATION)
    match change:
        case "changed":
            message[name] = f"{message[name]} "
        case "missing":
            del message[name]
        case "not text":
            message[name] = [message[name]]

    assert answer(message)[:2] == (403, [])


@pytest.mark.parametrize("name", ["SubscribeURL", "Token", "Message"])
def test_no_field_of_a_confirmation_can_be_changed(name: str) -> None:
    message = sns.signed(CONFIRMATION)
    message[name] = f"{message[name]}&more"

    assert answer(message) == (403, [], [CERTIFICATE])


def test_text_that_sns_signed_cannot_be_moved_into_another_field() -> None:
    signed = sns.signed({**NOTIFICATION, "Message": "{}\nMessageId\na", "MessageId": "b"})
    same_text = {"Message": "{}", "MessageId": "a\nMessageId\nb"}

    assert answer({**signed, **same_text})[:2] == (403, [])


def test_a_subject_cannot_be_added() -> None:
    assert answer({**sns.signed(NOTIFICATION), "Subject": "b"})[:2] == (403, [])


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE.replace("https", "http"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com@evil.example"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com:8443"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.cn"),
        CERTIFICATE.replace("https://sns.", "https://evil.example/sns."),
        CERTIFICATE.replace("https://sns.", "https://sns-"),
        CERTIFICATE.replace("sns.eu-central-1", "s3.eu-central-1"),
        CERTIFICATE.replace("eu-central-1", "us-east-1"),
        CERTIFICATE.replace("sns.eu-central-1", "bucket.s3.amazonaws.com/sns.eu-central-1"),
        CERTIFICATE.replace("/Simple", "/../Simple"),
        CERTIFICATE + "?",
        CERTIFICATE + "\n",
        "file:///etc/ssl/SimpleNotificationService-9c6465fa7f48.pem",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(url: str) -> None:
    assert answer({**sns.signed(NOTIFICATION), "SigningCertURL": url}) == (403, [], [])


def test_an_address_to_confirm_must_be_one_of_sns() -> None:
    message = sns.signed({**CONFIRMATION, "SubscribeURL": "https://169.254.169.254/"})

    assert answer(message) == (403, [], [])


def test_another_topic_is_refused_although_sns_signed() -> None:
    assert answer(sns.signed({**NOTIFICATION, "TopicArn": f"{TOPIC}2"})) == (403, [], [])


def test_version_1_is_refused() -> None:
    signed = sns.signed(NOTIFICATION, SHA1())  # noqa: S303 - refused

    assert answer({**signed, "SignatureVersion": "1"}) == (403, [], [])
    assert answer(signed)[:2] == (403, [])


def test_the_signature_of_another_key_is_refused() -> None:
    assert answer(SnsSigner("another").signed(NOTIFICATION))[:2] == (403, [])


@pytest.mark.parametrize("days", [-2, 1])
def test_a_certificate_that_is_not_valid_now_is_refused(days: int) -> None:
    certificate = SnsSigner(starts=datetime.now(UTC) + timedelta(days=days)).certificate

    assert answer(sns.signed(NOTIFICATION), internet=Internet(certificate))[:2] == (403, [])


@pytest.mark.parametrize("signature", ["FAKE", "", "…", "QQ==", None, 1])
def test_what_is_no_signature_is_refused(signature: object) -> None:
    assert answer({**sns.signed(NOTIFICATION), "Signature": signature})[:2] == (403, [])


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"[]", b"{}", b"\xff", b'"a"', b"[" * 100_000, b'{"Type": []}'),
        json.dumps(VERDICT).encode(),
        b'{"Type": "Notification", "Message": "\\ud800"}',
    ],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    assert answer(body) == (403, [], [])


def test_a_certificate_that_cannot_be_fetched_is_not_a_refusal() -> None:
    def fetch(url: str) -> bytes:
        raise URLError("no route")

    with pytest.raises(OSError, match="no route"):
        receive(json.dumps(sns.signed(NOTIFICATION)), TOPIC, print, fetch)


def test_what_is_not_signed_is_not_used() -> None:
    message = sns.signed(NOTIFICATION)
    message["MessageAttributes"] = {"outcome": {"Type": "String", "Value": "not_live"}}

    assert answer(message)[:2] == (200, [VERDICT])
