"""Threads that share one client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
import requests

from liveness.errors import ServiceUnreachableError
from liveness.models import Action, Deadline, Detection
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ServiceConfig
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace
from tests.local_cloud.detectliveface.image_host import ImageHost
from tests.unit.tencent.fakes import FakeCredentials

THREADS, CALLS = 10, 50


@pytest.fixture
def client(fake: FakeDetectLiveFace, session: requests.Session) -> DetectLiveFaceClient:
    return DetectLiveFaceClient(
        FakeCredentials((DEFAULT_CREDENTIALS, DEFAULT_CREDENTIALS)),
        ServiceConfig(endpoint=fake.url, action=Action.DETECT_LIVE_FACE_ACCURATE),
        session=session,
        sleep=lambda _: None,
    )


def within(seconds: float) -> Deadline:
    return Deadline(time.monotonic() + seconds, time.monotonic)


def test_each_of_fifty_calls_gets_the_response_for_its_own_image(
    client: DetectLiveFaceClient, fake: FakeDetectLiveFace, image_host: ImageHost
) -> None:
    # Responses overtake one another, and some come at the second attempt.
    fake.control.set_rules(
        {"effect": "error-InternalError", "probability": 0.2, "times": 1},
        {"effect": "slow-30~30"},
    )

    def detect(number: int) -> Detection:
        return client.detect(url=image_host.put(f"score-{number}.jpg"), deadline=within(60))

    with ThreadPoolExecutor(THREADS) as threads:
        detections = list(threads.map(detect, range(CALLS)))

    calls = fake.control.calls().calls
    objects = {call.request_id: call.object for call in calls}
    for number, detection in enumerate(detections):
        assert detection.score == Decimal(number)
        assert (objects[detection.request_id] or "").endswith(f"/score-{number}.jpg")
    assert len({detection.request_id for detection in detections}) == CALLS
    assert len(calls) > CALLS


def test_each_call_has_its_own_deadline(
    client: DetectLiveFaceClient, image_host: ImageHost
) -> None:
    together = Barrier(THREADS)

    def patient(number: int) -> Detection:
        url = image_host.put(f"slow-1000-{number}.jpg")
        together.wait()
        return client.detect(url=url, deadline=within(60))

    def hasty(number: int) -> str:
        url = image_host.put(f"slow-3000-{number}.jpg")
        together.wait()
        with pytest.raises(ServiceUnreachableError) as caught:
            client.detect(url=url, deadline=within(0.6))
        return caught.value.response.code

    with ThreadPoolExecutor(THREADS) as threads:
        numbers = range(THREADS // 2)
        pairs = [(threads.submit(patient, n), threads.submit(hasty, n)) for n in numbers]
        assert {late.result() for _, late in pairs} == {"NoAnswer.TimedOut"}
        assert {in_time.result().score for in_time, _ in pairs} == {Decimal(99)}
