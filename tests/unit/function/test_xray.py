"""Subsegments in the form that X-Ray's daemon reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xray import XRayDaemon, XRayTrace

SAMPLED = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1;Lineage=a:0"


class Received:
    """What the daemon receives, in order."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    def __call__(self, document: bytes) -> None:
        self.documents.append(json.loads(document))


def test_a_subsegment_has_its_trace_its_parent_and_its_times() -> None:
    received = Received()
    trace = XRayTrace(SAMPLED, received)
    with trace.subsegment("## upload") as around:
        around.annotations["upload_id"] = "1"
        with trace.subsegment("## acquire_lease", parent=around):
            pass

    span, upload = received.documents
    assert {each["trace_id"] for each in (span, upload)} == {"1-5bef4de7-ad49b0e87f6ef6c87fc2e700"}
    assert (upload["name"], upload["parent_id"]) == ("## upload", "9a9197af755a6419")
    assert (span["name"], span["parent_id"]) == ("## acquire_lease", upload["id"])
    assert upload["annotations"] == {"upload_id": "1"}
    assert upload["start_time"] <= span["start_time"] <= span["end_time"] <= upload["end_time"]
    assert {each["type"] for each in (span, upload)} == {"subsegment"}
    assert not upload["fault"]


def test_a_fault_is_sent_without_the_exception() -> None:
    received = Received()
    trace = XRayTrace(SAMPLED, received)
    with pytest.raises(ValueError, match="private"), trace.subsegment("## detect"):
        raise ValueError("private")

    (document,) = received.documents
    assert document["fault"]
    assert "private" not in json.dumps(document)


@pytest.mark.parametrize("header", ["", "Root=1-2-3;Parent=4;Sampled=0", "Root=1-2-3", "odd;;=;="])
def test_an_invocation_that_is_not_sampled_sends_nothing(header: str) -> None:
    received = Received()
    with XRayTrace(header, received).subsegment("## upload"):
        pass

    assert received.documents == []


@pytest.mark.parametrize("address", ["", "127.0.0.1", ":2000", "127.0.0.1:odd"])
def test_without_the_address_of_a_daemon_nothing_is_sent(address: str) -> None:
    XRayDaemon({"AWS_XRAY_DAEMON_ADDRESS": address}).send(b"{}")
    XRayDaemon({}).send(b"{}")
