"""`detectliveface`: detect liveness on images from the command line."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn, Protocol

from liveness.cli.credentials import from_environment, from_secrets_manager
from liveness.cli.explain import explain
from liveness.cli.output import HEADINGS, FileUnreadableError, Result, advice_on, row
from liveness.decision import Thresholds, decide
from liveness.errors import (
    AwsServiceError,
    CredentialsMissingError,
    ImageRejectedError,
    LivenessError,
)
from liveness.image_rules import MAX_BYTES, ImageRules
from liveness.models import Action, Deadline, ImageHead, Outcome
from liveness.ports import CredentialsProvider
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ENDPOINT, LANGUAGES, REGION, ServiceConfig
from liveness.tencent.response import DetectLiveFaceResponse

LIVE, NOT_LIVE, USAGE, RETAKE, FAILURE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 4, 130, 141

_SECONDS_PER_DAY = 86_400
_EVALUATE = "evaluate"
_EPILOG = """\
`detectliveface evaluate --help`: how well labelled pictures are judged (./evaluate is a picture).

credentials: TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and, with temporary ones,
TENCENTCLOUD_TOKEN in the environment; or --secret-arn.

exit codes: 0 all live, 1 one is not live, 2 usage or no credentials, 3 one must be taken again,
4 no answer for one. Where several apply: 4 before 1 before 3.
"""


class Client(Protocol):
    """The part of DetectLiveFaceClient that the command uses."""

    def call(
        self, *, url: str | None = None, image: bytes | None = None, deadline: Deadline
    ) -> DetectLiveFaceResponse:
        """Detect on one image."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the command uses beyond its arguments and the images."""

    environment: Mapping[str, str]
    print_line: Callable[[str], None]
    print_error: Callable[[str], None]
    create_client: Callable[[CredentialsProvider, ServiceConfig], Client]
    secret: Callable[[str], CredentialsProvider]
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with the environment and the streams of this process."""
    dependencies = Dependencies(
        environment=os.environ,
        print_line=lambda line: print(line, flush=True),
        print_error=lambda line: print(line, file=sys.stderr, flush=True),
        create_client=DetectLiveFaceClient,
        secret=from_secrets_manager,
    )
    arguments = sys.argv[1:] if argv is None else argv
    try:
        if arguments[:1] == [_EVALUATE]:
            return _evaluate(arguments[1:], dependencies)
        return run(arguments, dependencies)
    except KeyboardInterrupt:
        dependencies.print_error("detectliveface: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed its end (`detectliveface … | head`). Python flushes once more at
        # its end, and must find something to write to.
        with Path(os.devnull).open("w") as devnull:
            os.dup2(devnull.fileno(), sys.stdout.fileno())
        return BROKEN_PIPE


def _evaluate(argv: Sequence[str], dependencies: Dependencies) -> int:
    """Run the command that the repository adds; what ships with the function is without it."""
    for command in entry_points(group="detectliveface.commands", name=_EVALUATE):
        return int(command.load()(argv))
    dependencies.print_error(
        "detectliveface: evaluate comes with the repository, where `make setup` installs it"
    )
    return USAGE


def run(argv: Sequence[str], dependencies: Dependencies) -> int:
    """Run the command and return its exit code; SystemExit for usage, as argparse has it."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        config = ServiceConfig(
            endpoint=options.endpoint,
            region=options.region,
            action=Action(options.action),
            face_model_version=options.face_model_version,
            language=options.language,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        credentials = (
            dependencies.secret(options.secret_arn)
            if options.secret_arn
            else from_environment(dependencies.environment)
        )
        credentials.current()
    except (CredentialsMissingError, AwsServiceError) as error:
        dependencies.print_error(f"detectliveface: {advice_on(error)}")
        return USAGE
    if options.explain:
        results = _explain(options.images, config, credentials, dependencies)
    else:
        client = dependencies.create_client(credentials, config)
        results = _detect(options, client, dependencies)
    return exit_code(result.outcome for result in results)


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The exit code for all outcomes together, as `--help` explains it."""
    all_outcomes = set(outcomes)
    by_weight = ((Outcome.FAILED, FAILURE), (Outcome.NOT_LIVE, NOT_LIVE), (Outcome.RETAKE, RETAKE))
    return next((code for outcome, code in by_weight if outcome in all_outcomes), LIVE)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="detectliveface",
        description="Was a live person in front of the camera? Asks DetectLiveFace.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = [action.value for action in Action]
    add = parser.add_argument
    add("images", nargs="+", metavar="PICTURE_OR_URL", help="file, or http(s) address")
    add("--secret-arn", metavar="ARN", help='AWS secret {"SecretId": …, "SecretKey": …}')
    add("--endpoint", default=ENDPOINT, metavar="URL", help="default: %(default)s")
    add("--region", default=REGION, help="default: %(default)s")
    add("--action", default=actions[0], choices=actions, help="default: %(default)s")
    add("--face-model-version", choices=("2.0", "3.0"), help="default: the account's")
    add("--language", default=LANGUAGES[0], choices=LANGUAGES, help="of the service's messages")
    add("--timeout", type=seconds, default=15.0, help="seconds for each picture (%(default)s)")
    add("--json", action="store_true", help='print a line {"Response": …} for each picture')
    add("--explain", action="store_true", help="print what would be signed; send nothing")
    return parser


def seconds(text: str) -> float:
    """A timeout from the command line: above zero, and no longer than a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _SECONDS_PER_DAY:
        raise argparse.ArgumentTypeError(f"give seconds, up to {_SECONDS_PER_DAY:,}")
    return value


def _detect(
    options: argparse.Namespace, client: Client, dependencies: Dependencies
) -> list[Result]:
    width = max(len(text) for text in ("PICTURE", *map(displayed, options.images)))
    if not options.json:
        dependencies.print_line(row("PICTURE", HEADINGS, width))
    results = []
    for argument in options.images:
        deadline = Deadline(dependencies.monotonic() + options.timeout, dependencies.monotonic)
        result = _detect_one(argument, client, deadline)
        results.append(result)
        dependencies.print_line(
            result.as_json() if options.json else row(result.name, result.cells(), width)
        )
        if line := result.error_line():
            dependencies.print_error(f"detectliveface: {line}")
    return results


def _detect_one(argument: str, client: Client, deadline: Deadline) -> Result:
    try:
        url, image = load(argument)
        response = client.call(url=url, image=image, deadline=deadline)
        outcome = decide(response.detection(), Thresholds()).outcome
    except LivenessError as error:
        return _error_result(argument, error)
    return Result(displayed(argument), outcome, response)


def _error_result(argument: str, error: LivenessError) -> Result:
    is_rejected = isinstance(error, ImageRejectedError)
    outcome = Outcome.RETAKE if is_rejected else Outcome.FAILED
    return Result(displayed(argument), outcome, error=error)


def _explain(
    images: Sequence[str],
    config: ServiceConfig,
    credentials: CredentialsProvider,
    dependencies: Dependencies,
) -> list[Result]:
    """Print every request; the results are those images for which there can be none."""
    results = []
    for argument in images:
        try:
            url, image = load(argument)
            body = config.body(url=url, image=image)
        except LivenessError as error:
            result = _error_result(argument, error)
            results.append(result)
            dependencies.print_error(f"detectliveface: {result.error_line()}")
        else:
            text = explain(config, credentials.current(), body, dependencies.clock)
            dependencies.print_line(f"{displayed(argument)}\n\n{text}\n")
    return results


def load(argument: str) -> tuple[str | None, bytes | None]:
    """The URL, or the bytes of a file that the image rules accept.

    Raises ImageRejectedError or FileUnreadableError.
    """
    if argument.lower().startswith(("http://", "https://")):
        return argument, None
    try:
        with Path(argument).open("rb") as file:
            size, content = os.fstat(file.fileno()).st_size, file.read(MAX_BYTES)
            head = ImageHead(size, None, lambda start, end: content[start:end])
            ImageRules().validate(head)
            return None, content
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a file name"
        raise FileUnreadableError(
            f"cannot be read ({why}): give a picture's file or address"
        ) from error


def displayed(argument: str) -> str:
    """An argument as one line: a URL without its query, which may be as good as a key."""
    name = argument.partition("?")[0].partition("#")[0] if "://" in argument else argument
    return "".join(letter if letter.isprintable() else "?" for letter in name)


if __name__ == "__main__":
    sys.exit(main())
