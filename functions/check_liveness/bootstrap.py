"""The composition root: the use case with its adapters, from the function's environment."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from botocore.config import Config

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.aws.forms import DynamoDBForms
from liveness.aws.s3 import S3Images
from liveness.aws.secrets import SecretsManagerCredentials, SecretsManagerDigestKey
from liveness.aws.session import MAX_POOL_CONNECTIONS, create_session
from liveness.aws.sns import SNSPublisher
from liveness.aws.sqs import SQSRetryQueue
from liveness.backoff import Backoff, RetrySchedule
from liveness.decision import Thresholds
from liveness.image_rules import ImageRules
from liveness.models import Action, EraseAfterVerdict, ReusePolicy
from liveness.process_upload import UploadProcessor
from liveness.sources import Sources
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ServiceConfig


@dataclass(frozen=True, slots=True)
class Application:
    """What the handler calls, and the buckets and keys whose uploads it accepts."""

    sources: Sources
    processor: UploadProcessor
    retry_queue: SQSRetryQueue


def bootstrap(environment: Mapping[str, str]) -> Application:
    """Build the application. Raises KeyError for a variable that template.yaml does not set."""
    session = create_session()
    # Without a signature version, botocore presigns with SigV2 in us-east-1. Keys are chosen by
    # uploaders, so requests with them are validated.
    s3 = session.client(
        "s3",
        config=Config(
            signature_version="s3v4",
            # Outside us-east-1 the global host redirects, and the signature names another host.
            s3={"addressing_style": "virtual"},
            parameter_validation=True,
            # A ranged GET has no checksum to validate, and a presigned URL should not ask for one.
            response_checksum_validation="when_required",
        ),
    )
    retry_queue = SQSRetryQueue(
        session.client("sqs"),
        environment["RETRY_QUEUE_URL"],
        environment["FAILED_UPLOADS_QUEUE_URL"],
        _retry_schedule(environment),
    )
    secrets_manager = session.client("secretsmanager")
    dynamodb = session.client("dynamodb")
    now = partial(datetime.now, UTC)
    processor = UploadProcessor(
        images=S3Images(s3),
        detector=DetectLiveFaceClient(
            SecretsManagerCredentials(secrets_manager, environment["TENCENT_SECRET_ARN"]),
            _service_config(environment),
        ),
        verdicts=DynamoDBVerdicts(
            dynamodb,
            table=environment["VERDICTS_TABLE"],
            retention=timedelta(days=int(environment["VERDICT_RETENTION_DAYS"])),
            now=now,
        ),
        publisher=SNSPublisher(session.client("sns"), environment["VERDICTS_TOPIC_ARN"]),
        retry_queue=retry_queue,
        digest_key=SecretsManagerDigestKey(secrets_manager, environment["DIGEST_KEY_ARN"]),
        executor=ThreadPoolExecutor(MAX_POOL_CONNECTIONS),
        now=now,
        forms=(
            DynamoDBForms(dynamodb, uploads_table, environment["UPLOAD_BUCKET"])
            if (uploads_table := environment["UPLOADS_TABLE"])
            else None
        ),
        rules=ImageRules(Decimal(environment["ASPECT_TOLERANCE"])),
        thresholds=Thresholds(
            model_2=Decimal(environment["SCORE_THRESHOLD"]),
            accurate=Decimal(environment["ACCURATE_SCORE_THRESHOLD"]),
        ),
        inline_fallback=environment["INLINE_FALLBACK"] == "on",
        erase_after_verdict=EraseAfterVerdict(environment["ERASE_AFTER_VERDICT"]),
        tag_uploads=environment["TAG_UPLOADS"] == "on",
        reuse_policy=ReusePolicy(environment["REUSE_POLICY"]),
    )
    sources = Sources.parse(
        environment["UPLOAD_BUCKET"], environment["SOURCE_BUCKETS"], environment["KEY_PREFIXES"]
    )
    return Application(sources, processor, retry_queue)


def _retry_schedule(environment: Mapping[str, str]) -> RetrySchedule:
    return RetrySchedule(
        max_attempts=int(environment["RETRY_MAX_ATTEMPTS"]),
        backoff=Backoff(
            initial=timedelta(seconds=int(environment["RETRY_FIRST_DELAY_SECONDS"])),
            longest=timedelta(seconds=int(environment["RETRY_LONGEST_DELAY_SECONDS"])),
        ),
    )


def _service_config(environment: Mapping[str, str]) -> ServiceConfig:
    return ServiceConfig(
        endpoint=environment["TENCENT_ENDPOINT"],
        region=environment["TENCENT_REGION"],
        action=Action(environment["TENCENT_ACTION"]),
        face_model_version=environment["FACE_MODEL_VERSION"],
        language=environment["TENCENT_LANGUAGE"],
    )
