"""What the use case records of a delivery in its trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from liveness.errors import ServiceUnreachableError
from liveness.models import DetectionAttempt, Lease, Outcome, StoredVerdict, Upload
from liveness.trace import Publication, Span, UploadTrace
from tests.unit.fakes import ATTEMPT_SECONDS, VerdictsInMemory
from tests.unit.use_case import DECIDED_AT, FINAL, LIVE, UNREACHABLE, FailingVerdicts, UseCase


def test_a_trace_has_every_span_with_its_duration_and_what_was_published() -> None:
    seconds = iter(range(100))
    trace = UploadTrace(clock=lambda: next(seconds))

    UseCase(LIVE).process(trace=trace)

    spans = [
        Span.READ_HEAD,
        Span.ACQUIRE_LEASE,
        Span.VALIDATE,
        Span.FIND_REUSE,
        Span.DETECT,
        Span.SAVE,
        Span.PUBLISH,
        Span.MARK_PUBLISHED,
    ]
    assert list(trace.durations.items()) == [(span, 1) for span in spans]
    assert trace.detection_attempts == [DetectionAttempt(ATTEMPT_SECONDS)]
    assert trace.publication == Publication(Outcome.LIVE, "message-1", DECIDED_AT)
    assert not trace.lease_taken_over


def test_the_trace_of_a_detection_error_has_its_attempts_and_the_released_lease() -> None:
    use_case = UseCase(UNREACHABLE)
    trace = UploadTrace()

    with pytest.raises(ServiceUnreachableError):
        use_case.process(trace=trace)

    assert trace.detection_attempts == [
        DetectionAttempt(ATTEMPT_SECONDS, "unreachable", "NoAnswer.TimedOut")
    ]
    assert list(trace.durations) == [
        Span.READ_HEAD,
        Span.ACQUIRE_LEASE,
        Span.VALIDATE,
        Span.FIND_REUSE,
        Span.DETECT,
        Span.RELEASE_LEASE,
    ]
    assert trace.publication is None


def test_a_span_that_ran_several_times_has_the_sum_of_its_durations() -> None:
    seconds = iter(range(100))
    trace = UploadTrace(clock=lambda: next(seconds))

    UseCase(LIVE, verdicts=FailingVerdicts()).process(trace=trace)

    assert trace.durations[Span.SAVE] == 4


def test_the_trace_of_a_failed_upload_has_its_publication() -> None:
    trace = UploadTrace()

    UseCase(UNREACHABLE).process(FINAL, trace=trace)

    assert trace.publication == Publication(Outcome.FAILED, "message-1", DECIDED_AT)


def test_the_trace_of_a_lease_that_a_crashed_invocation_held_says_so() -> None:
    class Crashed(VerdictsInMemory):
        def acquire_lease(self, upload: Upload, duration: timedelta) -> Lease | StoredVerdict:
            lease = super().acquire_lease(upload, duration)
            assert isinstance(lease, Lease)
            return replace(lease, is_takeover=True)

    trace = UploadTrace()

    UseCase(LIVE, verdicts=Crashed()).process(trace=trace)

    assert trace.lease_taken_over


def test_around_span_is_entered_around_each_span_also_where_it_raises() -> None:
    entered: list[Span] = []
    left: list[Span] = []

    @contextmanager
    def around_span(span: Span) -> Iterator[None]:
        entered.append(span)
        try:
            yield
        finally:
            left.append(span)

    with pytest.raises(ServiceUnreachableError):
        UseCase(UNREACHABLE).process(trace=UploadTrace(around_span=around_span))

    assert Span.DETECT in entered
    assert left == entered


@pytest.mark.parametrize("subject", ["x" * 2049, "é" * 1025])
def test_a_subject_that_no_index_can_hold_is_absent_and_the_trace_says_so(subject: str) -> None:
    use_case, trace = UseCase(LIVE), UploadTrace()
    use_case.images.subject = subject

    use_case.process(trace=trace)

    assert trace.subject_ignored
    assert (use_case.published["outcome"], use_case.published.get("subject")) == ("live", None)


def test_a_subject_of_two_kilobytes_is_kept() -> None:
    use_case, trace = UseCase(LIVE), UploadTrace()
    use_case.images.subject = "x" * 2048

    use_case.process(trace=trace)

    assert not trace.subject_ignored
    assert use_case.published["subject"] == "x" * 2048


@pytest.mark.parametrize("consent_id", ["x" * 129, "é" * 65])
def test_a_consent_id_that_is_too_long_is_absent_and_the_trace_says_so(consent_id: str) -> None:
    use_case, trace = UseCase(LIVE), UploadTrace()
    use_case.images.consent_id = consent_id

    use_case.process(trace=trace)

    assert trace.consent_id_ignored
    assert not trace.subject_ignored
    assert "consent_id" not in use_case.published


def test_a_consent_id_of_128_bytes_is_stored_and_published() -> None:
    use_case, trace = UseCase(LIVE), UploadTrace()
    use_case.images.consent_id = "é" * 64

    use_case.process(trace=trace)

    assert not trace.consent_id_ignored
    assert use_case.published["consent_id"] == use_case.row["consent_id"] == "é" * 64
