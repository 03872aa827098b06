"""Starting an upload once per Idempotency-Key, by Powertools Idempotency."""

import uuid
from concurrent.futures import Executor, wait
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from upload_api.schemas import UploadBody
from upload_api.uploads import Person, StartedUpload, UploadRequest, Uploads

# How long a key is remembered.
LIFETIME = timedelta(days=1)

_UPLOAD_ID_NAMESPACE = uuid.UUID("5f0e4a51-4c0f-5d6c-8a60-0d2f1f0a9c11")


class IdempotentStart:
    """Starts uploads. With a key, a repeated request gets the same upload.

    What Powertools stores for a key is the upload's id and a hash of the body. The form is a
    credential and stored nowhere: each answer has one of its own, which expires with the first.
    """

    def __init__(
        self, uploads: Uploads, persistence: BasePersistenceLayer, executor: Executor
    ) -> None:
        self._uploads = uploads
        self._executor = executor
        self._config = IdempotencyConfig(
            event_key_jmespath="[person, key]",
            payload_validation_jmespath="body",
            expires_after_seconds=int(LIFETIME.total_seconds()),
            hash_function="sha256",
        )
        self._remember = idempotent_function(
            _upload_id,
            data_keyword_argument="data",
            persistence_store=persistence,
            config=self._config,
        )

    def register_lambda_context(self, context: LambdaContext) -> None:
        """Say how long a request can be in progress at most."""
        self._config.register_lambda_context(context)

    def __call__(self, person: Person, body: UploadBody, key: str | None) -> StartedUpload:
        """Start an upload.

        Raises what `Uploads.start` does; with a key also IdempotencyValidationError, where it came
        with another body, and IdempotencyAlreadyInProgressError.
        """
        if key is None:
            return self._start(str(uuid.uuid4()), person, body)
        data = {"person": person.hash, "key": key, "body": body.model_dump()}
        # Counting is idempotent by the upload's id. So both take place at once, and a repeated
        # request completes what a killed one left.
        started = self._executor.submit(self._start, _upload_id(data=data), person, body)
        try:
            self._remember(data=data)
        finally:
            wait([started])
        return started.result()

    def _start(self, upload_id: str, person: Person, body: UploadBody) -> StartedUpload:
        return self._uploads.start(
            person, UploadRequest(upload_id, body.content_type, body.consent_id)
        )


def _upload_id(*, data: dict[str, Any]) -> str:
    return str(uuid.uuid5(_UPLOAD_ID_NAMESPACE, f"{data['person']} {data['key']}"))
