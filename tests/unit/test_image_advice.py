"""The reasons of rejected images, which are stable, and their advice."""

from __future__ import annotations

import re

import pytest

from liveness.image_rules import ADVICE


@pytest.mark.parametrize(("reason", "advice"), ADVICE.items())
def test_every_advice_is_one_sentence_with_a_stable_reason(reason: str, advice: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", reason)
    assert re.fullmatch(r"[A-Z].*[^.]\.", advice)
    assert ". " not in advice


def test_the_reasons_of_rejections_do_not_change() -> None:
    assert set(ADVICE) == {
        "aspect_ratio",
        "damaged_file",
        "empty_file",
        "file_too_large",
        "format_avif",
        "format_gif",
        "format_heic",
        "format_jpeg_2000",
        "format_jpeg_xl",
        "format_pdf",
        "format_svg",
        "format_text",
        "format_tiff",
        "format_unknown",
        "format_video",
        "format_webp",
        "metadata_too_large",
        "resolution_too_large",
        "resolution_too_small",
        "truncated_file",
    }
