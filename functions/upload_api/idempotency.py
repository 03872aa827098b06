"""Starting an upload once per Idempotency-Key, by Powertools Idempotency."""

import uuid
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from upload_api.schemas import UploadBody, UploadCreated, created
from upload_api.uploads import Person, UploadRequest, Uploads

# How long a key is remembered.
LIFETIME = timedelta(days=1)

_UPLOAD_ID_NAMESPACE = uuid.UUID("5f0e4a51-4c0f-5d6c-8a60-0d2f1f0a9c11")


class IdempotentStart:
    """Starts uploads. With a key, a repeated request has the answer of the first one."""

    def __init__(self, uploads: Uploads, persistence: BasePersistenceLayer) -> None:
        self._uploads = uploads
        self._config = IdempotencyConfig(
            event_key_jmespath="[person, key]",
            payload_validation_jmespath="body",
            expires_after_seconds=int(LIFETIME.total_seconds()),
            hash_function="sha256",
        )
        self._start_once = idempotent_function(
            self._start,
            data_keyword_argument="data",
            persistence_store=persistence,
            config=self._config,
        )

    def register_lambda_context(self, context: LambdaContext) -> None:
        """Say how long a request can be in progress at most."""
        self._config.register_lambda_context(context)

    def __call__(self, person: Person, body: UploadBody, key: str | None) -> UploadCreated:
        """Start an upload.

        Raises what `Uploads.start` does; with a key also IdempotencyValidationError, where it came
        with another body, and IdempotencyAlreadyInProgressError.
        """
        if key is None:
            return self._created(person, body, str(uuid.uuid4()))
        data = {"person": person.hash, "key": key, "body": body.model_dump()}
        return UploadCreated.model_validate(self._start_once(person=person, body=body, data=data))

    def _start(self, *, person: Person, body: UploadBody, data: dict[str, Any]) -> dict[str, Any]:
        # The same id again where an earlier request was counted and its answer was not stored.
        upload_id = str(uuid.uuid5(_UPLOAD_ID_NAMESPACE, f"{person.hash} {data['key']}"))
        return self._created(person, body, upload_id).model_dump(mode="json")

    def _created(self, person: Person, body: UploadBody, upload_id: str) -> UploadCreated:
        request = UploadRequest(upload_id, body.content_type, body.consent_id)
        return created(self._uploads.start(person, request))
