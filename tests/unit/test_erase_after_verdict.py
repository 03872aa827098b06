"""Images are erased after the configured verdicts, and only once those are published."""

from __future__ import annotations

import pytest

from liveness.models import Detection, Disposition, EraseAfterVerdict
from tests.unit.use_case import LIVE, SPOOF, UPLOAD, UseCase


@pytest.mark.parametrize(
    ("erase_after_verdict", "result", "is_erased"),
    [
        (EraseAfterVerdict.NEVER, LIVE, False),
        (EraseAfterVerdict.LIVE, LIVE, True),
        (EraseAfterVerdict.LIVE, SPOOF, False),
        (EraseAfterVerdict.ALWAYS, SPOOF, True),
    ],
)
def test_an_image_is_erased_after_the_configured_verdicts(
    erase_after_verdict: EraseAfterVerdict, result: Detection, is_erased: bool
) -> None:
    use_case = UseCase(result, erase_after_verdict=erase_after_verdict)

    use_case.process()

    assert use_case.images.erased == ([UPLOAD] if is_erased else [])


def test_an_image_is_erased_only_once_its_verdict_was_published() -> None:
    use_case = UseCase(LIVE, erase_after_verdict=EraseAfterVerdict.ALWAYS)
    exists: list[bool] = []
    use_case.publisher.before = lambda _verdict: exists.append(not use_case.images.erased)

    use_case.process()

    assert exists == [True]


def test_an_image_whose_erasure_failed_is_erased_by_a_duplicate_delivery() -> None:
    use_case = UseCase(LIVE, erase_after_verdict=EraseAfterVerdict.ALWAYS)
    use_case.process()
    use_case.images.erased.clear()

    assert use_case.process().disposition is Disposition.DUPLICATE
    assert use_case.images.erased == [UPLOAD]
