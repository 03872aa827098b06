"""The generated tables of docs/cost.md: ``python -m tests.cost_page`` renews them.

Measurements come from docs/performance.md, counts from the template and the metrics that are
declared, prices from the lists below. Every number of the page that is computed is computed here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from liveness.model import Outcome
from local.alarms import alarms
from local.template import FilledTemplate
from tests.marked import DOCS, Marked
from tests.sums import value

COMMAND = "python -m tests.cost_page"
PAGE = Marked("cost.md", COMMAND)

# Lambda gives a whole vCPU at this much memory, and in proportion below ("Configure Lambda
# function memory").
WHOLE_CPU_MB = 1769
MEMORIES_MB = (128, 256, 512, 1024, WHOLE_CPU_MB)

# Seconds that nobody measured here: DetectLiveFace as docs/capacity.md assumes it, and a request
# to AWS within its region.
SERVICE_SECONDS = 0.5
REQUEST_SECONDS = 0.02
PICTURE_GB = "0.0002"
# Measured on the local cloud: the lines of an upload that is answered at once.
LOG_GB = "0.0000025"

HOURS_A_MONTH = 730
POLLS_AN_HOUR = 5 * 180
"""Lambda polls an idle queue with five readers that wait 20 s each."""

WRITES = {"claim": 1, "record": 3, "mark": 1}
"""Write units: recording puts the row into both indexes, too; a row is below 1 KB."""


@dataclass(frozen=True, slots=True)
class Price:
    """One list price in USD, where it was read, and of when that is."""

    usd: str
    per: str
    read_in: str
    of: str


_UNVERIFIED = "not verified: recalled"
PRICES: Mapping[str, Price] = MappingProxyType(
    {
        "Lambda, arm64": Price("0.0000133334", "GB-second", "cloudchipr.com, Lambda", "2024"),
        "Lambda, x86": Price("0.0000166667", "GB-second", "cloudchipr.com, Lambda", "2024"),
        "Lambda, requests": Price("0.0000002", "invocation", "git.mcrn.ar, Lambda", "-"),
        "S3 PUT": Price("0.000005", "request", "devnotes.tech, S3", "-"),
        "S3 GET": Price("0.0000004", "request", "devnotes.tech, S3", "-"),
        "transfer to the internet": Price("0.09", "GB", "devnotes.tech, S3", "-"),
        "DynamoDB write": Price("0.000000625", "write unit", "airbyte.com, DynamoDB", "2025-07"),
        "SNS publish": Price("0.0000005", "message", "factualminds.com, SNS", "2026-06"),
        "SQS": Price("0.0000004", "request", "awsnegotiations.com, SQS and SNS", "-"),
        "log": Price("0.50", "GB", "factualminds.com, CloudWatch", "2026-06"),
        "metric": Price("0.30", "series and month", "signoz.io, CloudWatch", "2026-02"),
        "alarm": Price("0.10", "metric in it and month", _UNVERIFIED, "-"),
        "dashboard": Price("3.00", "month", "factualminds.com, CloudWatch", "2026-06"),
        "secret": Price("0.40", "month", "hivebook.wiki, Secrets Manager", "-"),
        "secret, reads": Price("0.000005", "request", "hivebook.wiki, Secrets Manager", "-"),
        "trace": Price("0.000005", "trace", _UNVERIFIED, "-"),
        "Rekognition Face Liveness": Price(
            "0.015", "check", "several public repositories; others say 0.04 or 0.08", "2024"
        ),
    }
)
DETECT_LIVE_FACE_CNY = "0.0019"
CNY_A_USD = "7.1"


@dataclass(frozen=True, slots=True)
class Position:
    """One line of a sum of money: how many of what for one upload, at which price."""

    what: str
    count: str
    price: str

    @property
    def thousand(self) -> str:
        """The sum for a thousand uploads, as it is written."""
        return times(1000, self.count, PRICES[self.price].usd)


def times(*factors: str | float) -> str:
    """A product, as it is written."""
    return " \N{MULTIPLICATION SIGN} ".join(map(str, factors))


def measured(figure: str, of: str = "ours") -> float:
    """A figure of docs/performance.md. Raises LookupError."""
    head: Sequence[str] = ()
    for line in (DOCS / "performance.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "ours" in cells:
            head = cells
        elif head and cells[0] == figure:
            return float(cells[head.index(of)])
    raise LookupError(figure)


@cache
def memory_mb() -> int:
    """What the template gives the function."""
    function = FilledTemplate.read().resources("AWS::Serverless::Function")
    memory: int = function["CheckLivenessFunction"]["MemorySize"]
    return memory


def _requests(of: str) -> int:
    """Requests to AWS that an invocation waits for, one after another; marking is one, too."""
    marks = 1 if of == "ours" else 0
    return int(measured("… in a row until told", of)) - 1 + marks


def seconds(requests: int, cpu_ms: float, memory: int) -> float:
    """How long a warm invocation takes: it waits for answers, and has a part of a CPU."""
    waits = SERVICE_SECONDS + REQUEST_SECONDS * requests
    return round(waits + cpu_ms / 1000 * WHOLE_CPU_MB / memory, 3)


def _gb_seconds(requests: int, cpu_ms: float, memory: int) -> str:
    return times(f"{memory / 1024:g}", f"{seconds(requests, cpu_ms, memory):g}")


def ours() -> Sequence[Position]:
    """What one upload takes of AWS."""
    cpu = measured("CPU of a warm upload, ms")
    gb_seconds = _gb_seconds(_requests("ours"), cpu, memory_mb())
    return [
        Position("its PUT", "1", "S3 PUT"),
        Position("the look, and the service's download", "2", "S3 GET"),
        Position("the download, 0.2 MB", PICTURE_GB, "transfer to the internet"),
        Position("claim, record, mark", str(sum(WRITES.values())), "DynamoDB write"),
        Position("announcement", "1", "SNS publish"),
        Position("invocation", "1", "Lambda, requests"),
        Position("its GB-seconds", gb_seconds, "Lambda, arm64"),
        Position("log, 2.5 KB", LOG_GB, "log"),
        Position("trace, at most", "1", "trace"),
    ]


def naive() -> Sequence[Position]:
    """The same for the tutorial's way: it asks, records and announces, on Lambda's defaults."""
    cpu = measured("CPU of a warm upload, ms", "(a) tutorial")
    requests = _requests("(a) tutorial")
    return [
        Position("its PUT", "1", "S3 PUT"),
        Position("the service's download", "1", "S3 GET"),
        Position("the download, 0.2 MB", PICTURE_GB, "transfer to the internet"),
        Position("record", "1", "DynamoDB write"),
        Position("announcement", "1", "SNS publish"),
        Position("invocation", "1", "Lambda, requests"),
        Position("its GB-seconds", _gb_seconds(requests, cpu, memory_mb()), "Lambda, x86"),
        Position("log, 0.5 KB", "0.0000005", "log"),
    ]


def usd(positions: Iterable[Position]) -> float:
    """What a thousand uploads cost."""
    return sum(value(position.thousand) for position in positions)


def per_upload_beside_lambda() -> float:
    """What the dashboard adds for each delivery to what Lambda itself tells of."""
    others = [position for position in ours() if not position.price.startswith("Lambda")]
    return usd(others) / 1000


def series() -> Mapping[str, int]:
    """Series of metrics in an ordinary month: one for each metric and value of its dimensions."""
    return {
        "with no dimension but `service`": 7,
        "`Uploads`, by outcome": len(Outcome),
        "`Retakes`, by reason": 6,
        "`Faults`, by reason": 3,
        "`ServiceErrors`, by kind, and by kind and code": 3 + 5,
        "`ColdStart`": 1,
    }


def month() -> Mapping[str, str]:
    """The sums of what is paid whether uploads come or not."""
    watched = sum(len(alarm.watched) for alarm in alarms(FilledTemplate.read()).values())
    return {
        "series of metrics": times(sum(series().values()), PRICES["metric"].usd),
        "metrics in alarms": times(watched, PRICES["alarm"].usd),
        "dashboard": times(1, PRICES["dashboard"].usd),
        "secret": times(1, PRICES["secret"].usd),
        "reads of the secret, one sandbox": times(12, HOURS_A_MONTH, PRICES["secret, reads"].usd),
        "polls of RetryQueue": times(POLLS_AN_HOUR, HOURS_A_MONTH, PRICES["SQS"].usd),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _money(number: float) -> str:
    return f"{number:.4f}" if number < 1 else f"{number:.2f}"


def _positions(positions: Sequence[Position]) -> Iterator[Sequence[str]]:
    for each in positions:
        yield each.what, each.price, each.thousand, _money(value(each.thousand))
    yield "**together**", "", "", f"**{_money(usd(positions))}**"


def _memories() -> Iterator[Sequence[str]]:
    warm, cold = measured("CPU of a warm upload, ms"), measured("CPU until the first answer, ms")
    for memory in MEMORIES_MB:
        gb_seconds = _gb_seconds(_requests("ours"), warm, memory)
        sum_ = times(1000, gb_seconds, PRICES["Lambda, arm64"].usd)
        yield (
            f"**{memory}**" if memory == memory_mb() else f"{memory}",
            f"{warm * WHOLE_CPU_MB / memory:.0f}",
            f"{cold * WHOLE_CPU_MB / memory / 1000:.1f}",
            sum_,
            _money(value(sum_)),
        )


def tables() -> Mapping[str, str]:
    """Every generated table of the page, by its name."""
    judged = f"{times(1000, DETECT_LIVE_FACE_CNY)} ÷ {CNY_A_USD}"
    check = times(1000, PRICES["Rekognition Face Liveness"].usd)
    compared = {
        "this stack": (usd(ours()), value(judged)),
        "the naive peer": (usd(naive()), value(judged)),
        "Amazon Rekognition Face Liveness": (0.0, value(check)),
    }
    rows = [(name, sum_, f"{value(sum_):.2f}") for name, sum_ in month().items()]
    every = sum(value(sum_) for sum_ in month().values())
    return {
        "comparison": _table(
            ["a thousand uploads, USD", "AWS for the pipeline", "judging", "together"],
            [
                (name, _money(aws) if aws else "your own", _money(judging), _money(aws + judging))
                for name, (aws, judging) in compared.items()
            ],
        ),
        "upload": _table(["for an upload", "price", "sum", "USD"], _positions(ours())),
        "naive": _table(["for an upload", "price", "sum", "USD"], _positions(naive())),
        "memory": _table(
            ["MB", "computing, ms", "until the first answer, s", "sum", "USD"],
            _memories(),
        ),
        "series": _table(["series", "count"], [(of, str(n)) for of, n in series().items()]),
        "month": _table(
            ["a month", "sum", "USD"], [*rows, ("**together**", "", f"**{every:.2f}**")]
        ),
        "prices": _table(
            ["price", "USD", "for each", "read in", "of"],
            [(name, each.usd, each.per, each.read_in, each.of) for name, each in PRICES.items()],
        ),
    }


def main() -> None:
    """Renew them all, and tell what the template must say."""
    for name, table in tables().items():
        PAGE.renew(name, table)
    sys.stdout.write(
        f"{PAGE.path} is renewed. The dashboard's price of an upload beside Lambda: "
        f"{per_upload_beside_lambda():.7f}\n"
    )


if __name__ == "__main__":
    main()
