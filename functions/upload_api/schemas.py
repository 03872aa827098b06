"""What the API accepts and answers: validated by Powertools, documented in OpenAPI."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from liveness.image_rules import MAX_BYTES
from upload_api.uploads import StartedUpload, UploadStatus

type ContentType = Literal["image/jpeg", "image/png", "image/bmp"]
type Status = Literal["pending", "live", "not_live", "retake", "failed"]


def _integer(value: object) -> object:
    """JSON has one kind of numbers: 800.0 is an integer, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class UploadBody(BaseModel):
    """The picture that the phone is about to upload."""

    model_config = ConfigDict(extra="forbid", strict=True)

    content_type: ContentType
    size: Annotated[
        int,
        Field(ge=1, le=MAX_BYTES, description="Bytes of the picture."),
        BeforeValidator(_integer),
    ]
    consent_id: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9._:/-]{1,128}$",
            description="The record of the person's consent in your own system.",
        ),
    ] = None


class UploadCreated(BaseModel):
    """Where to send the picture: a form with `fields`, then the picture as `file`, to `url`."""

    upload_id: str
    expires_at: datetime
    url: str
    fields: dict[str, str]


class UploadAnswer(BaseModel):
    """The upload's status; `reason` comes with retake and failed, `advice` with retake."""

    upload_id: str
    status: Status
    reason: str | None = None
    advice: str | None = None
    decided_at: datetime | None = None
    expires_at: Annotated[
        datetime | None, Field(description="While pending: until when the picture may arrive.")
    ] = None


class ProblemBody(BaseModel):
    """A problem as in RFC 9457; `code` is stable."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    upload_id: Annotated[
        str | None, Field(description="With upload_open: the upload that is open.")
    ] = None


def created(upload: StartedUpload) -> UploadCreated:
    """The answer to a new upload."""
    return UploadCreated(
        upload_id=upload.upload_id,
        expires_at=_whole_second(upload.expires_at),
        url=upload.form.url,
        fields=upload.form.fields,
    )


def answer(upload: UploadStatus) -> UploadAnswer:
    """The answer about an upload. It never has a score, which would teach attackers."""
    verdict = upload.verdict
    if verdict is None:
        expires_at = upload.expires_at and _whole_second(upload.expires_at)
        return UploadAnswer(upload_id=upload.upload_id, status="pending", expires_at=expires_at)
    return UploadAnswer(
        upload_id=upload.upload_id,
        status=verdict.outcome.value,
        reason=verdict.reason,
        advice=verdict.advice,
        decided_at=verdict.decided_at,
    )


def _whole_second(moment: datetime) -> datetime:
    """The second at which the policy of a form expires."""
    return moment.replace(microsecond=0)
