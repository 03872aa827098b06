"""Sends pictures to the service: several at a time, at a bounded rate, each answer kept at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event, Lock

from evaluation.pictures import Picture
from evaluation.results import Result, ResultsFile
from liveness.cli.detectliveface import Client, load
from liveness.cli.output import FileUnreadableError, advice_on
from liveness.decision import Thresholds, decide
from liveness.errors import (
    AccountBlockedError,
    AwsServiceError,
    CredentialsMissingError,
    CredentialsRefusedError,
    ImageRejectedError,
    LivenessError,
)
from liveness.models import Action, Deadline, Outcome
from operations.errors import UserError

# What is wrong for every picture: to send the others would only repeat it.
_STOPS = (AccountBlockedError, AwsServiceError, CredentialsMissingError, CredentialsRefusedError)


@dataclass(frozen=True, slots=True)
class Call:
    """One picture for one Action; `face_model_version` is the configured one, or empty."""

    picture: Picture
    action: Action
    face_model_version: str = ""


@dataclass(slots=True)
class Pace:
    """Spaces calls of several threads evenly: `per_second` at most."""

    per_second: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _next: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> None:
        """Wait for the next free moment."""
        with self._lock:
            now = self.clock()
            at = max(now, self._next)
            self._next = at + 1 / self.per_second
        if at > now:
            self.sleep(at - now)


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls with `workers` threads; `clients` has one client for each Action."""

    clients: dict[Action, Client]
    file: ResultsFile
    pace: Pace
    workers: int
    timeout: float
    clock: Callable[[], float]

    def run(self, calls: Sequence[Call]) -> Iterator[int]:
        """Make all calls, and yield how many have their row, as that number grows.

        Stops at what is wrong for every call, as UserError. However it ends, calls that are on
        their way are waited for, and have their rows.
        """
        stop, executor = Event(), ThreadPoolExecutor(self.workers)
        pending = {executor.submit(self._make, call, stop) for call in calls}
        try:
            while pending:
                done, pending = wait(pending, timeout=1, return_when=FIRST_EXCEPTION)
                _raise_first(done)
                yield len(calls) - len(pending)
        finally:
            stop.set()
            executor.shutdown(cancel_futures=True)

    def _make(self, call: Call, stop: Event) -> None:
        self.pace.wait()
        if stop.is_set():
            return
        deadline = Deadline(self.clock() + self.timeout, self.clock)
        try:
            self.file.append(result_of(call, self.clients[call.action], deadline))
        except BaseException:
            stop.set()
            raise


def _raise_first(done: set[Future[None]]) -> None:
    for future in done:
        future.result()


def result_of(call: Call, client: Client, deadline: Deadline) -> Result:
    """Make one call. Raises UserError for what is wrong for every other one, too."""
    shown, action = call.picture.presentation, call.action.value
    try:
        url, image = load(call.picture.location)
        response = client.call(url=url, image=image, deadline=deadline)
        decision = decide(response.detection(), Thresholds())
    except _STOPS as error:
        raise UserError(f"{advice_on(error)}. What was answered before is kept.") from None
    except LivenessError as error:
        outcome = Outcome.RETAKE if isinstance(error, ImageRejectedError) else Outcome.FAILED
        is_file = isinstance(error, FileUnreadableError)
        reason = "file_unreadable" if is_file else error.reason
        return Result(shown, outcome, reason, None, action, call.face_model_version)
    detection = decision.detection
    model = detection.face_model_version
    return Result(shown, decision.outcome, "", detection.score, action, model)
