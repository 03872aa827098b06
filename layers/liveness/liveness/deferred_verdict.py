"""A deferred verdict: written to RetryQueue when the table does not take it, and read back.

The verdict was paid for, so it travels with its upload's event instead of being asked for again.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from liveness.decision import is_consistent
from liveness.errors import UnknownEventError
from liveness.models import DeferredVerdict, Lease, Upload, Verdict
from liveness.verdict_record import from_record, iso_8601, to_record

_FIELD = "deferred_verdict"


def to_message(deferred: DeferredVerdict) -> str:
    """Write the upload as EventBridge's "Object Created", with the verdict beside it.

    Whatever reads events finds the upload in it. What is known of the picture is left out, because
    events may be logged and made up; it is read from the object and the table again.
    """
    record = to_record(_of_decision_alone(deferred.verdict))
    verdict = {"lease_token": deferred.lease.token, "record": record}
    return json.dumps({**_event(deferred.lease.upload), _FIELD: verdict}, default=str)


def from_message(message: str, upload: Upload) -> DeferredVerdict | None:
    """Read the verdict on `upload` that a message carries; None where it carries none.

    Raises UnknownEventError where it cannot be read, or where its outcome does not follow from its
    detection. Whether it counts is for the table to say: it is saved only under a lease that
    still stands.
    """
    deferred = json.loads(message).get(_FIELD)
    if deferred is None:
        return None
    unreadable = UnknownEventError(f"{_FIELD}: not a verdict that this function wrote")
    try:
        token, verdict = deferred["lease_token"], from_record(deferred["record"], upload)
        verdict = _of_decision_alone(verdict)
    except (LookupError, TypeError, ValueError):
        # Not chained: the cause's text would quote what stands there.
        raise unreadable from None
    if not isinstance(token, str) or not (verdict.decision and is_consistent(verdict.decision)):
        raise unreadable
    return DeferredVerdict(Lease(upload, token), verdict)


def _of_decision_alone(verdict: Verdict) -> Verdict:
    return replace(verdict, subject=None, consent_id=None, picture_digest=None, reuse=None)


def _event(upload: Upload) -> Mapping[str, Any]:
    version = (
        {"etag": upload.etag} if upload.version_id is None else {"version-id": upload.version_id}
    )
    stored = {"key": upload.key, "size": upload.size, "sequencer": upload.sequencer, **version}
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": iso_8601(upload.uploaded_at),
        "detail": {"bucket": {"name": upload.bucket}, "object": stored},
    }
