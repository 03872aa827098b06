"""A URL that the service cannot download: then a fresh one, then the image itself."""

from __future__ import annotations

import hashlib

import pytest

from liveness.errors import ImageDownloadError
from local.detectliveface.control_client import ControlClient
from tests.local_cloud.client.conftest import CreateScenario
from tests.local_cloud.client.scenario import Scenario
from tests.local_cloud.detectliveface.image_host import ImageHost, Page, image

NOT_DOWNLOADED = "FailedOperation.ImageDownloadError"
GONE = Page(b"", 404)


def signatures_requested(host: ImageHost, scenario: Scenario) -> list[str]:
    targets = [target for target in host.targets if scenario.upload.key in target]
    return [target.rpartition("&")[2] for target in targets]


def test_two_urls_that_cannot_be_downloaded_are_followed_by_the_image(
    create_scenario: CreateScenario, image_host: ImageHost
) -> None:
    content = image(colour="teal")
    scenario = create_scenario("gone.jpg", content=content, hosted=GONE)

    record = scenario.process()

    assert record["outcome"] == "live"
    assert [call.outcome for call in scenario.calls] == [NOT_DOWNLOADED, NOT_DOWNLOADED, "live"]
    assert [call.inline for call in scenario.calls] == [False, False, True]
    assert scenario.calls[-1].sha256 == hashlib.sha256(content).hexdigest()
    assert record["request_id"] == scenario.calls[-1].request_id
    assert signatures_requested(image_host, scenario) == ["signed=1", "signed=2"]
    assert scenario.images.whole_reads == 1
    assert scenario.delays == []


def test_a_fresh_url_that_can_be_downloaded_is_enough(
    create_scenario: CreateScenario, control: ControlClient
) -> None:
    control.set_rules({"effect": f"error-{NOT_DOWNLOADED}", "times": 1})
    scenario = create_scenario("spoof.jpg")
    assert scenario.process()["outcome"] == "not_live"
    assert [call.inline for call in scenario.calls] == [False, False]
    assert (scenario.images.presigned, scenario.images.whole_reads) == (2, 0)


def test_an_error_of_an_inline_call_is_retried_like_any_other(
    create_scenario: CreateScenario, control: ControlClient
) -> None:
    control.set_rules(
        {"effect": f"error-{NOT_DOWNLOADED}", "times": 2},
        {"effect": "error-InternalError", "times": 1},
    )
    scenario = create_scenario("inline.jpg")
    assert scenario.process()["outcome"] == "live"
    assert [(call.inline, call.outcome) for call in scenario.calls] == [
        (False, NOT_DOWNLOADED),
        (False, NOT_DOWNLOADED),
        (True, "InternalError"),
        (True, "live"),
    ]


def test_an_image_rejected_inline_is_a_retake(create_scenario: CreateScenario) -> None:
    torn = image(300, 400)[:-400]
    scenario = create_scenario("torn.jpg", content=torn, hosted=GONE)
    record = scenario.process()
    assert (record["outcome"], record["reason"]) == ("retake", "decode_failed")
    assert scenario.calls[-1].inline


def test_switched_off_nothing_is_sent_inline_and_the_upload_is_redelivered(
    create_scenario: CreateScenario,
) -> None:
    scenario = create_scenario("switched-off.jpg", hosted=GONE, inline_fallback=False)
    with pytest.raises(ImageDownloadError) as caught:
        scenario.process()
    assert caught.value.response.attempts == 1
    assert [call.inline for call in scenario.calls] == [False]
    assert (scenario.images.presigned, scenario.images.whole_reads) == (1, 0)
    assert scenario.publisher.published == []
