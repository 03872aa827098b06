"""The main job, shown: pictures go up as from a phone, and verdicts come back from the topic.

``python -m local.demo`` brings a cloud up, uploads, waits, prints a table and takes the cloud down.
``--picture docs/demo.svg`` saves what it shows as a picture, too.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO, TextIOBase
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from local.cloud import STATE, LocalCloud, local_cloud, stop_on_signals
from local.phone import Phone
from local.pictures import DemoPicture, draw
from local.say import Trouble, step
from local.subscriber import Announcement, Subscriber

CLOUD = "demo"
ANSWERED_WITHIN_SECONDS = 20.0
_PICTURE_COLUMNS = 98
_COLOURS = {"live": "green", "not_live": "red", "retake": "yellow", "failed": "magenta"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture on its way: the version that S3 gave it, and when the phone began to send it."""

    picture: DemoPicture
    version: str
    at: float


def main() -> int:
    """Show it; 0 if every picture got the answer that it is made for."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--picture", type=Path, metavar="SVG", help="save what is shown, too")
    picture: Path | None = parser.parse_args().picture
    stop_on_signals()
    terminal = Console(file=sys.stdout)
    recorder = Console(file=StringIO(), record=True, width=_PICTURE_COLUMNS)
    recorder.print("[bold]$ make demo[/]", highlight=False)
    with redirect_stdout(_Recorded(sys.stdout, recorder)):
        status = _show(terminal, recorder)
    if picture and status == 0:
        picture.write_text(_svg(recorder), encoding="utf-8")
    return status


def _show(terminal: Console, recorder: Console) -> int:
    try:
        with local_cloud(CLOUD) as cloud:
            with step("Draw the pictures"):
                pictures = draw(STATE / "pictures")
            answers = _upload_and_wait(terminal, cloud, pictures)
        recorder.print()
        for console in (terminal, recorder):
            console.print(_table(answers))
        return _conclude(answers)
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped; nothing is left running.\n")
        return 130
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1


class _Recorded(TextIOBase):
    """A stream to the terminal whose text the picture shows, too."""

    def __init__(self, terminal: TextIO, recorder: Console) -> None:
        self._terminal = terminal
        self._recorder = recorder

    def write(self, text: str) -> int:
        self._recorder.out(text, end="", highlight=False)
        return self._terminal.write(text)

    def flush(self) -> None:
        self._terminal.flush()


def _svg(recorder: Console) -> str:
    """What was recorded, as a picture that loads nothing: rich's own names fonts on the web."""
    svg = recorder.export_svg(title="selfie-liveness", unique_id="demo")
    return re.sub(r"\s*(<!--.*?-->|@font-face \{.*?\})", "", svg, flags=re.DOTALL)


def _upload_and_wait(
    console: Console, cloud: LocalCloud, pictures: Sequence[DemoPicture]
) -> Mapping[Sent, Announcement | None]:
    phone = Phone(cloud.engine, cloud.outputs["UploadBucketName"])
    subscriber = Subscriber(cloud.engine, cloud.announcements_queue_url)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("")
        answers: dict[Sent, Announcement | None] = {}
        for number, picture in enumerate(pictures, start=1):
            what = f"{number} of {len(pictures)}: {picture.key}"
            progress.update(task, description=f"Upload {escape(what)}")
            at = time.time()
            version = phone.upload(picture.key, picture.path.read_bytes(), subject="demo")
            progress.update(task, description=f"Wait for the verdict on {escape(what)}")
            heard = subscriber.announcements(within=ANSWERED_WITHIN_SECONDS)
            answer = next((each for each in heard if each.facts["version"] == version), None)
            answers[Sent(picture, version, at)] = answer
            if answer is None:
                break
    return answers


def _table(answers: Mapping[Sent, Announcement | None]) -> Table:
    table = Table(title="Every upload and its answer", title_justify="left")
    for heading in ("picture", "outcome", "reason", "score", "model"):
        table.add_column(heading)
    table.add_column("ms", justify="right")
    table.columns[0].overflow = table.columns[2].overflow = "fold"
    for sent, announcement in answers.items():
        facts: Mapping[str, Any] = announcement.facts if announcement else {}
        outcome = facts.get("outcome", "no answer")
        table.add_row(
            Text(sent.picture.key.removeprefix("selfies/")),
            Text(outcome, style=_COLOURS.get(outcome, "bold")),
            facts.get("reason", ""),
            str(facts.get("score", "")),
            facts.get("face_model_version", ""),
            f"{(announcement.received_at - sent.at) * 1000:.0f}" if announcement else "",
        )
    return table


def _conclude(answers: Mapping[Sent, Announcement | None]) -> int:
    wrong = [
        sent.picture.key
        for sent, announcement in answers.items()
        if announcement is None or announcement.facts["outcome"] != sent.picture.outcome
    ]
    if wrong:
        sys.stderr.write(
            f"{len(wrong)} of {len(answers)} pictures did not get their answer: "
            f"{', '.join(wrong)}. The logs: {STATE / 'clouds' / CLOUD}\n"
        )
        return 1
    sys.stdout.write(
        f"All {len(answers)} pictures got their answer; ms: from upload to announcement.\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
