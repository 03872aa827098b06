"""Subsegments as X-Ray's daemon reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracing import Daemon, Trace

SAMPLED = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1;Lineage=a:0"


class Heard:
    """What the daemon is told, in order."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    def __call__(self, document: bytes) -> None:
        self.documents.append(json.loads(document))


def test_a_subsegment_is_told_with_its_trace_its_parent_and_its_time() -> None:
    heard = Heard()
    trace = Trace(SAMPLED, heard)
    with trace.subsegment("## upload") as around:
        around.annotations["upload_id"] = "1"
        with trace.subsegment("## claim", within=around):
            pass

    step, upload = heard.documents
    assert {each["trace_id"] for each in (step, upload)} == {"1-5bef4de7-ad49b0e87f6ef6c87fc2e700"}
    assert (upload["name"], upload["parent_id"]) == ("## upload", "9a9197af755a6419")
    assert (step["name"], step["parent_id"]) == ("## claim", upload["id"])
    assert upload["annotations"] == {"upload_id": "1"}
    assert upload["start_time"] <= step["start_time"] <= step["end_time"] <= upload["end_time"]
    assert {each["type"] for each in (step, upload)} == {"subsegment"}
    assert not upload["fault"]


def test_a_fault_is_told_without_what_was_raised() -> None:
    heard = Heard()
    with pytest.raises(ValueError, match="private"), Trace(SAMPLED, heard).subsegment("## ask"):
        raise ValueError("private")

    (told,) = heard.documents
    assert told["fault"]
    assert "private" not in json.dumps(told)


@pytest.mark.parametrize("header", ["", "Root=1-2-3;Parent=4;Sampled=0", "Root=1-2-3", "odd;;=;="])
def test_what_is_not_sampled_is_not_told(header: str) -> None:
    heard = Heard()
    with Trace(header, heard).subsegment("## upload"):
        pass

    assert heard.documents == []


@pytest.mark.parametrize("address", ["", "127.0.0.1", ":2000", "127.0.0.1:odd"])
def test_without_a_daemon_nothing_is_told(address: str) -> None:
    Daemon({"AWS_XRAY_DAEMON_ADDRESS": address}).tell(b"{}")
    Daemon({}).tell(b"{}")
