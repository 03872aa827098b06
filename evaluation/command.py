"""`detectliveface evaluate`: send labelled pictures, or read their results, and report."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from evaluation.calls import Call, Caller, Pace
from evaluation.options import REPORT, RESULTS, parser
from evaluation.output import show
from evaluation.pictures import find_pictures
from evaluation.results import Result, ResultsFile, read_results
from liveness.cli.credentials import from_environment, from_secrets_manager
from liveness.cli.detectliveface import INTERRUPTED, USAGE, Client
from liveness.cli.output import advice_on
from liveness.errors import AwsServiceError, CredentialsMissingError, UnknownModelError
from liveness.models import Action, Outcome
from liveness.ports import CredentialsProvider
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ServiceConfig
from operations.console import counted
from operations.errors import UserError
from operations.prices import DETECTION_CNY

NOT_DONE = 1
_PROGRAM = "detectliveface evaluate"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the command uses beyond its arguments and files; `typed` reads an answer."""

    environment: Mapping[str, str]
    print_line: Callable[[str], None]
    print_error: Callable[[str], None]
    typed: Callable[[str], str]
    create_client: Callable[[CredentialsProvider, ServiceConfig], Client]
    secret: Callable[[str], CredentialsProvider]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with the environment and the streams of this process."""
    return run(
        sys.argv[1:] if argv is None else argv,
        Dependencies(
            environment=os.environ,
            print_line=lambda line: print(line, flush=True),
            print_error=lambda line: print(line, file=sys.stderr, flush=True),
            typed=_typed,
            create_client=DetectLiveFaceClient,
            secret=from_secrets_manager,
        ),
    )


def run(argv: Sequence[str], dependencies: Dependencies) -> int:
    """Run the command and return its exit code; SystemExit for usage, as argparse has it."""
    arguments = parser()
    options = arguments.parse_args(argv)
    if not options.pictures and not options.results:
        arguments.error("give PICTURES to send, or --results to read")
    try:
        configs = _configs(options)
    except ValueError as error:
        arguments.error(str(error))
    try:
        if options.pictures:
            code = _send(options, configs, dependencies)
            if code:
                return code
        show(read_results(_results_path(options)), options, dependencies.print_line)
    except UserError as error:
        dependencies.print_error(f"{_PROGRAM}: {error}")
        return NOT_DONE
    except KeyboardInterrupt:
        dependencies.print_error(f"{_PROGRAM}: interrupted; the same command goes on")
        return INTERRUPTED
    return 0


def _send(
    options: argparse.Namespace,
    configs: Mapping[Action, ServiceConfig],
    dependencies: Dependencies,
) -> int:
    """Send what has no answer yet; 0, or why not."""
    pictures = find_pictures(options.pictures)
    with ResultsFile(_results_path(options)) as file:
        answered = {(each.presentation, each.action) for each in file.before if _is_final(each)}
        calls = [
            Call(picture, action, config.face_model_version or "")
            for action, config in configs.items()
            for picture in pictures
            if (picture.presentation, action.value) not in answered
        ]
        if not calls:
            return 0
        try:
            credentials = _credentials(options, dependencies)
        except (CredentialsMissingError, AwsServiceError) as error:
            dependencies.print_error(f"{_PROGRAM}: {advice_on(error)}")
            return USAGE
        dependencies.print_error(_plan(len(calls), len(answered), options))
        question = f"Send {counted(len(calls), 'picture')} to {options.endpoint}? (yes/no) "
        if not (options.yes or dependencies.typed(question) == "yes"):
            dependencies.print_error("Nothing was sent.")
            return NOT_DONE
        clients = {
            action: dependencies.create_client(credentials, config)
            for action, config in configs.items()
        }
        pace = Pace(options.rate, dependencies.monotonic, dependencies.sleep)
        caller = Caller(
            clients, file, pace, options.workers, options.timeout, dependencies.monotonic
        )
        for done in caller.run(calls):
            dependencies.print_error(f"  {done:,} of {len(calls):,}")
    return 0


def _plan(calls: int, answered: int, options: argparse.Namespace) -> str:
    duration = timedelta(seconds=-(-calls // options.rate))
    return (
        f"{counted(calls, 'call')}, at most CNY {calls * DETECTION_CNY:,.2f} "
        f"(CNY {DETECTION_CNY} each, docs/cost.md); {answered:,} answered before; about "
        f"{duration} at {options.rate} a second."
    )


def _is_final(result: Result) -> bool:
    """Whether a picture has its answer; one that failed is sent again, unless it was billed."""
    return result.outcome is not Outcome.FAILED or result.reason == UnknownModelError.reason


def _configs(options: argparse.Namespace) -> Mapping[Action, ServiceConfig]:
    """The settings of each Action; raises ValueError."""
    actions = [Action(each) for each in options.action or [Action.DETECT_LIVE_FACE]]
    model = options.face_model_version
    return {
        action: ServiceConfig(
            endpoint=options.endpoint,
            region=options.region,
            action=action,
            # With both Actions the model is that of the one that has a choice.
            face_model_version=model
            if len(set(actions)) == 1 or action is Action.DETECT_LIVE_FACE
            else None,
            language=options.language,
        )
        for action in actions
    }


def _credentials(options: argparse.Namespace, dependencies: Dependencies) -> CredentialsProvider:
    credentials = (
        dependencies.secret(options.secret_arn)
        if options.secret_arn
        else from_environment(dependencies.environment)
    )
    credentials.current()
    return credentials


def _results_path(options: argparse.Namespace) -> Path:
    path: Path | None = options.results
    return path or (options.report or REPORT) / RESULTS


def _typed(question: str) -> str:
    """What the user types; the question goes to stderr, because stdout may be JSON."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
