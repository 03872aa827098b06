"""The replay guard's rules: what other uploads of the same picture mean, and what is refused."""

from collections.abc import Iterable
from dataclasses import replace

from liveness.models import Outcome, PictureUse, Reuse, Upload, Verdict

REASON = "picture_reused"
ADVICE = "This picture was used before. Please take a new one."


def reuse_in(uses: Iterable[PictureUse], upload: Upload, subject: str | None) -> Reuse | None:
    """What the uses of a picture say about `upload`, which is of `subject`.

    A person may upload a picture again, unless it was not live. Where either subject is unknown,
    they are not compared.
    """
    others = [use for use in uses if (use.object, use.version) != (upload.object, upload.version)]
    if subject and any(use.subject and use.subject != subject for use in others):
        return Reuse.OTHER_SUBJECT
    if any(use.outcome is Outcome.NOT_LIVE for use in others):
        return Reuse.AFTER_NOT_LIVE
    return None


def refused(verdict: Verdict) -> Verdict:
    """A `retake` where the verdict is `live` with a picture that was used before, else itself."""
    if verdict.reuse is None or verdict.outcome is not Outcome.LIVE:
        return verdict
    return replace(verdict, outcome=Outcome.RETAKE, reason=REASON, advice=ADVICE, decision=None)
