"""The demo: selfies are uploaded as from a phone, and verdicts arrive from the topic.

``python -m local.demo`` starts a cloud, uploads, waits, prints a table and stops the cloud.
``--picture docs/demo.svg`` saves what it prints as a picture, too.
"""

import argparse
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO, TextIOBase
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from local.cloud import STATE, LocalCloud, local_cloud, with_upload_api
from local.console import UserError, progress, run
from local.phone import Phone
from local.sam_cli import sam_build
from local.sample_images import SampleImage, write_sample_images
from local.subscriber import Notification, Subscriber
from local.uploader import Uploader

CLOUD = "demo"
PUBLISHED_WITHIN_SECONDS = 20.0
_PICTURE_COLUMNS = 98
_COLOURS = {"live": "green", "not_live": "red", "retake": "yellow", "failed": "magenta"}


class Upload(NamedTuple):
    """An image, the time when its upload began (epoch seconds), and what was published of it."""

    image: SampleImage
    began_at: float
    notification: Notification | None


def main() -> int:
    """Run the demo; 0 if every image got the outcome that it is made for."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--picture", type=Path, metavar="SVG", help="save what is shown, too")
    picture: Path | None = parser.parse_args().picture
    terminal = Console(file=sys.stdout)
    recorder = Console(file=StringIO(), record=True, width=_PICTURE_COLUMNS)
    recorder.print("[bold]$ make demo[/]", highlight=False)
    with redirect_stdout(_Tee(sys.stdout, recorder)):
        status = run(lambda: _run(terminal, recorder))
    if picture and status == 0:
        picture.write_text(_svg(recorder), encoding="utf-8")
    return status


def _run(terminal: Console, recorder: Console) -> int:
    with local_cloud(CLOUD, build=sam_build, **with_upload_api({})) as cloud:
        with progress("Draw the pictures"):
            images = write_sample_images(STATE / "images")
        uploads = _upload(terminal, cloud, images)
        by_phone = _upload_by_phone(cloud, images[0])
    recorder.print()
    for console in (terminal, recorder):
        console.print(_table(uploads))
        console.print(by_phone, highlight=False)
    _check(uploads)
    print(f"All {len(uploads)} pictures got their verdict; ms: from upload to notification.")
    return 0


class _Tee(TextIOBase):
    """A stream to the terminal and to the console that records for the picture."""

    def __init__(self, terminal: TextIO, recorder: Console) -> None:
        self._terminal = terminal
        self._recorder = recorder

    def write(self, text: str) -> int:
        self._recorder.out(text, end="", highlight=False)
        return self._terminal.write(text)

    def flush(self) -> None:
        self._terminal.flush()


def _svg(recorder: Console) -> str:
    """The recording as an SVG without rich's references to fonts on the web."""
    svg = recorder.export_svg(title="selfie-liveness", unique_id="demo")
    return re.sub(r"\s*(<!--.*?-->|@font-face \{.*?\})", "", svg, flags=re.DOTALL)


def _upload(console: Console, cloud: LocalCloud, images: Sequence[SampleImage]) -> Sequence[Upload]:
    """Upload one image after another; stop at the first that gets no verdict."""
    uploader = Uploader(cloud.emulator, cloud.upload_bucket)
    subscriber = Subscriber(cloud.emulator, cloud.notifications_queue_url)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    uploads: list[Upload] = []
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        for number, image in enumerate(images, start=1):
            name = f"{number} of {len(images)}: {image.key}"
            bar.update(task, description=f"Upload {escape(name)}")
            began_at = time.time()
            version = uploader.upload(image.key, image.path.read_bytes(), subject="demo")
            bar.update(task, description=f"Wait for the verdict on {escape(name)}")
            received = subscriber.notifications(within=PUBLISHED_WITHIN_SECONDS)
            published = next((each for each in received if each.record["version"] == version), None)
            uploads.append(Upload(image, began_at, published))
            if published is None:
                break
    return uploads


def _upload_by_phone(cloud: LocalCloud, image: SampleImage) -> str:
    """Upload one image through the upload API, and return what a phone sees of it.

    Raises UserError where its status is not the outcome that the image is made for.
    """
    if cloud.upload_api is None:
        raise LookupError("a cloud of the demo has the upload API")
    phone, picture = Phone(cloud.upload_api.url, cloud.upload_api.token()), image.path.read_bytes()
    began_at = time.monotonic()
    started = phone.start(len(picture))
    sent = phone.send(started.json(), picture) if started.ok else started
    answer = phone.status(started.json()["upload_id"], wait=20) if sent.ok else sent
    milliseconds = (time.monotonic() - began_at) * 1000
    status = answer.json().get("status") if sent.ok else answer.text
    if status != image.outcome:
        happened = f"The upload API answered {answer.status_code} {status!r} for {image.key}."
        raise UserError(happened, "Read the logs.", STATE / "clouds" / CLOUD)
    return (
        f"Through the upload API: POST /v1/uploads {started.status_code}, the form "
        f"{sent.status_code}, GET …?wait=20 {answer.status_code}: [bold green]{status}[/], "
        f"{milliseconds:.0f} ms"
    )


def _table(uploads: Sequence[Upload]) -> Table:
    table = Table(title="Every upload and its verdict", title_justify="left")
    for heading in ("picture", "outcome", "reason", "score", "model"):
        table.add_column(heading)
    table.add_column("ms", justify="right")
    table.columns[0].overflow = table.columns[2].overflow = "fold"
    for upload in uploads:
        published = upload.notification
        record: Mapping[str, Any] = published.record if published else {}
        outcome = record.get("outcome", "no verdict")
        table.add_row(
            Text(upload.image.key.removeprefix("selfies/")),
            Text(outcome, style=_COLOURS.get(outcome, "bold")),
            record.get("reason", ""),
            str(record.get("score", "")),
            record.get("face_model_version", ""),
            f"{(published.received_at - upload.began_at) * 1000:.0f}" if published else "",
        )
    return table


def _check(uploads: Sequence[Upload]) -> None:
    """Raise UserError where an upload did not get the outcome that its image is made for."""
    wrong = [
        each.image.key
        for each in uploads
        if each.notification is None or each.notification.record["outcome"] != each.image.outcome
    ]
    if wrong:
        happened = f"{len(wrong)} of {len(uploads)} pictures did not get their verdict: "
        raise UserError(
            f"{happened}{', '.join(wrong)}.", "Read the logs.", STATE / "clouds" / CLOUD
        )


if __name__ == "__main__":
    raise SystemExit(main())
