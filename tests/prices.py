"""The list prices of docs/cost.md, and what they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Price:
    """One list price in USD, where it was read, and the date of that source."""

    usd: str
    per: str
    source: str
    date: str


_UNVERIFIED = "from memory, not verified"
PRICES: Mapping[str, Price] = MappingProxyType(
    {
        "Lambda, arm64": Price("0.0000133334", "GB-second", "cloudchipr.com, Lambda", "2024"),
        "Lambda, x86": Price("0.0000166667", "GB-second", "cloudchipr.com, Lambda", "2024"),
        "Lambda, requests": Price("0.0000002", "invocation", "git.mcrn.ar, Lambda", "-"),
        "S3 PUT": Price("0.000005", "request", "devnotes.tech, S3", "-"),
        "S3 GET": Price("0.0000004", "request", "devnotes.tech, S3", "-"),
        "HTTP API": Price("0.000001", "request", "awsforengineers.com, API Gateway", "2025-05"),
        "transfer to the internet": Price("0.09", "GB", "devnotes.tech, S3", "-"),
        "DynamoDB write": Price("0.000000625", "write unit", "airbyte.com, DynamoDB", "2025-07"),
        "DynamoDB read": Price("0.000000125", "read unit", "airbyte.com, DynamoDB", "2025-07"),
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
# Seconds, assumed: a request to AWS in its region.
REQUEST_SECONDS = 0.02
DETECT_LIVE_FACE_CNY = "0.0019"
CNY_PER_USD = "7.1"


@dataclass(frozen=True, slots=True)
class CostItem:
    """What one upload takes of a service, how many units of it, and at which price."""

    what: str
    count: str
    price: str

    @property
    def thousand(self) -> str:
        """The sum for a thousand uploads, as the page has it."""
        return times(1000, self.count, PRICES[self.price].usd)


def times(*factors: str | float) -> str:
    """A product, as the page has it."""
    return " \N{MULTIPLICATION SIGN} ".join(map(str, factors))
