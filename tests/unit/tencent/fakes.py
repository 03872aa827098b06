"""Fakes of the client's surroundings: HTTP, time, jitter and the credentials provider."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

from liveness.credentials import TencentCredentials
from liveness.models import Deadline
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ServiceConfig

KEY = TencentCredentials("AKIDmadeup", "madeUpKey")
NEW_KEY = TencentCredentials("AKIDmadeup2", "madeUpKey2")
NOW = 1_700_000_000.0

LIVE_3 = {"Score": 99.5, "IsLiveness": True, "FaceModelVersion": "3.0", "RequestId": "r-live"}
SPOOF_2 = {"Score": 12, "IsLiveness": True, "FaceModelVersion": "2.0", "RequestId": "r-spoof"}
ACCURATE = {"Score": 61.25, "FaceModelVersion": "3.0", "RequestId": "r-accurate"}


def body_of(response: Mapping[str, object]) -> bytes:
    return json.dumps({"Response": response}).encode()


def error(code: str, message: str = "a message", request_id: str | None = "r-error") -> bytes:
    response: dict[str, object] = {"Error": {"Code": code, "Message": message}}
    if request_id is not None:
        response["RequestId"] = request_id
    return body_of(response)


@dataclass
class Clock:
    """Monotonic time that passes only when something sleeps or waits."""

    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def deadline(self, seconds: float = 60.0) -> Deadline:
        return Deadline(self.time + seconds, self)


@dataclass(frozen=True)
class Reply:
    """An HTTP response, and after how many seconds it comes."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    raw: io.RawIOBase | None = None


@dataclass(frozen=True)
class Sent:
    """A request as it would have been sent."""

    request: requests.PreparedRequest
    options: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, str]:
        assert isinstance(self.request.body, bytes)
        parameters: dict[str, str] = json.loads(self.request.body)
        return parameters

    @property
    def headers(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.request.headers.items()}


class FakeAdapter(HTTPAdapter):
    """Answers each request with the next reply, or raises it."""

    def __init__(self, clock: Clock, replies: Iterable[Reply | bytes | Exception]) -> None:
        super().__init__()
        self.clock = clock
        self.replies = list(replies)
        self.sent: list[Sent] = []

    def send(  # type: ignore[override] # the client gives all options by name
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        self.sent.append(Sent(request, options))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, bytes):
            reply = Reply(reply)
        self.clock.time += reply.after
        raw = HTTPResponse(
            body=reply.raw or io.BytesIO(reply.body),
            status=reply.status,
            headers=reply.headers,
            preload_content=False,
        )
        return self.build_response(request, raw)


@dataclass
class FakeCredentials:
    """A CredentialsProvider: the first key is in its cache, the second comes of a refresh."""

    keys: Sequence[TencentCredentials] = (KEY, NEW_KEY)
    refreshes: int = 0
    on_refresh: Callable[[], None] = lambda: None

    def current(self) -> TencentCredentials:
        return self.keys[0]

    def refreshed(self) -> TencentCredentials:
        self.on_refresh()
        self.refreshes += 1
        return self.keys[1]


class Call:
    """A client among fakes; `jitter` is the random number of every delay."""

    def __init__(
        self,
        *replies: Reply | bytes | Exception,
        config: ServiceConfig | None = None,
        credentials: FakeCredentials | None = None,
        jitter: float = 1.0,
    ) -> None:
        self.clock = Clock()
        self.adapter = FakeAdapter(self.clock, replies)
        self.credentials = credentials or FakeCredentials()
        self.session = requests.Session()
        self.session.mount("https://", self.adapter)
        self.session.mount("http://", self.adapter)
        self.client = DetectLiveFaceClient(
            self.credentials,
            config or ServiceConfig(),
            session=self.session,
            clock=lambda: NOW + self.clock.time,
            monotonic=self.clock,
            sleep=self.clock.sleep,
            random=lambda: jitter,
        )

    @property
    def sent(self) -> list[Sent]:
        return self.adapter.sent
