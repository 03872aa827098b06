"""The command's arguments."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from liveness.cli.detectliveface import USAGE, seconds
from liveness.models import Action
from liveness.tencent.request import ENDPOINT, LANGUAGES, REGION

DEFAULT_RATE, MAX_RATE = 20, 40
DEFAULT_WORKERS, MAX_WORKERS = 8, 32
REPORT = Path("evaluation-report")
RESULTS = "results.csv"

_DESCRIPTION = """\
How well labelled pictures are judged, in the terms of ISO/IEC 30107-3: BPCER, APCER for each
attack instrument, non-responses, and for scores the DET curve and thresholds.

PICTURES is a folder with bona_fide/ and attack/<instrument>/, or a CSV with the columns path,
label (bona_fide or attack) and instrument. Without it --results is read, and nothing is sent.
"""
_EPILOG = """\
credentials: as for `detectliveface --help`. Exit codes: 0 reported, 1 not done, 2 usage or no
credentials, 130 interrupted. The same command goes on where it was. docs/evaluation.md has more.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """The parser of `detectliveface evaluate`."""
    result = _Parser(
        prog="detectliveface evaluate",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("pictures", nargs="?", type=Path, metavar="PICTURES", help="folder or CSV to send")
    kept = f"CSV of answers: read, and added to where pictures are sent ({REPORT}/{RESULTS})"
    add_report_arguments(result, kept)
    actions = [action.value for action in Action]
    add("--action", action="append", choices=actions, help="twice for both side by side")
    add("--face-model-version", choices=("2.0", "3.0"), help="of DetectLiveFace")
    add("--yes", action="store_true", help="send without confirmation")
    rate = f"calls per second, at most {MAX_RATE} (default: %(default)s)"
    add("--rate", type=_up_to(MAX_RATE), default=DEFAULT_RATE, metavar="N", help=rate)
    workers = f"calls at a time, at most {MAX_WORKERS} (default: %(default)s)"
    add("--workers", type=_up_to(MAX_WORKERS), default=DEFAULT_WORKERS, metavar="N", help=workers)
    add("--timeout", type=seconds, default=15.0, help="seconds for each picture (%(default)s)")
    add("--secret-arn", metavar="ARN", help='AWS secret {"SecretId": …, "SecretKey": …}')
    add("--endpoint", default=ENDPOINT, metavar="URL", help="default: %(default)s")
    add("--region", default=REGION, help="default: %(default)s")
    add("--language", default=LANGUAGES[0], choices=LANGUAGES, help="of the service's messages")
    return result


def add_report_arguments(to: argparse.ArgumentParser, results: str) -> None:
    """Add --results, with that help text, --max-apcer, --report, --json and --no-picture."""
    to.add_argument("--results", type=Path, metavar="FILE", help=results)
    apcer = "the highest APCER of any instrument that is accepted, 0 to 1 (default: 0.05)"
    default = Fraction(1, 20)
    to.add_argument("--max-apcer", type=share, default=default, metavar="SHARE", help=apcer)
    report = f"folder for report.md, det.png and det.svg (default: {REPORT}; with --json none)"
    to.add_argument("--report", type=Path, metavar="FOLDER", help=report)
    to.add_argument("--json", action="store_true", help="print the figures as JSON")
    to.add_argument("--no-picture", action="store_true", help="draw no DET curve")


def share(text: str) -> Fraction:
    """A share from 0 to 1, exactly as it is written."""
    try:
        value = Fraction(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        value = Fraction(-1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1, such as 0.05")
    return value


class _up_to:  # noqa: N801
    """A whole number from 1 to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def __call__(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= self._limit:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {self._limit}")
        return int(text)
