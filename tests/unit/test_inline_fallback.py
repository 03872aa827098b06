"""A URL that the service cannot download: a fresh one, then the image itself."""

from __future__ import annotations

import pytest

from liveness.errors import ImageDownloadError
from tests.unit.image_heads import png
from tests.unit.use_case import LIVE, NOT_DOWNLOADED, UseCase


def test_a_url_that_cannot_be_downloaded_is_presigned_once_more() -> None:
    use_case = UseCase(NOT_DOWNLOADED, LIVE)

    use_case.process()

    first, second = use_case.detector.sent
    assert first != second
    assert use_case.images.whole_reads == 0
    assert use_case.published["outcome"] == "live"


def test_an_image_that_cannot_be_downloaded_twice_is_sent_inline() -> None:
    use_case = UseCase(NOT_DOWNLOADED, NOT_DOWNLOADED, LIVE)

    use_case.process()

    assert use_case.detector.sent[2] == png()
    assert use_case.published["outcome"] == "live"


def test_an_image_is_never_sent_inline_without_the_inline_fallback() -> None:
    use_case = UseCase(NOT_DOWNLOADED, inline_fallback=False)

    with pytest.raises(ImageDownloadError):
        use_case.process()
    assert use_case.images.whole_reads == 0
    assert use_case.publisher.published == []
