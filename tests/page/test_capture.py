"""One picture from the camera to its answer, through the real page and a cloud on this machine.

`PAGE_SCREENSHOTS=1` makes the screenshots of the documents anew.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from local.phone import Phone
from local.sample_images import SampleImage
from tests.page.browser import CapturePage
from tests.page.conftest import TEXTS, Photographer, Site

ATTEMPT_LIMIT = 5
SLOW = {
    "offline": False,
    "latency": 300,
    "download_throughput": 50_000,
    "upload_throughput": 20_000,
}
OFFLINE = {**SLOW, "offline": True}


def test_a_person_is_live(
    page: CapturePage, site: Site, phone: Phone, photographer: Photographer
) -> None:
    before = site.keys()
    photographer(page, "asking")
    page.start_camera()
    page.wait_until(lambda: page.text("hint") == "Looks good.")
    photographer(page, "capturing")
    page.take_picture()

    page.wait_for("answer")

    assert page.text("answer-title") == "Thank you, that worked"
    assert not page.shows("again")
    (key,) = site.keys() - before
    picture = site.picture(key)
    assert picture.content_type == "image/jpeg"
    assert picture.metadata["consent-id"] == "selfie-1"
    with Image.open(BytesIO(picture.content)) as image:
        assert (image.format, image.size) == ("JPEG", (1080, 1440))
        assert not image.getexif()


def test_a_picture_that_is_not_live_is_refused_without_a_score(
    page: CapturePage, site: Site
) -> None:
    site.service_answers("spoof")
    page.start_camera()
    page.take_picture()

    page.wait_for("answer")

    assert page.text("answer-title") == "That did not work"
    assert "real person" in page.text("advice")
    assert not any(character.isdigit() for character in page.text("answer"))


def test_a_retake_shows_its_advice_and_another_picture_may_be_taken(
    page: CapturePage, site: Site, photographer: Photographer
) -> None:
    site.service_answers("error-FailedOperation.FaceSizeTooSmall")
    page.start_camera()
    page.take_picture()
    page.wait_for("answer")
    assert page.text("advice") == "Move closer so that your face fills more of the picture."
    photographer(page, "answering")
    page.element("language").send_keys("中文")
    assert page.text("advice") == TEXTS["reasons"]["face_too_small"]["zh"]
    site.service_answers(None)
    page.click("again")
    page.wait_for("framing")

    page.take_picture()
    page.wait_for("answer")

    assert page.text("answer-title") == TEXTS["page"]["answer_live"]["zh"]


def test_without_a_camera_a_file_is_chosen_and_checked_and_encoded_in_the_same_way(
    refused_page: CapturePage, site: Site, sample_images: dict[str, SampleImage], tmp_path: Path
) -> None:
    page, before = refused_page, site.keys()
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    page.start_camera()
    assert page.section == "choosing"
    assert "may not use the camera" in page.text("choosing-reason")
    page.choose(text)
    page.wait_until(lambda: "cannot be read" in page.text("file-error"))

    page.choose(sample_images["live-phone.jpg"].path)
    page.wait_for("review")
    assert page.text("findings") == "Looks good."
    page.click("send")
    page.wait_for("answer")

    assert page.text("answer-title") == "Thank you, that worked"
    (key,) = site.keys() - before
    with Image.open(BytesIO(site.picture(key).content)) as image:
        assert (image.format, image.size) == ("JPEG", (1080, 1440))
        assert not image.getexif()


def test_on_a_slow_network_the_page_shows_how_much_was_sent(page: CapturePage) -> None:
    page.start_camera()
    page.driver.set_network_conditions(**SLOW)
    shown: set[str] = set()

    def is_over() -> bool:
        shown.add(page.element("progress").get_attribute("value") or "")
        return page.section == "answer"

    try:
        page.take_picture()
        page.wait_until(is_over)
    finally:
        page.driver.delete_network_conditions()

    assert page.text("answer-title") == "Thank you, that worked"
    assert len(shown - {"0", "100"}) >= 2


def test_what_the_network_lost_is_sent_again_on_request(page: CapturePage) -> None:
    page.start_camera()
    page.driver.set_network_conditions(**OFFLINE)
    try:
        page.take_picture()
        page.wait_for("problem")
        assert page.text("problem-text") == "There is no connection. Check your network."
    finally:
        page.driver.delete_network_conditions()

    page.click("try-again")
    page.wait_for("answer")

    assert page.text("answer-title") == "Thank you, that worked"


@pytest.mark.parametrize("token", ["expired", "none"])
def test_an_expired_session_is_named_and_nothing_is_sent(
    page: CapturePage, site: Site, token: str
) -> None:
    before = site.keys()
    expired = site.api.issuer.token("somebody", lifetime=timedelta(hours=-1))
    page.open(expired if token == "expired" else None)
    page.start_camera()
    page.take_picture()

    page.wait_for("problem")

    assert page.text("problem-text").startswith("Your session has expired.")
    assert not page.shows("try-again")
    assert site.keys() == before


def test_after_too_many_attempts_the_page_counts_down(page: CapturePage, phone: Phone) -> None:
    for _ in range(ATTEMPT_LIMIT):
        upload = phone.start(size=1).json()
        assert phone.erase(upload["upload_id"]).status_code == 204
    page.start_camera()
    page.take_picture()

    page.wait_for("problem")

    assert page.text("problem-text") == "You have tried too often. Please wait."
    assert page.text("countdown").startswith(
        ("You can try again in 30:00", "You can try again in 29:")
    )
    assert not page.shows("try-again")


def test_an_open_upload_can_be_discarded_for_the_new_picture(
    page: CapturePage, phone: Phone
) -> None:
    assert phone.start(size=1).status_code == 201
    page.start_camera()
    page.take_picture()
    page.wait_for("problem")
    assert page.text("problem-text").startswith("Another picture of yours")
    assert page.shows("countdown")

    page.click("discard")
    page.wait_for("answer")

    assert page.text("answer-title") == "Thank you, that worked"


def test_the_token_leaves_the_address_at_once_and_is_stored_nowhere(
    page: CapturePage, site: Site, phone: Phone
) -> None:
    page.start_camera()
    page.take_picture()
    page.wait_for("answer")

    stored = page.run(
        "return [location.href, document.cookie, JSON.stringify(localStorage),"
        " JSON.stringify(sessionStorage), document.documentElement.outerHTML].join()"
    )

    assert page.driver.current_url == f"{site.url}/"
    assert phone.token not in stored
    assert page.run("return history.length") >= 1


def test_an_app_that_has_the_consent_passes_its_own_id(
    page: CapturePage, site: Site, phone: Phone
) -> None:
    before = site.keys()
    page.open(phone.token, consent_id="record-7")
    assert not page.shows("agree")
    page.driver.find_element("css selector", "#start button").click()
    page.wait_for("framing")
    page.take_picture()
    page.wait_for("answer")

    (key,) = site.keys() - before
    assert site.picture(key).metadata["consent-id"] == "record-7"
