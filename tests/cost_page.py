"""Generates the tables of docs/cost.md: ``python -m tests.cost_page``.

Measurements come from docs/performance.md, counts from the template and the declared metrics,
prices from the lists below. Every computed number of the page is computed here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.measurements import OURS, WHOLE_CPU_MB, at_memory, measured, memory_mb
from liveness.models import Outcome, Reuse
from tests.marked import Marked
from tests.metrics.alarms import load_alarms
from tests.metrics.template import ResolvedTemplate
from tests.prices import (
    CNY_PER_USD,
    DETECT_LIVE_FACE_CNY,
    PRICES,
    REQUEST_SECONDS,
    CostItem,
    times,
)
from tests.sums import value
from tests.upload_api_cost import month_of_the_api, upload_by_the_api

COMMAND = "python -m tests.cost_page"
PAGE = Marked("cost.md", COMMAND)

MEMORIES_MB = (128, 256, 512, 1024, WHOLE_CPU_MB)
TUTORIAL = "(a) tutorial"

# Seconds, assumed: a call of DetectLiveFace as in docs/capacity.md.
SERVICE_SECONDS = 0.5
IMAGE_GB = "0.0002"
# Measured on the local cloud: the log of an upload that is decided at the first attempt.
LOG_GB = "0.0000025"

HOURS_PER_MONTH = 730
SECRET_READS_PER_HOUR = 12.17
"""The API key every five minutes, the key of digests every six hours."""
POLLS_PER_HOUR = 5 * 180
"""Lambda polls an idle queue with five pollers that wait 20 s each."""

# Eventually consistent, half a unit each: two before a version is sent, and one in each second that
# it is in flight, 15 where 300 are, at 20 per second (operations/backfill_feed.py).
BACKFILL_READ_UNITS = (2 + 15) / 2
# A tenth of a batch that is sent; one that is received, one that is deleted, at most.
BACKFILL_SQS_REQUESTS = 0.1 + 1 + 1

WRITES = {"acquire_lease": 1, "save": 4, "mark_published": 1}
"""Write units: saving writes the item and its three indexes; an item is below 1 KB."""
REUSE_READ_UNITS = 0.5
"""Eventually consistent, where the picture was used seldom: at most 4 KB."""


def _waits(program: str) -> int:
    """Requests to AWS that an invocation waits for in sequence, marking as published included."""
    after_publishing = 1 if program == OURS else 0
    return int(measured("… in a row until published", program)) - 1 + after_publishing


def seconds(requests: int, cpu_ms: float, memory: int) -> float:
    """Duration of a warm invocation: it waits for responses, and has a share of a CPU."""
    waits = SERVICE_SECONDS + REQUEST_SECONDS * requests
    return round(waits + at_memory(cpu_ms, memory) / 1000, 3)


def _gb_seconds(requests: int, cpu_ms: float, memory: int) -> str:
    return times(f"{memory / 1024:g}", f"{seconds(requests, cpu_ms, memory):g}")


def ours() -> Sequence[CostItem]:
    """What one upload takes of AWS."""
    cpu = measured("CPU of a warm upload, ms")
    gb_seconds = _gb_seconds(_waits(OURS), cpu, memory_mb())
    return [
        CostItem("its PUT", "1", "S3 PUT"),
        CostItem("reading the head, and the service's download", "2", "S3 GET"),
        CostItem("the download, 0.2 MB", IMAGE_GB, "transfer to the internet"),
        CostItem("lease, verdict, `published_at`", str(sum(WRITES.values())), "DynamoDB write"),
        CostItem("other uses of the picture", f"{REUSE_READ_UNITS:g}", "DynamoDB read"),
        CostItem("notification", "1", "SNS publish"),
        CostItem("invocation", "1", "Lambda, requests"),
        CostItem("its GB-seconds", gb_seconds, "Lambda, arm64"),
        CostItem("log, 2.5 KB", LOG_GB, "log"),
        CostItem("trace, at most", "1", "trace"),
    ]


def backfill() -> Sequence[CostItem]:
    """What one picture that was there before takes of AWS: the same without its PUT, and more."""
    return [
        *(item for item in ours() if item.price != "S3 PUT"),
        CostItem("lookups of its row", f"{BACKFILL_READ_UNITS:g}", "DynamoDB read"),
        CostItem("its message", f"{BACKFILL_SQS_REQUESTS:g}", "SQS"),
    ]


def tutorial() -> Sequence[CostItem]:
    """The same for the tutorial peer, which detects, saves and publishes, on Lambda's defaults."""
    cpu = measured("CPU of a warm upload, ms", TUTORIAL)
    return [
        CostItem("its PUT", "1", "S3 PUT"),
        CostItem("the service's download", "1", "S3 GET"),
        CostItem("the download, 0.2 MB", IMAGE_GB, "transfer to the internet"),
        CostItem("verdict", "1", "DynamoDB write"),
        CostItem("notification", "1", "SNS publish"),
        CostItem("invocation", "1", "Lambda, requests"),
        CostItem("its GB-seconds", _gb_seconds(_waits(TUTORIAL), cpu, memory_mb()), "Lambda, x86"),
        CostItem("log, 0.5 KB", "0.0000005", "log"),
    ]


def usd(items: Iterable[CostItem]) -> float:
    """The price of a thousand uploads."""
    return sum(value(item.thousand) for item in items)


def per_upload_beside_lambda() -> float:
    """The price per delivery that the dashboard adds to that of Lambda's own metrics."""
    others = [item for item in ours() if not item.price.startswith("Lambda")]
    return usd(others) / 1000


def series() -> Mapping[str, int]:
    """Metric series of an ordinary month: one per metric and combination of dimension values."""
    return {
        "with no dimension but `service`": 7,
        "`Uploads`, by outcome": len(Outcome),
        "`Retakes`, by reason": 6,
        "`ReusedPictures`, by reuse": len(Reuse),
        "`ProcessingErrors`, by reason": 3,
        "`DetectionErrors`, by kind, and by kind and code": 3 + 5,
        "`ColdStart`": 1,
    }


def month() -> Mapping[str, str]:
    """The sums of what each month costs, even without uploads."""
    alarms = load_alarms(ResolvedTemplate.load()).values()
    alarm_metrics = sum(len(alarm.metrics) for alarm in alarms)
    return {
        "metric series": times(sum(series().values()), PRICES["metric"].usd),
        "metrics in alarms": times(alarm_metrics, PRICES["alarm"].usd),
        "dashboard": times(1, PRICES["dashboard"].usd),
        "secrets": times(2, PRICES["secret"].usd),
        "reads of the secrets, one sandbox": times(
            SECRET_READS_PER_HOUR, HOURS_PER_MONTH, PRICES["secret, reads"].usd
        ),
        "polls of RetryQueue": times(POLLS_PER_HOUR, HOURS_PER_MONTH, PRICES["SQS"].usd),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _money(number: float) -> str:
    return f"{number:.4f}" if number < 1 else f"{number:.2f}"


def _items(items: Sequence[CostItem]) -> Iterator[Sequence[str]]:
    for item in items:
        yield item.what, item.price, item.thousand, _money(value(item.thousand))
    yield "**total**", "", "", f"**{_money(usd(items))}**"


def _sums(sums: Mapping[str, str]) -> Iterator[Sequence[str]]:
    for name, sum_ in sums.items():
        yield name, sum_, f"{value(sum_):.2f}"
    yield "**total**", "", f"**{sum(map(value, sums.values())):.2f}**"


def _memories() -> Iterator[Sequence[str]]:
    warm, cold = measured("CPU of a warm upload, ms"), measured("CPU until the first answer, ms")
    for memory in MEMORIES_MB:
        gb_seconds = _gb_seconds(_waits(OURS), warm, memory)
        sum_ = times(1000, gb_seconds, PRICES["Lambda, arm64"].usd)
        yield (
            f"**{memory}**" if memory == memory_mb() else f"{memory}",
            f"{at_memory(warm, memory):.0f}",
            f"{at_memory(cold, memory) / 1000:.1f}",
            sum_,
            _money(value(sum_)),
        )


def tables() -> Mapping[str, str]:
    """Every generated table of the page, by its name."""
    detections = f"{times(1000, DETECT_LIVE_FACE_CNY)} ÷ {CNY_PER_USD}"
    check = times(1000, PRICES["Rekognition Face Liveness"].usd)
    alternatives = {
        "this stack": (usd(ours()), value(detections)),
        "the tutorial peer": (usd(tutorial()), value(detections)),
        "Amazon Rekognition Face Liveness": (0.0, value(check)),
    }
    return {
        "comparison": _table(
            ["a thousand uploads, USD", "AWS for the pipeline", "detection", "total"],
            [
                (name, _money(aws) if aws else "your own", _money(usd_), _money(aws + usd_))
                for name, (aws, usd_) in alternatives.items()
            ],
        ),
        "upload": _table(["for an upload", "price", "sum", "USD"], _items(ours())),
        "upload api": _table(
            ["for an upload by the API", "price", "sum", "USD"], _items(upload_by_the_api())
        ),
        "month of the upload api": _table(["per month", "sum", "USD"], _sums(month_of_the_api())),
        "backfill": _table(["for a picture", "price", "sum", "USD"], _items(backfill())),
        "tutorial": _table(["for an upload", "price", "sum", "USD"], _items(tutorial())),
        "memory": _table(
            ["MB", "CPU work, ms", "CPU work of a cold start, s", "sum", "USD"],
            _memories(),
        ),
        "series": _table(["series", "count"], [(name, str(n)) for name, n in series().items()]),
        "month": _table(["per month", "sum", "USD"], _sums(month())),
        "prices": _table(
            ["price", "USD", "per", "source", "date of the source"],
            [(name, each.usd, each.per, each.source, each.date) for name, each in PRICES.items()],
        ),
    }


def main() -> None:
    """Replace all tables, and print the price that the template's dashboard must have."""
    for name, table in tables().items():
        PAGE.replace(name, table)
    sys.stdout.write(
        f"{PAGE.path} is up to date. Price per delivery beside Lambda, for the dashboard in "
        f"template.yaml: {per_upload_beside_lambda():.7f} USD\n"
    )


if __name__ == "__main__":
    main()
