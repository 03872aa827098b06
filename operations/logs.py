"""Follow the function's log, one line an upload; with --id, show one upload's attempts.

Ctrl-C ends it. For the log as Lambda writes it, use `sam logs`.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from rich.text import Text

from operations.arguments import duration
from operations.console import console, json_line, printable
from operations.errors import UserError
from operations.log_records import LogGroup, LogRecord
from operations.stack import Stack

POLL_SECONDS = 2.0
# Records reach CloudWatch a little late, and out of order.
MAX_LATENESS = timedelta(seconds=30)

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COLOURS = {"live": "green", "not_live": "red", "retake": "yellow", "failed": "magenta"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --id, --since and --json."""
    since = "begin that long ago: a number and s, m, h or d (default: 10m; with --id: 1d)"
    parser.add_argument("--id", type=_upload_id, help="id of one upload, as published or logged")
    parser.add_argument("--since", type=duration, metavar="30m", help=since)
    parser.add_argument("--json", action="store_true", help="print the whole log records")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Follow the log until interrupted, or show one upload's attempts."""
    log, out = LogGroup(stack), console()
    default = timedelta(days=1) if arguments.id else timedelta(minutes=10)
    since = datetime.now(UTC) - (arguments.since or default)
    records = follow(log, since, time.sleep)
    if arguments.id:
        records = attempts_of(arguments.id, log, since)
    with suppress(KeyboardInterrupt):  # the usual way to end it
        for record in records:
            if arguments.json:
                print(json_line(record.fields), flush=True)
            else:
                out.print(line(record, durations=bool(arguments.id)), soft_wrap=True)
    return 0


def attempts_of(upload_id: str, log: LogGroup, since: datetime) -> Iterator[LogRecord]:
    """Yield the attempts of one upload, oldest first. Raises UserError where there is none."""
    attempts = sorted(log.attempts(since, upload_id=upload_id), key=lambda attempt: attempt.at)
    if not attempts:
        begin = f"{since:%Y-%m-%d %H:%M} UTC"
        raise UserError(f"The log has no {upload_id} since {begin}. Try ARGS='--since 7d'.")
    yield from attempts


def follow(log: LogGroup, since: datetime, sleep: Callable[[float], None]) -> Iterator[LogRecord]:
    """Yield records as they come, each once, without end."""
    seen: dict[str, datetime] = {}
    while True:
        for record in log.attempts(since):
            if record.text not in seen:
                seen[record.text] = record.at
                yield record
        since = max([since, *(at - MAX_LATENESS for at in seen.values())])
        seen = {text: at for text, at in seen.items() if at >= since}
        sleep(POLL_SECONDS)


def line(record: LogRecord, *, durations: bool = False) -> Text:
    """One record for people: time, outcome, milliseconds, upload, and why.

    With `durations` also the milliseconds of each span.
    """
    fields, reason = record.fields, record.reason
    outcome = str(fields.get("outcome", "no verdict"))
    latency = f"{fields['upload_to_publish_ms']} ms" if "upload_to_publish_ms" in fields else ""
    disposition = str(fields.get("disposition", "decided"))
    spans = fields.get("durations_ms", {}) if durations else {}
    details = [
        f"{reason} ({record.code})".strip() if record.code else reason,
        disposition if disposition != "decided" else "",
        " ".join(f"{span} {duration}" for span, duration in spans.items()),
    ]
    parts = [
        (f"{record.at.time().isoformat('milliseconds')}  ", "dim"),
        (f"{outcome:<10}", _COLOURS.get(outcome, "bold")),
        (f" {latency:>10}  {fields.get('upload_id', '-')}", ""),
        (f"  {fields.get('object', '')}  ", ""),
        (", ".join(filter(None, details)), "dim"),
    ]
    text = Text.assemble(*((printable(part), style) for part, style in parts))
    text.rstrip()
    return text


def _upload_id(text: str) -> str:
    """Parse an upload's id; that of a notification of `failed` has a suffix."""
    upload_id = text.removesuffix("-failed")
    if not _ID.fullmatch(upload_id):
        raise argparse.ArgumentTypeError(f"{text!r} is not the id of an upload")
    return upload_id
