"""Addresses that the service cannot download: a fresh one, then the picture itself."""

from __future__ import annotations

import hashlib

import pytest

from liveness.errors import PictureNotDownloaded
from local.detectliveface.server import Control
from tests.local_cloud.client.conftest import Tell
from tests.local_cloud.client.story import Story
from tests.local_cloud.detectliveface.album import Album, Page, picture

NOT_DOWNLOADED = "FailedOperation.ImageDownloadError"
GONE = Page(b"", 404)


def signatures_asked_for(album: Album, story: Story) -> list[str]:
    asked = [target for target in album.asked if story.upload.key in target]
    return [target.rpartition("&")[2] for target in asked]


def test_two_addresses_that_cannot_be_downloaded_are_followed_by_the_picture(
    tell: Tell, album: Album
) -> None:
    content = picture(colour="teal")
    story = tell("gone.jpg", content=content, hosted=GONE)

    facts = story.check().facts

    assert facts["outcome"] == "live"
    assert [call.outcome for call in story.calls] == [NOT_DOWNLOADED, NOT_DOWNLOADED, "live"]
    assert [call.inline for call in story.calls] == [False, False, True]
    assert story.calls[-1].sha256 == hashlib.sha256(content).hexdigest()
    assert facts["request_id"] == story.calls[-1].request_id
    assert signatures_asked_for(album, story) == ["signed=1", "signed=2"]
    assert story.pictures.read_whole == 1
    assert story.pauses == []


def test_a_fresh_address_that_works_is_enough(tell: Tell, control: Control) -> None:
    control.set_rules({"effect": f"error-{NOT_DOWNLOADED}", "times": 1})
    story = tell("spoof.jpg")
    assert story.check().facts["outcome"] == "not_live"
    assert [call.inline for call in story.calls] == [False, False]
    assert (story.pictures.signed, story.pictures.read_whole) == (2, 0)


def test_a_fault_on_the_inline_way_is_retried_like_any_other(tell: Tell, control: Control) -> None:
    control.set_rules(
        {"effect": f"error-{NOT_DOWNLOADED}", "times": 2},
        {"effect": "error-InternalError", "times": 1},
    )
    story = tell("inline.jpg")
    assert story.check().facts["outcome"] == "live"
    assert [(call.inline, call.outcome) for call in story.calls] == [
        (False, NOT_DOWNLOADED),
        (False, NOT_DOWNLOADED),
        (True, "InternalError"),
        (True, "live"),
    ]


def test_a_picture_refused_inline_must_be_taken_again(tell: Tell) -> None:
    torn = picture(300, 400)[:-400]
    story = tell("torn.jpg", content=torn, hosted=GONE)
    facts = story.check().facts
    assert (facts["outcome"], facts["reason"]) == ("retake", "decode_failed")
    assert story.calls[-1].inline


def test_switched_off_nothing_is_sent_inline_and_the_upload_comes_back(tell: Tell) -> None:
    story = tell("switched-off.jpg", hosted=GONE, inline_fallback=False)
    with pytest.raises(PictureNotDownloaded) as caught:
        story.check()
    assert caught.value.answer.attempts == 1
    assert [call.inline for call in story.calls] == [False]
    assert (story.pictures.signed, story.pictures.read_whole) == (1, 0)
    assert story.announcements.told == []
