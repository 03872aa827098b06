"""Show verdicts, newest first: of a person, of an outcome, for a reason, or all of them.

They are in the order of their decision; those of a person, in the order of the uploads. The read is
eventually consistent: `make verdict` reads one object's verdicts as they are now.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from liveness.aws.sns import notification
from liveness.models import Outcome, Verdict
from liveness.verdict_record import to_public_record
from operations.arguments import at_least_one, duration, not_empty
from operations.console import Row, ascii_json, print_table
from operations.stack import Stack
from operations.verdicts_table import VerdictsTable

HEADINGS = ["decided (UTC)", "outcome", "reason", "subject", "object", "version"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --subject, --outcome, --reason, --since, --limit and --json."""
    outcomes = [outcome.value for outcome in Outcome]
    since = "decided that long ago at most: 1h, 7d"
    subject = "the `subject` that the app sends"
    parser.add_argument("--subject", type=not_empty, metavar="ID", help=subject)
    parser.add_argument("--outcome", choices=outcomes, help="only this outcome")
    reason = "only this reason (docs/messages.md)"
    parser.add_argument("--reason", type=not_empty, metavar="CODE", help=reason)
    parser.add_argument("--since", type=duration, metavar="1h", help=since)
    limit = "at most so many (default: %(default)s)"
    parser.add_argument("--limit", type=at_least_one, default=100, metavar="N", help=limit)
    parser.add_argument("--json", action="store_true", help="print what was published, a line each")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Print a table or JSON lines; 0 also where nothing matches."""
    found = islice(_matching(arguments, VerdictsTable(stack)), arguments.limit)
    if arguments.json:
        for verdict in found:
            print(json_text(verdict), flush=True)
        return 0
    rows = [row(verdict) for verdict in found]
    if not rows:
        print("No verdict matches.")
        return 0
    print_table("Verdicts", HEADINGS, [], rows)
    if len(rows) == arguments.limit:
        print(f"The newest {arguments.limit:,}; LIMIT=… shows more.")
    return 0


def _matching(arguments: argparse.Namespace, table: VerdictsTable) -> Iterator[Verdict]:
    since = datetime.now(UTC) - arguments.since if arguments.since else None
    filters = {"reason": arguments.reason} if arguments.reason else {}
    if arguments.subject is None:
        outcomes = [Outcome(arguments.outcome)] if arguments.outcome else list(Outcome)
        yield from table.of_outcomes(outcomes, since, filters)
        return
    if arguments.outcome:
        filters["outcome"] = arguments.outcome
    for verdict in table.of_subject(arguments.subject, filters):
        if since is None or verdict.decided_at >= since:
            yield verdict


def row(verdict: Verdict) -> Row:
    """A verdict as a row under HEADINGS."""
    reason = verdict.reason or ""
    if verdict.error:
        reason += f" ({verdict.error.code})"
    if verdict.reuse:
        reason += f" [reuse: {verdict.reuse}]" if reason else f"[reuse: {verdict.reuse}]"
    upload, decided_at = verdict.upload, f"{verdict.decided_at:%Y-%m-%d %H:%M:%S}"
    subject = verdict.subject or ""
    return decided_at, verdict.outcome.value, reason, subject, upload.object, upload.version


def json_text(verdict: Verdict) -> str:
    """The notification of a verdict on one line, safe for a terminal."""
    return ascii_json(notification(to_public_record(verdict)))
