"""Whatever is misused, no picture gets a verdict for anybody but the person whose token it was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests

from local.cloud import LocalCloud
from local.oidc_issuer import OidcIssuer
from local.phone import Phone
from tests.local_cloud.upload_api.people import Evidence, Person, code_of

LARGEST_PICTURE = 3_750_000
MALLORY = "mallory"

type NewPerson = Callable[[], Person]
type Upload = dict[str, Any]


@pytest.fixture
def victim(new_person: NewPerson) -> Person:
    return new_person()


@pytest.fixture
def attacker(new_person: NewPerson) -> Person:
    return new_person()


@dataclass(frozen=True, slots=True)
class Attack:
    """An upload that the attacker has started, with the picture to send, and the victim."""

    attacker: Person
    victim: Person
    upload: Upload
    picture: bytes
    evidence: Evidence

    def send(self, picture: bytes | None = None, /, **changed: str) -> requests.Response:
        """Send the form, with another picture or changed fields."""
        content = self.picture if picture is None else picture
        return self.attacker.phone.send(self.upload, content, **changed)

    def assert_in_vain(self) -> None:
        """Nothing was stored, and the form as it was made leads to the only verdict that there is.

        It also is a barrier: had the misuse reached the function, its verdict would be there.
        """
        assert self.evidence.versions(self.upload) == []
        assert self.send().status_code == 204
        self.attacker.answer(self.upload)
        published = [each.record for each in self.evidence.notifications_until(self.upload)]

        key = f"s3://{self.evidence.cloud.upload_bucket}/{self.upload['fields']['key']}"
        judged = [(each["object"], each["subject"]) for each in published]
        assert judged == [(key, self.attacker.subject)]
        assert len(self.evidence.rows_of(self.attacker.subject)) == 1
        assert self.evidence.rows_of(self.victim.subject) == []


@pytest.fixture
def attack(attacker: Person, victim: Person, next_selfie: bytes, evidence: Evidence) -> Attack:
    return Attack(attacker, victim, attacker.started(next_selfie), next_selfie, evidence)


@pytest.fixture(autouse=True)
def _nothing_was_published_before(evidence: Evidence) -> None:
    """Read what tests before this one left on the topic."""
    list(evidence.subscriber.notifications(within=1))


@pytest.mark.parametrize(
    "changed",
    [
        {"x-amz-meta-subject": "VICTIM"},
        {"key": "selfies/somebody-else/1"},
        {"Content-Type": "image/png"},
        {"Content-Type": "text/html"},
        {"x-amz-meta-consent-id": "never-given"},
        {"acl": "public-read"},
        {"success_action_redirect": "http://127.0.0.1:9/"},
    ],
    ids=str,
)
def test_a_changed_form_is_refused(changed: dict[str, str], attack: Attack) -> None:
    subject = attack.victim.subject
    fields = {name: value.replace("VICTIM", subject) for name, value in changed.items()}

    assert attack.send(**fields).status_code == 403

    attack.assert_in_vain()


@pytest.mark.parametrize("size", [0, LARGEST_PICTURE + 1])
def test_a_picture_of_another_size_is_refused(size: int, attack: Attack) -> None:
    assert attack.send(bytes(size)).status_code == 400

    attack.assert_in_vain()


def test_a_policy_expires_within_five_minutes_and_cannot_be_prolonged(attack: Attack) -> None:
    policy = json.loads(base64.b64decode(attack.upload["fields"]["policy"]))
    expires_at = datetime.fromisoformat(policy["expiration"])
    assert expires_at <= datetime.now(UTC) + timedelta(minutes=5)

    later = {**policy, "expiration": (expires_at + timedelta(days=1)).isoformat()}
    forged = base64.b64encode(json.dumps(later).encode()).decode()
    assert attack.send(policy=forged).status_code == 403

    attack.assert_in_vain()


def test_an_expired_policy_is_refused(cloud: LocalCloud, attack: Attack) -> None:
    """The same form, as if it had been signed some minutes ago."""
    form = attack.upload["fields"]
    fields = {name: form[name] for name in ("Content-Type", "x-amz-meta-subject")}
    expired = cloud.client("s3").generate_presigned_post(
        cloud.upload_bucket,
        form["key"],
        Fields=dict(fields),
        Conditions=[{name: value} for name, value in fields.items()],
        ExpiresIn=-1,
    )
    upload = {**expired, "url": attack.upload["url"]}

    refused = attack.attacker.phone.send(upload, attack.picture)

    assert refused.status_code == 403
    assert "expired" in refused.text
    attack.assert_in_vain()


def test_a_stolen_form_is_a_picture_of_the_person_whose_token_it_was(attack: Attack) -> None:
    """Whoever sends it: the form names the subject, and the thief cannot read the status."""
    thief = attack.victim
    assert thief.phone.send(attack.upload, attack.picture).status_code == 204
    attack.attacker.answer(attack.upload)

    assert len(attack.evidence.rows_of(attack.attacker.subject)) == 1
    assert attack.evidence.rows_of(thief.subject) == []
    refused = thief.phone.status(attack.upload["upload_id"])
    assert code_of(refused) == (404, "upload_not_found")


def test_anothers_upload_can_be_neither_read_nor_erased(
    attacker: Person, victim: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    theirs = victim.uploaded(next_selfie)
    victim.answer(theirs)

    refused = [
        attacker.phone.status(theirs["upload_id"]),
        attacker.phone.status(theirs["upload_id"], wait=1),
        attacker.phone.erase(theirs["upload_id"]),
    ]

    assert {code_of(each) for each in refused} == {(404, "upload_not_found")}
    assert len(evidence.versions(theirs)) == 1
    assert [row["outcome"] for row in evidence.rows_of(victim.subject)] == ["live"]


def _unsigned(issuer: OidcIssuer) -> str:
    claims = jwt.decode(issuer.token(MALLORY), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "local"})


TOKENS: dict[str, Callable[[OidcIssuer], str | None]] = {
    "none": lambda _: None,
    "empty": lambda _: "",
    "not a token": lambda _: "selfie",
    "wrong audience": lambda issuer: issuer.token(MALLORY, "another-service"),
    "another key": lambda issuer: OidcIssuer(issuer.url).token(MALLORY),
    "another issuer": lambda issuer: issuer.token(MALLORY, iss="http://127.0.0.1:9"),
    "expired": lambda issuer: issuer.token(MALLORY, lifetime=timedelta(seconds=-1)),
    "unsigned": _unsigned,
}


@pytest.mark.parametrize("token", TOKENS)
def test_without_a_valid_token_there_is_nothing(
    token: str, issuer: OidcIssuer, api_url: str, victim: Person, next_selfie: bytes
) -> None:
    theirs = victim.started(next_selfie)
    stranger = Phone(api_url, TOKENS[token](issuer))

    for refused in (
        stranger.start(len(next_selfie)),
        stranger.status(theirs["upload_id"]),
        stranger.erase(theirs["upload_id"]),
    ):
        assert (refused.status_code, refused.json()) == (401, {"message": "Unauthorized"})
    assert victim.phone.status(theirs["upload_id"]).status_code == 200


def test_a_replayed_key_with_another_body_starts_nothing(
    attacker: Person, victim: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    upload = attacker.started(next_selfie, key="replayed")

    refused = attacker.phone.start(len(next_selfie), "image/png", key="replayed")

    assert code_of(refused) == (422, "idempotency_key_reused")
    Attack(attacker, victim, upload, next_selfie, evidence).assert_in_vain()


def test_anothers_key_leads_to_ones_own_upload(
    attacker: Person, victim: Person, next_selfie: bytes
) -> None:
    theirs = victim.started(next_selfie, key="the-same")
    mine = attacker.started(next_selfie, key="the-same")

    assert mine["upload_id"] != theirs["upload_id"]
    assert mine["fields"]["x-amz-meta-subject"] == attacker.subject
    assert code_of(attacker.phone.status(theirs["upload_id"])) == (404, "upload_not_found")


def test_another_key_is_no_second_upload(attack: Attack) -> None:
    for key in ("one", "two"):
        refused = attack.attacker.phone.start(len(attack.picture), key=key)
        assert code_of(refused) == (409, "upload_open")

    attack.assert_in_vain()


@pytest.mark.parametrize(
    "body",
    [
        {"content_type": "image/gif"},
        {"size": LARGEST_PICTURE + 1},
        {"size": 0},
        {"size": "1"},
        {"subject": "somebody-else"},
        {"key": "selfies/somebody-else/1"},
        {"consent_id": "a\r\nb"},
    ],
    ids=str,
)
def test_a_body_that_asks_for_more_is_refused(body: dict[str, Any], attacker: Person) -> None:
    valid = {"content_type": "image/jpeg", "size": 1}

    refused = attacker.phone.request("POST", "", json=valid | body)

    assert code_of(refused) == (422, "invalid_request")


def test_the_bucket_takes_nothing_without_a_form(cloud: LocalCloud, attack: Attack) -> None:
    key, ca_bundle = attack.upload["fields"]["key"], str(cloud.emulator.ca_bundle)
    gateway = attack.upload["url"]
    s3 = f"{cloud.emulator.url}/{cloud.upload_bucket}"

    by_gateway = requests.put(f"{gateway}/{key}", data=attack.picture, timeout=30)
    direct = requests.put(f"{s3}/{key}", data=attack.picture, timeout=30, verify=ca_bundle)

    assert (by_gateway.status_code, direct.status_code) == (404, 403)
    attack.assert_in_vain()
