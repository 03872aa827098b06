"""The composition root: builds the application from the environment."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from botocore.config import Config

from liveness.aws.secrets import SecretsManagerDigestKey
from liveness.aws.session import MAX_POOL_CONNECTIONS, create_session
from upload_api.attempts import AttemptLimits
from upload_api.idempotency import IdempotentStart
from upload_api.pictures import FORM_LIFETIME, S3Pictures
from upload_api.routes import Application
from upload_api.subjects import Subjects
from upload_api.uploads import Uploads
from upload_api.uploads_table import DynamoDBAttempts
from upload_api.verdicts_table import DynamoDBVerdictRows


def bootstrap(
    environment: Mapping[str, str],
    on_lockout: Callable[[], None],
    on_problem: Callable[[Exception], None],
) -> Application:
    """Build the application. Raises KeyError for a variable that template.yaml does not set."""
    session = create_session()
    s3 = session.client(
        "s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    )
    dynamodb = session.client("dynamodb")
    now = partial(datetime.now, UTC)
    bucket = environment["UPLOAD_BUCKET"]
    executor = ThreadPoolExecutor(MAX_POOL_CONNECTIONS)
    uploads = Uploads(
        attempts=DynamoDBAttempts(dynamodb, environment["UPLOADS_TABLE"]),
        verdicts=DynamoDBVerdictRows(dynamodb, environment["VERDICTS_TABLE"], bucket, now),
        pictures=S3Pictures(s3, bucket),
        limits=AttemptLimits(
            limit=int(environment["ATTEMPT_LIMIT"]),
            window=timedelta(seconds=int(environment["ATTEMPT_WINDOW_SECONDS"])),
            lockout=timedelta(seconds=int(environment["LOCKOUT_SECONDS"])),
            lifetime=FORM_LIFETIME,
        ),
        executor=executor,
        now=now,
        on_lockout=on_lockout,
    )
    idempotency = DynamoDBPersistenceLayer(environment["IDEMPOTENCY_TABLE"], boto3_client=dynamodb)
    digest_key = SecretsManagerDigestKey(
        session.client("secretsmanager"), environment["DIGEST_KEY_ARN"]
    )

    subjects = Subjects(digest_key.current)
    return Application(
        IdempotentStart(uploads, idempotency, executor), uploads, subjects.person, on_problem
    )
