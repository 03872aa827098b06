"""What other uploads of the same picture mean, and what is refused for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liveness.models import Decision, Outcome, PictureUse, Reuse, Verdict
from liveness.reuse import ADVICE, refused, reuse_in
from tests.unit.use_case import DECIDED_AT, LIVE, SPOOF, UPLOAD

OTHER, OLDER = "s3://selfies/bob/1.png", "s3://selfies/ann/0.png"


def use(
    uri: str = OTHER, version: str = "v0", subject: str | None = "bob",
    outcome: Outcome = Outcome.LIVE,
) -> PictureUse:  # fmt: skip
    return PictureUse(uri, version, subject, outcome)


NOT_LIVE = use(OLDER, subject="ann", outcome=Outcome.NOT_LIVE)


@pytest.mark.parametrize(
    ("uses", "reuse"),
    [
        ([], None),
        ([use()], Reuse.OTHER_SUBJECT),
        ([use(outcome=Outcome.RETAKE)], Reuse.OTHER_SUBJECT),
        ([use(outcome=Outcome.FAILED)], Reuse.OTHER_SUBJECT),
        ([use(subject="ann")], None),
        ([use(subject="ann", outcome=Outcome.RETAKE)], None),
        ([NOT_LIVE], Reuse.AFTER_NOT_LIVE),
        ([use(subject="ann"), NOT_LIVE], Reuse.AFTER_NOT_LIVE),
        ([NOT_LIVE, use()], Reuse.OTHER_SUBJECT),
        ([use(outcome=Outcome.NOT_LIVE)], Reuse.OTHER_SUBJECT),
        ([use(subject=None)], None),
        ([use(subject=None, outcome=Outcome.NOT_LIVE)], Reuse.AFTER_NOT_LIVE),
        # The same key may hold another upload; the same version of it is this one.
        ([use(UPLOAD.object, "v0")], Reuse.OTHER_SUBJECT),
        ([use(UPLOAD.object, UPLOAD.version, outcome=Outcome.NOT_LIVE)], None),
    ],
)
def test_a_reuse_is_by_another_subject_or_after_not_live(
    uses: list[PictureUse], reuse: Reuse | None
) -> None:
    assert reuse_in(uses, UPLOAD, "ann") is reuse


def test_where_the_subject_is_unknown_it_is_compared_with_nobody() -> None:
    assert reuse_in([use()], UPLOAD, None) is None
    assert reuse_in([use(), NOT_LIVE], UPLOAD, None) is Reuse.AFTER_NOT_LIVE


LIVE_VERDICT = Verdict(UPLOAD, Outcome.LIVE, DECIDED_AT, decision=Decision(Outcome.LIVE, LIVE))


@pytest.mark.parametrize("reuse", Reuse)
def test_a_live_verdict_on_a_reused_picture_is_refused_as_a_retake(reuse: Reuse) -> None:
    verdict = refused(replace(LIVE_VERDICT, reuse=reuse))

    assert (verdict.outcome, verdict.reason) == (Outcome.RETAKE, "picture_reused")
    assert verdict.advice == ADVICE == "This picture was used before. Please take a new one."
    assert (verdict.reuse, verdict.decision) == (reuse, None)


def test_only_a_live_verdict_on_a_reused_picture_is_refused() -> None:
    not_live = Decision(Outcome.NOT_LIVE, SPOOF)
    verdicts = [
        LIVE_VERDICT,
        *(
            replace(LIVE_VERDICT, outcome=outcome, decision=decision, reuse=Reuse.OTHER_SUBJECT)
            for outcome, decision in (
                (Outcome.NOT_LIVE, not_live),
                (Outcome.RETAKE, None),
                (Outcome.FAILED, None),
            )
        ),
    ]

    assert [refused(verdict) for verdict in verdicts] == verdicts
