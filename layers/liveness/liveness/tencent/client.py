"""The client: one question about one picture, with retries, within one deadline."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Protocol

import requests

from liveness.errors import CredentialsRefused, PictureRejected, ServiceFault, TransientFault
from liveness.model import Attempt, Deadline, Detection
from liveness.tencent.answer import Answer, read_answer
from liveness.tencent.catalogue import listed
from liveness.tencent.no_answer import no_answer
from liveness.tencent.retries import pause, worth_another
from liveness.tencent.service import Service
from liveness.tencent.signing import Credentials, TencentCloud3Auth
from liveness.tencent.transport import bounded_session, exchange

__all__ = ["CredentialsSource", "DetectLiveFaceClient", "Service"]

# Seconds. With less than this left, an attempt would only be cut off, and perhaps be billed.
LEAST_FOR_AN_ATTEMPT = 0.25

_log = logging.getLogger("liveness.tencent")

type Watcher = Callable[[Attempt], None]


def _nobody(_attempt: Attempt) -> None:
    """For callers who watch no single attempts."""


def _unsigned(service: Service, session: requests.Session) -> requests.PreparedRequest:
    """Prepare what all requests have in common, once."""
    request = service.request(b"")
    # Told nothing of how to sign, a session would look for a password in .netrc.
    request.auth = _as_it_is
    return session.prepare_request(request)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class CredentialsSource(Protocol):
    """Where the credentials are kept. Both may raise CredentialsMissing or StorageFault."""

    def current(self) -> Credentials:
        """Return the credentials, perhaps remembered."""

    def renewed(self) -> Credentials:
        """Fetch the credentials anew."""


class DetectLiveFaceClient:
    """Asks DetectLiveFace or DetectLiveFaceAccurate; its session keeps connections.

    Safe for several threads: requests share the session's connections and nothing else of it.
    Logs codes and request ids to `liveness.tencent`, never an address or a body.

    >>> client = DetectLiveFaceClient(credentials, Service(region="ap-singapore"))
    >>> deadline = Deadline(time.monotonic() + 15, time.monotonic)
    >>> client.detect(url="https://example.com/selfie.jpg", deadline=deadline)
    """

    def __init__(
        self,
        credentials: CredentialsSource,
        service: Service,
        *,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._credentials = credentials
        self._service = service
        self._session = session or bounded_session()
        self._unsigned = _unsigned(service, self._session)
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        watcher: Watcher = _nobody,
    ) -> Detection:
        """Say what the service says of a picture, given by its address or by its bytes.

        `watcher` is told of every request that was sent. Raises PictureRejected, a ServiceFault
        that tells how many requests were sent, or what the credentials' source raises.
        """
        return self.call(url=url, image=image, deadline=deadline, watcher=watcher).detection()

    def call(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        watcher: Watcher = _nobody,
    ) -> Answer:
        """Do the same and return the Action's own answer (detect-live-face.txt §3)."""
        body = self._service.body(url=url, image=image)
        credentials = self._credentials.current()
        faults: list[ServiceFault] = []
        while True:
            if deadline.left < LEAST_FOR_AN_ATTEMPT:
                raise faults[-1] if faults else no_answer("OutOfTime", 0)
            try:
                attempt = len(faults) + 1
                return self._attempt(body, credentials, deadline, attempt, watcher)
            except CredentialsRefused as fault:
                credentials = self._renewed(credentials, fault, faults)
                faults.append(fault)
            except TransientFault as fault:
                faults.append(fault)
                self._back_off(faults, deadline)

    def _attempt(
        self,
        body: bytes,
        credentials: Credentials,
        deadline: Deadline,
        attempt: int,
        watcher: Watcher,
    ) -> Answer:
        request = self._unsigned.copy()
        request.prepare_body(body, None)
        request.prepare_auth(TencentCloud3Auth(credentials, now=self._clock))
        action = self._service.action
        started = self._monotonic()
        try:
            content = exchange(self._session, request, deadline, attempt)
            answer = read_answer(content, action, attempt)
        except (PictureRejected, ServiceFault) as fault:
            took = self._monotonic() - started
            watcher(Attempt(took, fault.kind, listed(fault.answer.code)))
            told = (fault.answer.code, fault.answer.request_id)
            _log.info("%s, attempt %d: %s, RequestId %s", action, attempt, *told)
            raise
        took = self._monotonic() - started
        watcher(Attempt(took))
        _log.debug("%s, attempt %d: %s in %.3f s", action, attempt, answer.request_id, took)
        return answer

    def _renewed(
        self, refused: Credentials, fault: CredentialsRefused, before: list[ServiceFault]
    ) -> Credentials:
        """Fetch the credentials anew, once in a call.

        The same ones again would be refused again: then no request is spent on them.
        """
        if any(isinstance(earlier, CredentialsRefused) for earlier in before):
            raise fault
        renewed = self._credentials.renewed()
        if renewed == refused:
            raise fault
        return renewed

    def _back_off(self, faults: list[ServiceFault], deadline: Deadline) -> None:
        if not worth_another(faults):
            raise faults[-1]
        seconds = pause(len(faults), self._random())
        if deadline.left < seconds + LEAST_FOR_AN_ATTEMPT:
            raise faults[-1]
        self._sleep(seconds)
