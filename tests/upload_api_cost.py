"""What an upload by the API takes of AWS beside the upload itself, and the API each month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.measurements import at_memory, measured, memory_mb
from tests.metrics.alarms import load_alarms
from tests.metrics.template import ResolvedTemplate
from tests.prices import PRICES, REQUEST_SECONDS, CostItem, times

# A transaction's writes count twice: the attempts and the upload. Then Powertools' record of an
# Idempotency-Key, put and updated, and the form that is used up.
WRITE_UNITS = 2 * 2 + 2 + 1
# Seconds after its begin at which GET ?wait=20 reads the verdict: functions/upload_api/uploads.py.
POLLS = (0, 0.25, 0.75)
# Consistent, one unit each: the attempts, the upload, and the verdict at each poll. An index is
# read for half a unit.
READ_UNITS = 0.5 + 1 + 1 + len(POLLS)
# Assumed: AWS's lines, the metrics and the access log of two requests; the form and the answer.
LOG_GB, ANSWERS_GB = "0.000003", "0.000003"
SERIES = ("`StartedUploads`", "`Lockouts`", "`ColdStart`")


def upload_by_the_api() -> Sequence[CostItem]:
    """A POST with an Idempotency-Key and one GET that waits, in place of a backend's own."""
    # Each request is assumed to take the CPU of a warm upload.
    cpu = at_memory(measured("CPU of a warm upload, ms"), memory_mb()) / 1000
    seconds = 2 * REQUEST_SECONDS + cpu + POLLS[-1] + REQUEST_SECONDS + cpu
    return [
        CostItem("POST and GET", "2", "HTTP API"),
        CostItem("invocations", "2", "Lambda, requests"),
        CostItem(
            "their GB-seconds", times(f"{memory_mb() / 1024:g}", f"{seconds:.2f}"), "Lambda, arm64"
        ),
        CostItem("attempt, `Idempotency-Key`, form", f"{WRITE_UNITS}", "DynamoDB write"),
        CostItem("attempts, and the verdict three times", f"{READ_UNITS:g}", "DynamoDB read"),
        CostItem("form and answer, 3 KB", ANSWERS_GB, "transfer to the internet"),
        CostItem("logs, 3 KB", LOG_GB, "log"),
        CostItem("traces, at most", "2", "trace"),
    ]


def another_second() -> CostItem:
    """One more second of waiting, with one more read."""
    return CostItem("a second", f"{memory_mb() / 1024:g}", "Lambda, arm64")


def month_of_the_api() -> Mapping[str, str]:
    """The sums of what the API adds to each month, even without uploads."""
    with_api, without = (
        sum(len(alarm.metrics) for alarm in load_alarms(template).values())
        for template in (ResolvedTemplate.load(UploadApi="on"), ResolvedTemplate.load())
    )
    return {
        "metric series": times(len(SERIES), PRICES["metric"].usd),
        "metrics in alarms": times(with_api - without, PRICES["alarm"].usd),
    }
