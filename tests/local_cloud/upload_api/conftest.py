"""A cloud with the upload API, and the phones of people who have never uploaded before."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from local.cloud import LocalCloud
from local.oidc_issuer import OidcIssuer
from local.phone import Phone
from local.subscriber import Subscriber
from tests.local_cloud.upload_api.people import Evidence, Person

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def cloud(api_cloud: LocalCloud) -> LocalCloud:
    return api_cloud


@pytest.fixture(scope="package")
def subscriber(cloud: LocalCloud) -> Subscriber:
    return Subscriber(cloud.emulator, cloud.notifications_queue_url)


@pytest.fixture(scope="package")
def api_url(cloud: LocalCloud) -> str:
    assert cloud.upload_api
    return cloud.upload_api.url


@pytest.fixture(scope="package")
def issuer(cloud: LocalCloud) -> OidcIssuer:
    assert cloud.upload_api
    return cloud.upload_api.issuer


@pytest.fixture
def new_person(api_url: str, issuer: OidcIssuer) -> Callable[[], Person]:
    def new() -> Person:
        subject = f"person-{next(_numbers)}"
        return Person(subject, Phone(api_url, issuer.token(subject)))

    return new


@pytest.fixture
def person(new_person: Callable[[], Person]) -> Person:
    return new_person()


@pytest.fixture
def evidence(cloud: LocalCloud, subscriber: Subscriber) -> Evidence:
    return Evidence(cloud, subscriber)


@pytest.fixture
def next_selfie(selfie: bytes) -> bytes:
    """A selfie that nobody has uploaded before."""
    return selfie + b"\0" * next(_numbers)
