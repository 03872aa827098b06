"""`detectliveface`: ask DetectLiveFace about pictures from the command line.

Exit codes: 0 all live, 1 one is not live, 2 usage (credentials included), 3 one must be taken
again, 4 no answer for one. Where several apply: 4 before 1 before 3.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from liveness.errors import CredentialsMissing, LivenessError, PictureUnfit, StorageFault
from liveness.model import Action, Deadline, Outcome, Thresholds
from liveness.picture import PictureRules
from liveness.tencent.answer import Answer
from liveness.tencent.client import CredentialsSource, DetectLiveFaceClient, Service
from liveness.tencent.credentials import Remembered, from_environment, from_secret, secret_text
from liveness.tencent.explain import explain
from liveness.tencent.service import ENDPOINT, LANGUAGES, REGION
from liveness.tencent.terminal import HEADINGS, FileUnreadable, Result, row, what_to_do

LIVE, NOT_LIVE, USAGE, RETAKE, FAILURE, INTERRUPTED, NO_LONGER_READ = 0, 1, 2, 3, 4, 130, 141

_A_DAY = 86_400
_EPILOG = """\
credentials: TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and, with temporary ones,
TENCENTCLOUD_TOKEN in the environment; or --secret-arn.

exit codes: 0 all live, 1 one is not live, 2 usage or no credentials, 3 one must be taken again,
4 no answer for one. Where several apply: 4 before 1 before 3.
"""


class Asked(Protocol):
    """The part of DetectLiveFaceClient that the command line needs."""

    def call(
        self, *, url: str | None = None, image: bytes | None = None, deadline: Deadline
    ) -> Answer:
        """Ask about one picture."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the command line reaches beyond its arguments and the pictures."""

    environment: Mapping[str, str]
    say: Callable[[str], None]
    complain: Callable[[str], None]
    client: Callable[[CredentialsSource, Service], Asked]
    secret: Callable[[str], str]
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with this process's environment and streams."""
    surroundings = Surroundings(
        environment=os.environ,
        say=lambda line: print(line, flush=True),
        complain=lambda line: print(line, file=sys.stderr, flush=True),
        client=DetectLiveFaceClient,
        secret=secret_text,
    )
    try:
        return run(sys.argv[1:] if argv is None else argv, surroundings)
    except KeyboardInterrupt:
        surroundings.complain("detectliveface: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has seen enough (`detectliveface … | head`). Python flushes once more at
        # its end, and must find something to write to.
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return NO_LONGER_READ


def run(argv: Sequence[str], surroundings: Surroundings) -> int:
    """Run the command and return its exit code; SystemExit for usage, as argparse has it."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        service = Service(
            endpoint=options.endpoint,
            region=options.region,
            action=Action(options.action),
            face_model_version=options.face_model_version,
            language=options.language,
        )
    except ValueError as wrong:
        parser.error(str(wrong))
    source = _source(options.secret_arn, surroundings)
    try:
        source.current()
    except (CredentialsMissing, StorageFault) as error:
        surroundings.complain(f"detectliveface: {what_to_do(error)}")
        return USAGE
    if options.explain:
        results = _explain(options.pictures, service, source, surroundings)
    else:
        results = _ask(options, surroundings.client(source, service), surroundings)
    return exit_code(result.outcome for result in results)


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The exit code for all outcomes together; see the module's docstring."""
    seen = set(outcomes)
    by_weight = ((Outcome.FAILED, FAILURE), (Outcome.NOT_LIVE, NOT_LIVE), (Outcome.RETAKE, RETAKE))
    return next((code for outcome, code in by_weight if outcome in seen), LIVE)


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
    add("pictures", nargs="+", metavar="PICTURE_OR_URL", help="file, or http(s) address")
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
    """A time-out from the command line: above zero, and no longer than a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _A_DAY:
        raise argparse.ArgumentTypeError(f"give seconds, up to {_A_DAY:,}")
    return value


def _source(secret_arn: str | None, surroundings: Surroundings) -> Remembered:
    if secret_arn:
        return Remembered(lambda: from_secret(surroundings.secret(secret_arn)))
    return Remembered(lambda: from_environment(surroundings.environment))


def _ask(options: argparse.Namespace, client: Asked, surroundings: Surroundings) -> list[Result]:
    width = max(len(text) for text in ("PICTURE", *map(shown, options.pictures)))
    if not options.json:
        surroundings.say(row("PICTURE", HEADINGS, width))
    results = []
    for given in options.pictures:
        deadline = Deadline(surroundings.monotonic() + options.timeout, surroundings.monotonic)
        result = _asked(given, client, deadline)
        results.append(result)
        surroundings.say(
            result.as_json() if options.json else row(result.name, result.cells(), width)
        )
        if complaint := result.complaint():
            surroundings.complain(f"detectliveface: {complaint}")
    return results


def _asked(given: str, client: Asked, deadline: Deadline) -> Result:
    try:
        url, image = loaded(given)
        answer = client.call(url=url, image=image, deadline=deadline)
        outcome = Thresholds().judge(answer.detection()).outcome
    except LivenessError as error:
        return _unanswered(given, error)
    return Result(shown(given), outcome, answer)


def _unanswered(given: str, error: LivenessError) -> Result:
    retake = isinstance(error, PictureUnfit)
    return Result(shown(given), Outcome.RETAKE if retake else Outcome.FAILED, error=error)


def _explain(
    pictures: Sequence[str], service: Service, source: Remembered, surroundings: Surroundings
) -> list[Result]:
    """Print every request; the pictures that no request can be made of are the results."""
    results = []
    for given in pictures:
        try:
            url, image = loaded(given)
            body = service.body(url=url, image=image)
        except LivenessError as error:
            result = _unanswered(given, error)
            results.append(result)
            surroundings.complain(f"detectliveface: {result.complaint()}")
        else:
            text = explain(service, source.current(), body, surroundings.clock)
            surroundings.say(f"{shown(given)}\n\n{text}\n")
    return results


def loaded(given: str) -> tuple[str | None, bytes | None]:
    """The address, or the bytes of a file that keeps the rules.

    Raises PictureUnfit, or FileUnreadable.
    """
    if given.lower().startswith(("http://", "https://")):
        return given, None
    try:
        with Path(given).open("rb") as file:
            PictureRules().examine(file, os.fstat(file.fileno()).st_size)
            file.seek(0)
            return None, file.read()
    except (OSError, ValueError) as cause:
        told = getattr(cause, "strerror", None) or "not a file name"
        raise FileUnreadable(
            f"cannot be read ({told}): give a picture's file or address"
        ) from cause


def shown(given: str) -> str:
    """An input as one line: an address without its query, which may be as good as a key."""
    name = given.partition("?")[0].partition("#")[0] if "://" in given else given
    return "".join(letter if letter.isprintable() else "?" for letter in name)


if __name__ == "__main__":
    sys.exit(main())
