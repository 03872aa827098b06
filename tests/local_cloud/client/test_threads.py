"""Threads that share one client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
import requests

from liveness.errors import ServiceUnreachable
from liveness.model import Action, Deadline, Detection
from liveness.tencent.client import DetectLiveFaceClient, Service
from local.detectliveface.server import MADE_UP, DetectLiveFaceServer
from tests.local_cloud.detectliveface.album import Album
from tests.unit.tencent.fakes import Source

THREADS, CALLS = 10, 50


@pytest.fixture
def client(server: DetectLiveFaceServer, session: requests.Session) -> DetectLiveFaceClient:
    return DetectLiveFaceClient(
        Source((MADE_UP, MADE_UP)),
        Service(endpoint=server.url, action=Action.DETECT_LIVE_FACE_ACCURATE),
        session=session,
        sleep=lambda _: None,
    )


def within(seconds: float) -> Deadline:
    return Deadline(time.monotonic() + seconds, time.monotonic)


def test_each_of_fifty_calls_gets_its_own_pictures_answer(
    client: DetectLiveFaceClient, server: DetectLiveFaceServer, album: Album
) -> None:
    # Answers overtake one another, and some come at the second attempt.
    server.control.set_rules(
        {"effect": "error-InternalError", "probability": 0.2, "times": 1},
        {"effect": "slow-30~30"},
    )

    def asked(number: int) -> Detection:
        return client.detect(url=album.put(f"score-{number}.jpg"), deadline=within(60))

    with ThreadPoolExecutor(THREADS) as threads:
        detections = list(threads.map(asked, range(CALLS)))

    calls = server.control.calls().calls
    objects = {call.request_id: call.object for call in calls}
    for number, detection in enumerate(detections):
        assert detection.score == Decimal(number)
        assert (objects[detection.request_id] or "").endswith(f"/score-{number}.jpg")
    assert len({detection.request_id for detection in detections}) == CALLS
    assert len(calls) > CALLS


def test_a_deadline_is_that_of_its_own_call(client: DetectLiveFaceClient, album: Album) -> None:
    together = Barrier(THREADS)

    def patient(number: int) -> Detection:
        url = album.put(f"slow-1000-{number}.jpg")
        together.wait()
        return client.detect(url=url, deadline=within(60))

    def hasty(number: int) -> str:
        url = album.put(f"slow-3000-{number}.jpg")
        together.wait()
        with pytest.raises(ServiceUnreachable) as caught:
            client.detect(url=url, deadline=within(0.6))
        return caught.value.answer.code

    with ThreadPoolExecutor(THREADS) as threads:
        numbers = range(THREADS // 2)
        pairs = [(threads.submit(patient, n), threads.submit(hasty, n)) for n in numbers]
        assert {leaving.result() for _, leaving in pairs} == {"NoAnswer.TimedOut"}
        assert {waiting.result().score for waiting, _ in pairs} == {Decimal(99)}
