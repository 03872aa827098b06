"""An upload while it is processed: X-Ray subsegments, and log records at DEBUG level."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from liveness.models import Outcome, Upload
from liveness.trace import Publication, Span
from tests.unit.function.captured_log import CapturedLog

UPLOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", UPLOADED_AT)


def test_an_upload_is_a_subsegment_around_those_of_its_spans() -> None:
    log = CapturedLog(trace_header="Root=1-2-3;Parent=4;Sampled=1")
    with log as observer, observer.upload(UPLOAD) as trace:
        with trace.span(Span.ACQUIRE_LEASE):
            pass
        trace.publication = Publication(Outcome.LIVE, "message-1", UPLOADED_AT)

    span, upload = log.segments
    assert (span["name"], span["parent_id"]) == ("## acquire_lease", upload["id"])
    assert (upload["name"], upload["parent_id"]) == ("## upload", "4")
    assert upload["annotations"] == {"upload_id": UPLOAD.id, "outcome": "live"}


@pytest.mark.parametrize(("level", "spans"), [(logging.DEBUG, ["detect"]), (logging.INFO, [])])
def test_a_span_is_logged_at_debug_level_alone(level: int, spans: list[str]) -> None:
    log = CapturedLog(level)
    with log as observer, observer.upload(UPLOAD) as trace, trace.span(Span.DETECT):
        pass

    assert [record["span"] for record in log.records] == spans
    for record in log.records:
        assert record["message"] == "span finished"
        assert record["upload_id"] == UPLOAD.id
        assert UPLOAD.key not in str(record)
