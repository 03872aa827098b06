"""The client: one detection for one image, with retries, within one deadline."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field

import requests

from liveness.backoff import WITHIN_AN_INVOCATION
from liveness.credentials import TencentCredentials
from liveness.errors import (
    CredentialsRefusedError,
    DetectionError,
    ImageRejectedByServiceError,
    TransientError,
)
from liveness.models import Deadline, Detection, DetectionAttempt
from liveness.ports import CredentialsProvider
from liveness.tencent.auth import TencentCloud3Auth
from liveness.tencent.error_codes import listed, no_answer
from liveness.tencent.http import send
from liveness.tencent.request import ServiceConfig
from liveness.tencent.response import DetectLiveFaceResponse, parse_response
from liveness.tencent.retry import should_retry

# Seconds. With less than this left, an attempt would only be cut off, and perhaps be billed.
MIN_ATTEMPT_TIME = 0.25

_log = logging.getLogger("liveness.tencent")

type OnAttempt = Callable[[DetectionAttempt], None]


@dataclass(frozen=True, slots=True)
class DetectLiveFaceClient:
    """Calls DetectLiveFace or DetectLiveFaceAccurate; its session keeps connections alive.

    Safe for several threads: they share the session's connections and nothing else of it.
    Logs codes and request ids to `liveness.tencent`, never a URL or a body.

    >>> client = DetectLiveFaceClient(credentials, ServiceConfig(region="ap-singapore"))
    >>> deadline = Deadline(time.monotonic() + 15, time.monotonic)
    >>> client.detect(url="https://example.com/selfie.jpg", deadline=deadline)
    """

    credentials: CredentialsProvider
    config: ServiceConfig
    _: KW_ONLY
    session: requests.Session = field(default_factory=requests.Session)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        on_attempt: OnAttempt = lambda _attempt: None,
    ) -> Detection:
        """Detect on one image, given by its URL or by its bytes, and report every request sent.

        Raises ImageRejectedByServiceError, a DetectionError with the number of attempts, or what
        the CredentialsProvider raises.
        """
        return self.call(url=url, image=image, deadline=deadline, on_attempt=on_attempt).detection()

    def call(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        on_attempt: OnAttempt = lambda _attempt: None,
    ) -> DetectLiveFaceResponse:
        """Do the same, and return all fields of the Action's response."""
        body = self.config.body(url=url, image=image)
        credentials: TencentCredentials | None = None
        errors: list[DetectionError] = []
        while True:
            if deadline.remaining < MIN_ATTEMPT_TIME:
                raise errors[-1] if errors else no_answer("OutOfTime", 0)
            # Not before there is time: Secrets Manager may take some of what is reserved.
            credentials = credentials or self.credentials.current()
            try:
                attempt = len(errors) + 1
                return self._attempt(body, credentials, deadline, attempt, on_attempt)
            except CredentialsRefusedError as error:
                credentials = self._refresh(credentials, error, errors)
                errors.append(error)
            except TransientError as error:
                errors.append(error)
                self._back_off(errors, deadline)

    def _attempt(
        self,
        body: bytes,
        credentials: TencentCredentials,
        deadline: Deadline,
        attempt: int,
        on_attempt: OnAttempt,
    ) -> DetectLiveFaceResponse:
        request = self.config.request(body)
        # With an `auth`, requests does not search a .netrc file for a password.
        request.auth = TencentCloud3Auth(credentials, now=self.clock)
        action = self.config.action
        started = self.monotonic()
        try:
            prepared = self.session.prepare_request(request)
            content = send(self.session, prepared, deadline, attempt)
            response = parse_response(content, action, attempt)
        except (ImageRejectedByServiceError, DetectionError) as error:
            duration = self.monotonic() - started
            code, request_id = error.response.code, error.response.request_id
            on_attempt(DetectionAttempt(duration, error.kind, listed(code)))
            _log.info("%s, attempt %d: %s, RequestId %s", action, attempt, code, request_id)
            raise
        duration = self.monotonic() - started
        on_attempt(DetectionAttempt(duration))
        _log.debug("%s, attempt %d: %s in %.3f s", action, attempt, response.request_id, duration)
        return response

    def _refresh(
        self,
        refused: TencentCredentials,
        error: CredentialsRefusedError,
        earlier: list[DetectionError],
    ) -> TencentCredentials:
        """Refresh the credentials, once in a call.

        The same ones again would be refused again: no request is sent with them.
        """
        if any(isinstance(each, CredentialsRefusedError) for each in earlier):
            raise error
        refreshed = self.credentials.refreshed()
        if refreshed == refused:
            raise error
        return refreshed

    def _back_off(self, errors: list[DetectionError], deadline: Deadline) -> None:
        if not should_retry(errors):
            raise errors[-1]
        delay = WITHIN_AN_INVOCATION.seconds(len(errors), self.random())
        if deadline.remaining < delay + MIN_ATTEMPT_TIME:
            raise errors[-1]
        self.sleep(delay)
