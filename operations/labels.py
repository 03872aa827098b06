"""Labels of uploads: a CSV that says what was in front of the camera, joined with the verdicts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.results import UNSPECIFIED, Label, Presentation, Result
from liveness.models import Outcome, Verdict
from operations.console import counted, printable
from operations.errors import UserError
from operations.verdicts_table import VerdictsTable, verdict_of


@dataclass(frozen=True, slots=True)
class UploadLabel:
    """The truth about an upload, named by its `id`, or by its object and perhaps the version."""

    label: Label
    instrument: str
    id: str = ""
    object: str = ""
    version: str = ""


@dataclass(slots=True)
class Joined:
    """The results of labelled uploads, and how many labels have none."""

    results: list[Result] = field(default_factory=list)
    without_verdict: int = 0
    ambiguous: int = 0

    def summary(self) -> str:
        """One line."""
        text = f"{counted(len(self.results), 'labelled upload')} with a verdict"
        if self.without_verdict:
            text += f"; {counted(self.without_verdict, 'label')} without one in the table"
        if self.ambiguous:
            text += (
                f"; {counted(self.ambiguous, 'label')} left out, because the object has several "
                "verdicts: add the column version, or use id"
            )
        return f"{text}."


def read_labels(path: Path) -> Sequence[UploadLabel]:
    """Read the CSV. Raises UserError for one that is none, with the number of the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_parse(path, file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise UserError(f"{path} cannot be read: {why}.") from None


def join(labels: Iterable[UploadLabel], table: VerdictsTable) -> Joined:
    """Look up the verdict of each label, in the order of the labels.

    Raises UserError where one upload has different labels.
    """
    labels, joined = list(labels), Joined()
    by_id = _by_id({each.id for each in labels if each.id}, table)
    seen: dict[str, Presentation] = {}
    for label in labels:
        verdicts = by_id.get(label.id, []) if label.id else _of_object(label, table)
        if len(verdicts) != 1:
            joined.ambiguous += len(verdicts) > 1
            joined.without_verdict += not verdicts
            continue
        result = _result(label, verdicts[0])
        shown = result.presentation
        if seen.setdefault(shown.picture, shown) != shown:
            raise UserError(f"{shown.picture} has two labels that differ.")
        joined.results.append(result)
    # The same label twice is one picture.
    joined.results = list(dict.fromkeys(joined.results))
    return joined


def _by_id(ids: set[str], table: VerdictsTable) -> Mapping[str, Sequence[Verdict]]:
    """No index is by id: all verdicts are read, where an id is asked for."""
    found: dict[str, dict[str, Verdict]] = {}
    if ids:
        for verdict in table.of_outcomes(list(Outcome), None, {}):
            if verdict.upload.id in ids:
                found.setdefault(verdict.upload.id, {})[verdict.upload.version] = verdict
    return {name: list(verdicts.values()) for name, verdicts in found.items()}


def _of_object(label: UploadLabel, table: VerdictsTable) -> Sequence[Verdict]:
    return [
        verdict_of(item)
        for item in table.of_object(label.object)
        if "outcome" in item and label.version in {"", item["version"]}
    ]


def _result(label: UploadLabel, verdict: Verdict) -> Result:
    name = printable(f"{verdict.upload.object}?version={verdict.upload.version}")
    shown = Presentation(name, label.label, label.instrument)
    if not verdict.decision:
        return Result(shown, verdict.outcome, verdict.reason or "")
    detection = verdict.decision.detection
    action, model = detection.action.value, detection.face_model_version
    return Result(shown, verdict.outcome, "", detection.score, action, model)


def _parse(path: Path, file: Iterable[str]) -> Iterator[UploadLabel]:
    reader = csv.DictReader(file)
    columns = set(reader.fieldnames or [])
    if not columns & {"id", "object"} or not columns & {"label", "truth"}:
        raise UserError(
            f"{path} needs the columns object or id, label (or truth), and perhaps instrument."
        )
    for row in reader:
        try:
            yield _label(row)
        except ValueError as error:
            raise UserError(f"{path}, line {reader.line_num}: {error}.") from None


def _label(row: Mapping[str, str | None]) -> UploadLabel:
    label = Label((row.get("label") or row.get("truth") or "").strip())
    named, version, instrument = (
        (row.get(name) or "").strip() for name in ("id", "version", "instrument")
    )
    # Not stripped: an object's key may begin and end with blanks.
    name = row.get("object") or ""
    if not (named or name.startswith("s3://")):
        raise ValueError("there is neither an id nor an object as s3://bucket/key")
    kind = (instrument or UNSPECIFIED) if label is Label.ATTACK else ""
    return UploadLabel(label, kind, named.removesuffix("-failed"), name, version)
