"""The labelled pictures: a folder whose subfolders are the labels, or a CSV of path and label."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.results import UNSPECIFIED, Label, Presentation
from liveness.cli.detectliveface import displayed
from operations.errors import UserError

# What a picture's name ends in; formats that the service refuses are non-responses of its own.
_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A presentation, and its picture: a file's path or an http(s) address."""

    presentation: Presentation
    location: str


def find_pictures(source: Path) -> Sequence[Picture]:
    """Find all pictures of a folder or CSV, in the order of their names or lines.

    Raises UserError where there is none, or where a picture occurs twice.
    """
    pictures = list(_of_folder(source) if source.is_dir() else _of_csv(source))
    seen: set[str] = set()
    for each in pictures:
        name = each.presentation.picture
        if not name.isprintable():
            raise UserError(f"{name!a} has characters that no row can hold: rename it.")
        if name in seen:
            raise UserError(f"{name} is there twice: a picture is evaluated once.")
        seen.add(name)
    if not pictures:
        raise UserError(
            f"{source} has no pictures: it needs bona_fide/ and attack/<instrument>/ with "
            "JPEG, PNG or BMP files."
        )
    return pictures


def _of_folder(folder: Path) -> Iterator[Picture]:
    for label in Label:
        for path in sorted((folder / label.value).rglob("*")):
            name = path.relative_to(folder)
            is_hidden = any(part.startswith(".") for part in name.parts)
            if is_hidden or path.suffix.lower() not in _SUFFIXES or not path.is_file():
                continue
            instrument = ""
            if label is Label.ATTACK:
                instrument = name.parts[1] if len(name.parts) > 2 else UNSPECIFIED  # noqa: PLR2004
            yield Picture(Presentation(name.as_posix(), label, instrument), str(path))


def _of_csv(path: Path) -> Iterator[Picture]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _parse(path, file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise UserError(f"{path} cannot be read: {why}.") from None


def _parse(path: Path, file: Iterable[str]) -> Iterator[Picture]:
    reader = csv.DictReader(file)
    if not {"path", "label"} <= set(reader.fieldnames or []):
        raise UserError(f"{path} needs a first line with path,label and perhaps ,instrument.")
    for row in reader:
        try:
            yield _picture(row, path.parent)
        except ValueError as error:
            raise UserError(f"{path}, line {reader.line_num}: {error}.") from None


def _picture(row: Mapping[str, str | None], folder: Path) -> Picture:
    name = (row["path"] or "").strip()
    if not name:
        raise ValueError("there is no path")
    label = Label((row["label"] or "").strip())
    instrument = (row.get("instrument") or "").strip() or UNSPECIFIED
    is_address = name.lower().startswith(("http://", "https://"))
    location = name if is_address else str(folder / name)
    # The query of a presigned address is as good as a key: it is not for the results file.
    shown = displayed(name) if is_address else name
    is_attack = label is Label.ATTACK
    return Picture(Presentation(shown, label, instrument if is_attack else ""), location)
