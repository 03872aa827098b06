"""The use case and its real collaborators, from the function's environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from botocore.config import Config

from liveness.aws.clients import new_session
from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.aws.presigning import Presigner
from liveness.aws.s3 import S3Pictures
from liveness.aws.secretsmanager import SecretCredentials
from liveness.aws.sns import SNSAnnouncements
from liveness.aws.sqs import RetrySchedule, SQSRetryQueue
from liveness.check import CheckLiveness
from liveness.model import Action, EraseAfterVerdict, Thresholds
from liveness.once import once
from liveness.picture import PictureRules
from liveness.tencent.client import DetectLiveFaceClient, Service

# As many messages as a batch has; as many looks at pictures are taken at a time.
CONCURRENCY = 10

# No default is waited on: docs/capacity.md adds these up to the function's timeout.
QUICK = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=CONCURRENCY,
    # What we send is type-checked, and the service validates it anyway.
    parameter_validation=False,
)


@dataclass(frozen=True, slots=True)
class Application:
    """What the handler calls, and the one bucket whose uploads it takes."""

    bucket: str
    liveness: CheckLiveness
    retry_queue: SQSRetryQueue


def compose(environment: Mapping[str, str]) -> Application:
    """Build it all. Raises KeyError for a variable that template.yaml does not set."""
    # One session: each further one would load botocore's data anew.
    session = new_session(QUICK)
    client: Callable[..., Any] = session.create_client
    # Left alone, botocore presigns with SigV2 in us-east-1. A key is another's text: validated.
    s3 = client("s3", config=Config(signature_version="s3v4", parameter_validation=True))
    now = partial(datetime.now, UTC)
    looks = ThreadPoolExecutor(CONCURRENCY)
    schedule = RetrySchedule(
        tries=int(environment["RETRY_TRIES"]),
        first_delay=timedelta(seconds=int(environment["RETRY_FIRST_DELAY_SECONDS"])),
        longest_delay=timedelta(seconds=int(environment["RETRY_LONGEST_DELAY_SECONDS"])),
    )
    retry_queue = SQSRetryQueue(
        once(partial(client, "sqs")), environment["RETRY_QUEUE_URL"], schedule
    )
    liveness = CheckLiveness(
        pictures=S3Pictures(s3, Presigner(s3, session.get_credentials())),
        judge=DetectLiveFaceClient(
            SecretCredentials(client("secretsmanager"), environment["TENCENT_SECRET_ARN"]),
            _service(environment),
        ),
        verdicts=DynamoDBVerdicts(
            client("dynamodb"),
            table=environment["VERDICTS_TABLE"],
            keep_for=timedelta(days=int(environment["VERDICT_RETENTION_DAYS"])),
            now=now,
        ),
        announcements=SNSAnnouncements(client("sns"), environment["VERDICTS_TOPIC_ARN"]),
        safekeeping=retry_queue,
        now=now,
        # The look waits for no claim: one remote call less stands in a row.
        alongside=lambda look: looks.submit(look).result,
        picture_rules=PictureRules(Decimal(environment["ASPECT_TOLERANCE"])),
        thresholds=Thresholds(
            model_2=Decimal(environment["SCORE_THRESHOLD"]),
            accurate=Decimal(environment["ACCURATE_SCORE_THRESHOLD"]),
        ),
        inline_fallback=environment["INLINE_FALLBACK"] == "on",
        erase_after_verdict=EraseAfterVerdict(environment["ERASE_AFTER_VERDICT"]),
    )
    return Application(environment["UPLOAD_BUCKET"], liveness, retry_queue)


def _service(environment: Mapping[str, str]) -> Service:
    return Service(
        endpoint=environment["TENCENT_ENDPOINT"],
        region=environment["TENCENT_REGION"],
        action=Action(environment["TENCENT_ACTION"]),
        face_model_version=environment["FACE_MODEL_VERSION"],
        language=environment["TENCENT_LANGUAGE"],
    )
