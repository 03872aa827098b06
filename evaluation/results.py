"""The results file: a CSV with a row for each answer, written as it comes and read again."""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Self

from liveness.models import Action, Outcome
from operations.errors import UserError

COLUMNS = (
    "picture",
    "label",
    "instrument",
    "outcome",
    "reason",
    "score",
    "action",
    "face_model_version",
)
UNSPECIFIED = "unspecified"
"""The instrument of an attack that comes without one."""
_MAX_SCORE = 100


class Label(StrEnum):
    """What was in front of the camera in truth."""

    BONA_FIDE = "bona_fide"
    ATTACK = "attack"


@dataclass(frozen=True, slots=True)
class Presentation:
    """A labelled picture; `instrument` is that of an attack, and empty for a bona fide one."""

    picture: str
    label: Label
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one presentation.

    `reason` is there for `retake` and `failed`, `score` only where it decides. `action` and
    `face_model_version` are empty where the service did not answer.
    """

    presentation: Presentation
    outcome: Outcome
    reason: str = ""
    score: Decimal | None = None
    action: str = ""
    face_model_version: str = ""

    @property
    def is_response(self) -> bool:
        """Whether the picture was classified; otherwise it is a non-response."""
        return self.outcome in {Outcome.LIVE, Outcome.NOT_LIVE}

    def cells(self) -> Sequence[str]:
        """The cells under `COLUMNS`."""
        shown = self.presentation
        score = "" if self.score is None else f"{self.score:f}"
        return (
            *(shown.picture, shown.label.value, shown.instrument, self.outcome.value),
            *(self.reason, score, self.action, self.face_model_version),
        )


def read_results(path: Path) -> Sequence[Result]:
    """Read a results file. Raises UserError for one that is none, with the number of the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _parse(path, file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise UserError(f"{path} cannot be read: {why}.") from None


def write_results(path: Path, results: Iterable[Result]) -> None:
    """Write a new results file. Raises FileExistsError for one that is there."""
    with path.open("x", encoding="utf-8", newline="") as file:
        file.writelines(map(_line, [COLUMNS, *(each.cells() for each in results)]))


class ResultsFile:
    """A results file that is open for more rows, and that no other evaluation can open so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Open, or create it. Raises UserError where another evaluation writes it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._repair()
            self.before = read_results(self._path)
        except BlockingIOError:
            os.close(self._file)
            raise UserError(f"Another evaluation writes {self._path}: wait for it.") from None
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def append(self, result: Result) -> None:
        """Write a row through to the disk, as it was paid for; for several threads."""
        with self._lock:
            self._write(_line(result.cells()))

    def _repair(self) -> None:
        """Begin an empty file with the header, and remove a row that a crash has cut off."""
        content = self._path.read_bytes()
        if content and not content.endswith(b"\n"):
            os.ftruncate(self._file, content.rfind(b"\n") + 1)
        if b"\n" not in content:
            self._write(_line(COLUMNS))

    def _write(self, line: str) -> None:
        content = line.encode()
        while content:
            content = content[os.write(self._file, content) :]
        os.fsync(self._file)


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _parse(path: Path, file: Iterable[str]) -> Sequence[Result]:
    reader = csv.DictReader(file)
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
        raise UserError(f"{path} is no results file: it has no column {', '.join(missing)}.")
    results = []
    for row in reader:
        try:
            results.append(_result(row))
        except (ValueError, InvalidOperation) as error:
            why = "a score is a number" if isinstance(error, InvalidOperation) else error
            raise UserError(f"{path}, line {reader.line_num}: {why}.") from None
    return with_systems(_without_superseded(results))


def _result(row: Mapping[str, str | None]) -> Result:
    cell = {name: (row[name] or "").strip() for name in COLUMNS}
    label, score = Label(cell["label"]), cell["score"]
    instrument = (cell["instrument"] or UNSPECIFIED) if label is Label.ATTACK else ""
    result = Result(
        Presentation(cell["picture"], label, instrument),
        Outcome(cell["outcome"]),
        cell["reason"],
        Decimal(score) if score else None,
        Action(cell["action"]).value if cell["action"] else "",
        cell["face_model_version"],
    )
    if result.score is not None and not 0 <= result.score <= _MAX_SCORE:
        raise ValueError("a score is from 0 to 100")
    if result.is_response and not (result.action and result.face_model_version):
        raise ValueError("an answer needs its action and face_model_version")
    return result


def _without_superseded(results: Sequence[Result]) -> Sequence[Result]:
    """Leave out each `failed` that a later row of the same picture and Action replaces."""
    last = {(each.presentation, each.action): index for index, each in enumerate(results)}
    return [
        each
        for index, each in enumerate(results)
        if each.outcome is not Outcome.FAILED or last[each.presentation, each.action] == index
    ]


def with_systems(results: Sequence[Result]) -> Sequence[Result]:
    """Count non-responses without Action or model with the Action and model that answers most."""
    answered = Counter((each.action, each.face_model_version) for each in results)
    most = [system for system, _ in answered.most_common() if all(system)]

    def complete(each: Result) -> Result:
        if each.is_response or (each.action and each.face_model_version):
            return each
        action, model = next(
            (system for system in most if each.action in {"", system[0]}),
            (each.action, each.face_model_version),
        )
        return Result(each.presentation, each.outcome, each.reason, each.score, action, model)

    return [complete(each) for each in results]
