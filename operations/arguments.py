"""Types of arguments that several commands take."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Within it every moment is a date that Python and AWS have.
_LONGEST = timedelta(days=10_000)


def duration(text: str) -> timedelta:
    """Parse a duration such as 90s, 30m, 6h or 2d."""
    match = re.fullmatch(r"(\d{1,9})([smhd])", text)
    length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else _LONGEST
    if length >= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90s, 30m, 6h or 2d")
    return length


def at_least_one(text: str) -> int:
    """Parse a number, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, 1 or more")
    return int(text)


def moment(text: str) -> datetime:
    """Parse a date or time in ISO 8601, in UTC where it has no zone, or a duration before now."""
    if re.fullmatch(r"\d+[smhd]", text):
        return datetime.now(UTC) - duration(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a date such as 2026-11-01 nor a duration such as 12h or 30d"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def not_empty(text: str) -> str:
    """Refuse what an unset variable of a shell expands to."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; leave it out instead")
    return text
