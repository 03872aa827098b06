"""A judgement that the table did not take, as a message that brings it back (decision 51)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from liveness.errors import NotAnUpload
from liveness.model import Action, Detection, Judgement, Outcome, Picture, Upload, as_text
from liveness.ports import KeptJudgement, Lease


def as_message(kept: KeptJudgement) -> str:
    """Write S3's event as EventBridge tells it, and beside it what was decided on the upload.

    Whatever reads messages finds the upload in it. Whose picture it is stays out: events may be
    logged, and the picture's own metadata tell it again.
    """
    decided = {
        "lease_owner": kept.lease.owner,
        "decided_at": kept.decided_at.isoformat(),
        "judgement": asdict(kept.judgement),
        "picture": asdict(kept.picture) if kept.picture else None,
    }
    return json.dumps({**_event(kept.lease.upload), "kept": decided}, default=str)


def kept_in(message: str, upload: Upload) -> KeptJudgement | None:
    """Read the judgement that a message keeps of its upload; None where it keeps none.

    It counts only while its lease stands in the table, and so for nobody who made it up. Raises
    NotAnUpload where it cannot be read.
    """
    kept = json.loads(message).get("kept")
    if kept is None:
        return None
    try:
        return KeptJudgement(
            Lease(upload, str(kept["lease_owner"])),
            _judgement(kept["judgement"]),
            datetime.fromisoformat(kept["decided_at"]),
            Picture(**kept["picture"]) if kept["picture"] else None,
        )
    except (LookupError, TypeError, ValueError, ArithmeticError):
        # The cause is left out: its text would quote what stands there.
        raise NotAnUpload("kept: not of the form that it is written in") from None


def _event(upload: Upload) -> Mapping[str, Any]:
    version = (
        {"etag": upload.version.removeprefix("etag:")}
        if upload.version_id is None
        else {"version-id": upload.version_id}
    )
    stored = {"key": upload.key, "size": upload.size, "sequencer": upload.sequencer, **version}
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": as_text(upload.uploaded_at),
        "detail": {"bucket": {"name": upload.bucket}, "object": stored},
    }


def _judgement(told: Mapping[str, Any]) -> Judgement:
    detection = told["detection"]
    known = {"action": Action(detection["action"]), "score": _number(detection["score"])}
    return Judgement(
        Outcome(told["outcome"]),
        Detection(**{**detection, **known}),
        _number(told["threshold"]),
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
