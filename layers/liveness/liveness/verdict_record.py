"""A verdict as the flat record that the table stores and the topic publishes, and back.

The topic publishes all but `picture_digest`, by which somebody outside could match rows.

`docs/messages.md` describes every field; what has no meaning for a verdict is left out.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from liveness.models import (
    Action,
    Decision,
    Detection,
    ErrorResponse,
    Image,
    Outcome,
    Reuse,
    Upload,
    Verdict,
)

type Field = str | int | bool | Decimal
type Record = dict[str, Field]

_IMAGE_FIELDS = ("format", "width", "height", "size")
_DETECTION_FIELDS = ("action", "face_model_version", "request_id", "score", "is_liveness")

# DynamoDB's numbers have 38 digits, and sizes 64 bits.
_MAX_DIGITS = 38
_MAX_EXPONENT = 125
_TOO_LARGE = 2**63


def to_public_record(verdict: Verdict) -> Record:
    """Write a verdict as the record that is published."""
    return to_record(replace(verdict, picture_digest=None))


def to_record(verdict: Verdict) -> Record:
    """Write a verdict as the record that the table stores."""
    record: dict[str, Field | None] = {
        "object": verdict.upload.object,
        "version": verdict.upload.version,
        "id": verdict.id,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "advice": verdict.advice,
        "size": verdict.upload.size,
        "subject": verdict.subject,
        "consent_id": verdict.consent_id,
        "picture_digest": verdict.picture_digest,
        "reuse": verdict.reuse and verdict.reuse.value,
        "uploaded_at": iso_8601(verdict.upload.uploaded_at),
        "decided_at": iso_8601(verdict.decided_at),
    }
    if verdict.image:
        record |= {name: getattr(verdict.image, name) for name in _IMAGE_FIELDS}
    if verdict.decision:
        detection = verdict.decision.detection
        record |= {name: getattr(detection, name) for name in _DETECTION_FIELDS}
        record["threshold"] = verdict.decision.threshold
    if verdict.error:
        record |= {"error_code": verdict.error.code, "request_id": verdict.error.request_id}
    return {name: value for name, value in record.items() if value is not None}


def from_record(record: Mapping[str, Any], upload: Upload) -> Verdict:
    """Read the verdict on `upload`; what `to_record` never writes is ignored.

    Raises ValueError for a record that `to_record` cannot have written. Its text quotes nothing.
    """
    try:
        return Verdict(
            replace(
                upload,
                uploaded_at=_moment(record["uploaded_at"]),
                size=_integer(record["size"]) if "size" in record else None,
            ),
            Outcome(record["outcome"]),
            _moment(record["decided_at"]),
            reason=_text(record, "reason"),
            advice=_text(record, "advice"),
            decision=_decision(record) if "action" in record else None,
            image=_image(record) if "format" in record else None,
            subject=_text(record, "subject"),
            consent_id=_text(record, "consent_id"),
            picture_digest=_text(record, "picture_digest"),
            reuse=Reuse(record["reuse"]) if "reuse" in record else None,
            error=(
                ErrorResponse(str(record["error_code"]), "", _text(record, "request_id"))
                if "error_code" in record
                else None
            ),
        )
    except (LookupError, TypeError, ValueError, ArithmeticError):
        # Not chained: the cause's text would quote what stands there.
        raise ValueError("not a record of a verdict") from None


def iso_8601(moment: datetime) -> str:
    """An aware moment in UTC with milliseconds, which sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)


def _decision(record: Mapping[str, Any]) -> Decision:
    is_liveness = record.get("is_liveness")
    if not isinstance(is_liveness, bool | None):
        raise TypeError("is_liveness")
    detection = Detection(
        Action(record["action"]),
        str(record["face_model_version"]),
        str(record["request_id"]),
        _number(record["score"]) if "score" in record else None,
        is_liveness,
    )
    threshold = _number(record["threshold"]) if "threshold" in record else None
    return Decision(Outcome(record["outcome"]), detection, threshold)


def _image(record: Mapping[str, Any]) -> Image:
    width, height, size = (_integer(record[name]) for name in ("width", "height", "size"))
    return Image(str(record["format"]), width, height, size)


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    if not isinstance(value, str | None):
        raise TypeError(name)
    return value


def _number(value: object) -> Decimal:
    """A number of DynamoDB's, or a JSON text of one: no float ever holds a score."""
    number = Decimal(str(value))
    is_finite = number.is_finite() and abs(number.adjusted()) <= _MAX_EXPONENT
    if not is_finite or len(number.as_tuple().digits) > _MAX_DIGITS:
        raise ValueError("not a number that DynamoDB holds")
    return number


def _integer(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value() or not 0 <= number < _TOO_LARGE:
        raise ValueError("not a size")
    return int(number)
