"""Judge the pictures that were there before: those of a bucket, or of a manifest.

It lists the versions, leaves out what has a verdict, shows what the rest costs and how long it
takes, asks, and sends the rest to RetryQueue at a rate that leaves the service room for uploads.
The verdicts table is all that it remembers: interrupted or killed, the same command goes on where
it was, and what was sent and not decided yet is not paid for twice. The versions are listed twice,
to count and to send, so that its memory does not grow with their number. docs/backfill.md has more,
also for tens of millions of pictures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from operations.arguments import moment, not_empty
from operations.backfill_feed import Feed, FeedProgress
from operations.backfill_messages import BackfillQueue
from operations.backfill_plan import Plan, plan_backfill
from operations.backfill_progress import show
from operations.console import counted, print_table, typed
from operations.errors import UserError
from operations.manifest import open_manifest
from operations.manifest_versions import ManifestVersions
from operations.object_versions import Candidate, ObjectVersion, list_versions
from operations.sources import Sources, sources_of
from operations.stack import Stack
from operations.verdicts_table import VerdictsTable

DEFAULT_RATE, MAX_RATE = 20, 40

type Candidates = Callable[[], Iterator[Candidate]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --bucket or --manifest, --prefix, --since, --rate and --yes."""
    bucket = "the bucket to list; left out where the stack has one source only"
    manifest = "a CSV of S3 Inventory or S3 Batch Operations, or an inventory's manifest.json"
    prefix = "only keys that begin with this (default: all, within KeyPrefixes)"
    since = "only versions stored since a date, or so long ago: 2026-11-01, 30d, 12h"
    rate = f"versions per second, at most {MAX_RATE} (default: %(default)s)"
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--bucket", type=not_empty, metavar="NAME", help=bucket)
    group.add_argument("--manifest", type=not_empty, metavar="PATH|s3://…", help=manifest)
    parser.add_argument("--prefix", type=not_empty, metavar="TEXT", help=prefix)
    parser.add_argument("--since", type=moment, metavar="DATE|30d", help=since)
    parser.add_argument("--rate", type=_rate, default=DEFAULT_RATE, metavar="N", help=rate)
    parser.add_argument("--yes", action="store_true", help="send without confirmation")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Count, show, ask, send; 0 once all has a verdict, 1 where not, or nobody confirms."""
    table, url = VerdictsTable(stack), stack.output("RetryQueueUrl")
    queue = BackfillQueue(stack.session.client("sqs"), url, time.sleep)
    with ExitStack() as resources:
        candidates = _candidates(arguments, stack, resources)
        plan = _planned(candidates, table)
        print_table("Backfill", ["what"], ["how much"], plan.rows(arguments.rate))
        if not plan.to_judge:
            print("There is nothing to judge.")
            return 0
        question = f"Judge {counted(plan.to_judge, 'version')}? (yes/no) "
        if not (arguments.yes or typed(question) == "yes"):
            print("Nothing was sent.")
            return 1
        feed = Feed(queue, table, arguments.rate, plan.to_judge, time.monotonic, time.sleep)
        try:
            show(feed.run(candidates()), time.monotonic)
        except BaseException as error:
            error.add_note(_how_far(feed.progress))
            raise
    return _finish(feed.progress)


def _planned(candidates: Candidates, table: VerdictsTable) -> Plan:
    try:
        return plan_backfill(candidates(), table)
    except BaseException as error:
        error.add_note("Nothing was sent.")
        raise


def _candidates(arguments: argparse.Namespace, stack: Stack, resources: ExitStack) -> Candidates:
    """Check what was asked for, and return a function that reads it from its beginning.

    What is stored after this moment is an upload: its own event brings it to the function.
    """
    sources, s3 = sources_of(stack), stack.session.client("s3")
    if arguments.manifest:
        manifest = resources.enter_context(open_manifest(s3, arguments.manifest))
        read = ManifestVersions(s3, manifest, sources, [arguments.prefix or ""]).read
    else:
        bucket = _bucket(arguments.bucket, sources)
        prefixes = _prefixes(arguments.prefix, bucket, sources)

        def read() -> Iterator[Candidate]:
            return list_versions(s3, bucket, prefixes)

    since, until = arguments.since or datetime.min.replace(tzinfo=UTC), datetime.now(UTC)
    return lambda: (
        each
        for each in read()
        if not isinstance(each, ObjectVersion) or since <= each.last_modified <= until
    )


def _bucket(name: str | None, sources: Sources) -> str:
    names = ", ".join(sources.buckets)
    if name is None and len(sources.buckets) == 1:
        return sources.buckets[0]
    if name is None:
        raise UserError(f"Which bucket? The stack's sources are: {names}. Add BUCKET=….")
    if name not in sources.buckets:
        raise UserError(
            f"{name!r} is no source of this stack, whose sources are: {names}. The parameter "
            "SourceBuckets adds buckets."
        )
    return name


def _prefixes(prefix: str | None, bucket: str, sources: Sources) -> Sequence[str]:
    """The prefixes to list: the given one, or all that the function accepts of this bucket."""
    if prefix is None:
        return [""] if sources.accepts(bucket, "") else sources.prefixes
    if not sources.accepts(bucket, prefix):
        raise UserError(
            f"{prefix!r} is outside of the stack's KeyPrefixes ({', '.join(sources.prefixes)}), "
            "and the function refuses other keys."
        )
    return [prefix]


def _how_far(progress: FeedProgress) -> str:
    return (
        f"Sent {counted(progress.sent, 'version')}, of which {progress.decided:,} are decided and "
        f"{progress.waiting:,} wait in RetryQueue, which needs no command to go on. The same "
        "command goes on with the rest."
    )


def _finish(progress: FeedProgress) -> int:
    if progress.missing:
        missing = counted(progress.missing, "version")
        print(f"{missing} got no verdict, sent twice: see `make failed` and `make logs`.")
    elif progress.decided:
        print(f"All {counted(progress.decided, 'version')} that were sent have a verdict.")
    return 1 if progress.missing else 0


def _rate(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_RATE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not 1 to {MAX_RATE}: the service takes 50 calls a second in all, and "
            "uploads need the rest"
        )
    return int(text)
