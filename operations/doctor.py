"""Check that a stack can process uploads, and say what to do where it cannot.

It changes nothing. Exit status 1 where a check fails; a warning is no failure.
"""

import argparse
from collections.abc import Iterator
from functools import partial

from operations.bucket_checks import BucketChecks
from operations.checks import (
    Problem,
    Result,
    find_consumer_problem,
    find_failed_uploads,
    find_key_problem,
    find_rule_problem,
    result_of,
)
from operations.console import counted, print_table
from operations.sources import sources_of
from operations.stack import Stack


def run(_arguments: argparse.Namespace, stack: Stack) -> int:
    """Print a table of the checks, and below it the commands that solve problems."""
    results = list(check(stack))
    rows = [(each.check, each.part, _verdict(each.problem)) for each in results]
    print_table(f"Checks of {stack.name}", ["check", "of", "result"], [], rows)
    problems = [each.problem for each in results if each.problem]
    for command in dict.fromkeys(problem.command for problem in problems if problem.command):
        # No table: folded into a column, it could not be pasted.
        print(f"{command}\n")
    failed = sum(not problem.is_warning for problem in problems)
    warnings = counted(len(problems) - failed, "warning")
    print(f"{counted(len(results), 'check')}, {failed} failed, {warnings}.")
    return 1 if failed else 0


def check(stack: Stack) -> Iterator[Result]:
    """Make all checks, in the order in which an upload meets what they are about."""
    sources, rule = sources_of(stack), f"{stack.name}-uploads"
    for bucket in sources.buckets:
        yield from BucketChecks(stack, bucket, is_own=bucket == sources.own_bucket).results()
    if sources.existing_buckets:
        yield result_of("invokes the function", rule, partial(find_rule_problem, stack, rule))
    yield result_of("has a usable key", "TencentSecret", partial(find_key_problem, stack))
    yield result_of("is consumed", "RetryQueue", partial(find_consumer_problem, stack))
    yield result_of("is empty", "FailedUploads", partial(find_failed_uploads, stack))


def _verdict(problem: Problem | None) -> str:
    if problem is None:
        return "OK"
    return f"{'warning' if problem.is_warning else 'FAILED'}: {problem.text}"
