"""The composition root: everything that the environment configures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from botocore.validate import ParamValidationDecorator

from bootstrap import bootstrap
from liveness.decision import Thresholds
from liveness.image_rules import ImageRules
from liveness.models import EraseAfterVerdict
from liveness.sources import Sources
from tests.unit.function.environment import ENVIRONMENT
from tests.unit.use_case import UPLOAD

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
OF_LIBRARIES = ("AWS_", "POWERTOOLS_")
OURS = [name for name in ENVIRONMENT if not name.startswith(OF_LIBRARIES)]


class Recording(dict[str, str]):
    """An environment that records which variables are read."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return super().__getitem__(name)


def clients() -> Iterator[tuple[str, Any]]:
    processor: Any = bootstrap(ENVIRONMENT).processor
    yield "s3", processor.images.s3
    yield "dynamodb", processor.verdicts.dynamodb
    yield "sns", processor.publisher.sns
    yield "sqs", processor.retry_queue.sqs


@pytest.mark.parametrize("name", ["RETRY_QUEUE_URL", "UPLOAD_BUCKET"])
def test_a_missing_variable_is_an_error_at_the_start(name: str) -> None:
    environment = {each: value for each, value in ENVIRONMENT.items() if each != name}

    with pytest.raises(KeyError, match=name):
        bootstrap(environment)


def test_the_template_sets_every_variable_that_is_read_and_no_other() -> None:
    class Loader(yaml.SafeLoader):
        """Reads a template; CloudFormation's functions become None."""

    Loader.add_multi_constructor("!", lambda *_: None)
    template = Loader(TEMPLATE.read_text()).get_single_data()
    function = template["Resources"]["CheckLivenessFunction"]["Properties"]

    environment = Recording(ENVIRONMENT)
    bootstrap(environment)

    names = function["Environment"]["Variables"]
    assert {name for name in names if not name.startswith(OF_LIBRARIES)} == environment.read
    assert environment.read == set(OURS)


def test_every_client_has_the_same_short_time_outs_and_one_retry() -> None:
    for _, client in clients():
        config = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (1, 2)
        assert config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_only_requests_with_keys_of_uploaders_are_validated() -> None:
    validated = {
        service
        for service, client in clients()
        if isinstance(client._serializer, ParamValidationDecorator)
    }

    assert validated == {"s3"}


def test_urls_are_presigned_with_sigv4_also_in_us_east_1() -> None:
    assert ENVIRONMENT["AWS_DEFAULT_REGION"] == "us-east-1"

    url = bootstrap(ENVIRONMENT).processor.images.presign(UPLOAD)

    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url


@pytest.mark.parametrize(
    ("region", "host"),
    [
        # Where the global host is the region's own.
        ("us-east-1", "selfies.s3.amazonaws.com"),
        ("eu-central-1", "selfies.s3.eu-central-1.amazonaws.com"),
        ("ap-southeast-1", "selfies.s3.ap-southeast-1.amazonaws.com"),
        ("ap-east-1", "selfies.s3.ap-east-1.amazonaws.com"),
        ("eu-south-2", "selfies.s3.eu-south-2.amazonaws.com"),
        ("cn-north-1", "selfies.s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "selfies.s3.us-gov-west-1.amazonaws.com"),
    ],
)
def test_urls_are_presigned_for_the_host_of_the_region(
    region: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    url = urlsplit(bootstrap(ENVIRONMENT).processor.images.presign(UPLOAD))

    assert (url.hostname, url.path) == (host, "/ann/1.png")
    assert f"/{region}/s3/aws4_request" in parse_qs(url.query)["X-Amz-Credential"][0]


def test_urls_have_the_bucket_in_their_path_where_the_endpoint_is_an_ip_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:4566")

    url = urlsplit(bootstrap(ENVIRONMENT).processor.images.presign(UPLOAD))

    assert (url.netloc, url.path) == ("127.0.0.1:4566", "/selfies/ann/1.png")


def test_the_rules_are_those_of_the_environment() -> None:
    processor = bootstrap(
        {
            **ENVIRONMENT,
            "ASPECT_TOLERANCE": "0.1",
            "SCORE_THRESHOLD": "90",
            "ACCURATE_SCORE_THRESHOLD": "50",
            "INLINE_FALLBACK": "off",
            "ERASE_AFTER_VERDICT": "always",
        }
    ).processor

    assert processor.rules == ImageRules(Decimal("0.1"))
    assert processor.thresholds == Thresholds(Decimal(90), Decimal(50))
    assert processor.inline_fallback is False
    assert processor.erase_after_verdict is EraseAfterVerdict.ALWAYS


def test_the_schedule_and_the_queues_are_those_of_the_environment() -> None:
    application = bootstrap(ENVIRONMENT)

    queue = application.retry_queue
    assert queue.queue_url == ENVIRONMENT["RETRY_QUEUE_URL"]
    assert queue.dead_letter_queue_url == ENVIRONMENT["FAILED_UPLOADS_QUEUE_URL"]
    assert queue.schedule.max_attempts == 9
    assert queue.schedule.backoff.initial == timedelta(seconds=30)
    assert queue.schedule.backoff.longest == timedelta(minutes=15)
    assert application.sources == Sources(ENVIRONMENT["UPLOAD_BUCKET"])
    assert application.processor.retry_queue is queue
