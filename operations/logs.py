"""``make logs``: follows the function's log, a line an upload; with an id, that upload's story."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from operations.log import Line, Log
from operations.printed import console, printable
from operations.queue import output
from operations.stack import DEFAULT_NAME, StackNotFound, outputs

POLL_SECONDS = 2.0
# Lines reach CloudWatch a little late, and not in their order.
LATE = timedelta(seconds=30)
_SINCE = {"follow": timedelta(minutes=10), "story": timedelta(days=1)}

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPAN = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COLOURS = {"live": "green", "not_live": "red", "retake": "yellow", "failed": "magenta"}

type Print = Callable[[Line], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow until interrupted, or tell one upload's story; 1 where that cannot be had."""
    asked = _parser().parse_args(arguments)
    since = datetime.now(UTC) - (asked.since or _SINCE["story" if asked.id else "follow"])
    show = _as_it_is if asked.json else Printed(console(), steps=bool(asked.id)).line
    try:
        function_name = output(outputs(asked.stack), "CheckLivenessFunctionName")
        log = Log.of(boto3.client("logs"), function_name)
        if asked.id:
            return tell_story(log, since, asked.id, show)
        for line in follow(log, since, time.sleep):
            show(line)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        sys.stderr.close()  # or the interpreter would complain of what it cannot flush
        return 0
    except StackNotFound as refused:
        sys.stderr.write(f"{refused}\n")
    except (ClientError, BotoCoreError) as fault:
        sys.stderr.write(
            f"The log cannot be read: {fault}. docs/operating.md#permissions lists what it takes.\n"
        )
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make logs", description=__doc__)
    parser.add_argument("--stack", default=DEFAULT_NAME)
    parser.add_argument("--id", type=upload_id, help="an upload's id, as announced or logged")
    parser.add_argument(
        "--since", type=span, metavar="30m", help="begin that long ago (10m; with --id 1d)"
    )
    parser.add_argument("--json", action="store_true", help="the lines as they are")
    return parser


def tell_story(log: Log, since: datetime, wanted: str, show: Print) -> int:
    """Show every try of one upload, oldest first; 1 where there is none."""
    found = list(log.lines(since, wanted))
    if not found:
        sys.stderr.write(
            f"The log has no {wanted} since {since:%Y-%m-%d %H:%M} UTC: look further back with "
            "ARGS='--since 7d'.\n"
        )
        return 1
    for line in sorted(found, key=lambda line: line.at):
        show(line)
    return 0


def follow(log: Log, since: datetime, sleep: Callable[[float], None]) -> Iterator[Line]:
    """Yield lines as they come, each once, for as long as they are asked for."""
    seen: dict[str, datetime] = {}
    while True:
        for line in log.lines(since):
            if line.text not in seen:
                seen[line.text] = line.at
                yield line
        since = max([since, *(at - LATE for at in seen.values())])
        seen = {each: at for each, at in seen.items() if at >= since}
        sleep(POLL_SECONDS)


class Printed:
    """Lines for people: when, what, how many milliseconds, which upload, why.

    With `steps` also where the time went.
    """

    def __init__(self, console: Console, *, steps: bool = False) -> None:
        self._console = console
        self._steps = steps

    def line(self, line: Line) -> None:
        """Print one."""
        outcome = str(line.fields.get("outcome", "")) or "no answer"
        milliseconds = line.fields.get("upload_to_announcement_ms", "")
        text = Text()
        text.append(f"{line.at:%H:%M:%S}.{line.at.microsecond // 1000:03d}  ", style="dim")
        text.append(f"{outcome:<9}", style=_COLOURS.get(outcome, "bold"))
        text.append(f" {milliseconds:>7}{' ms' if milliseconds != '' else '   '}  ")
        text.append(str(line.fields.get("upload_id", "-")))
        text.append(f"  {printable(str(line.fields.get('object', '')))}")
        if why := _why(line, steps=self._steps):
            text.append(f"  {printable(why)}", style="dim")
        self._console.print(text, highlight=False, soft_wrap=True)


def _why(line: Line, *, steps: bool) -> str:
    reason = line.reason + (f" ({line.code})" if line.code else "")
    course = str(line.fields.get("course", "decided"))
    took = line.fields.get("steps", {}) if steps else {}
    told = [
        reason,
        course if course != "decided" else "",
        " ".join(f"{step} {milliseconds}" for step, milliseconds in took.items()),
    ]
    return ", ".join(each for each in told if each)


def _as_it_is(line: Line) -> None:
    sys.stdout.write(f"{line.text}\n")
    sys.stdout.flush()


def upload_id(text: str) -> str:
    """An upload's id, that of an announcement of `failed` included. Raises ValueError."""
    found = text.removesuffix("-failed")
    if not _ID.fullmatch(found):
        raise ValueError(text)
    return found


def span(text: str) -> timedelta:
    """`30m`, `2d` and the like. Raises ValueError."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


if __name__ == "__main__":
    raise SystemExit(main())
