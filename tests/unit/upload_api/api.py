"""The routes over fakes, called as API Gateway calls them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from tests.unit.function.environment import Context
from tests.unit.upload_api.fakes import AttemptsInMemory, PicturesInMemory, VerdictsInMemory
from upload_api.attempts import AttemptLimits
from upload_api.idempotency import IdempotentStart
from upload_api.problems import CONTENT_TYPE
from upload_api.routes import Application, api
from upload_api.subjects import Subjects
from upload_api.uploads import Uploads

NOW = datetime(2026, 11, 30, 12, 0, 0, 123_000, tzinfo=UTC)
BODY = {"content_type": "image/jpeg", "size": 1000}


class RecordsInMemory(BasePersistenceLayer):
    """Powertools' records of idempotency."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools has no types here
        self.records: dict[str, DataRecord] = {}

    def _get_record(self, idempotency_key: str) -> DataRecord:
        if idempotency_key not in self.records:
            raise IdempotencyItemNotFoundError
        return self.records[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        if data_record.idempotency_key in self.records:
            raise IdempotencyItemAlreadyExistsError
        self.records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record: DataRecord) -> None:
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        del self.records[data_record.idempotency_key]


@dataclass
class Api:
    """The routes over fakes."""

    executor: ThreadPoolExecutor
    attempts: AttemptsInMemory = field(default_factory=AttemptsInMemory)
    verdicts: VerdictsInMemory = field(default_factory=VerdictsInMemory)
    pictures: PicturesInMemory = field(default_factory=PicturesInMemory)
    problems: list[Exception] = field(default_factory=list)
    records: RecordsInMemory = field(default_factory=RecordsInMemory)

    def __post_init__(self) -> None:
        minutes = (timedelta(minutes=each) for each in (3, 30, 5))
        uploads = Uploads(
            self.attempts,
            self.verdicts,
            self.pictures,
            AttemptLimits(2, *minutes),
            self.executor,
            now=lambda: NOW,
            on_lockout=lambda: None,
            sleep=lambda _: None,
        )
        self.application = Application(
            IdempotentStart(uploads, self.records, self.executor),
            uploads,
            Subjects(lambda: b"a key").person,
            self.problems.append,
        )

    def __call__(
        self,
        method: str,
        path: str = "/v1/uploads",
        body: object = None,
        subject: object = "ann",
        query: str = "",
        **headers: str,
    ) -> Answer:
        event = {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": dict(pair.split("=") for pair in query.split("&") if pair),
            "headers": {"content-type": "application/json", **headers},
            "requestContext": {
                "http": {"method": method, "path": path},
                "stage": "$default",
                "authorizer": {"jwt": {"claims": {"sub": subject}, "scopes": None}},
            },
            "body": body if isinstance(body, str | None) else json.dumps(body),
            "isBase64Encoded": False,
        }
        self.application.start.register_lambda_context(Context())  # type: ignore[arg-type]  # what is read of it
        api.append_context(application=self.application)  # type: ignore[no-untyped-call]
        return Answer(api.resolve(event, Context()))  # type: ignore[arg-type]  # what is read of it

    def start(self, **headers: str) -> Answer:
        return self("POST", body=BODY, **headers)


@dataclass(frozen=True)
class Answer:
    """What API Gateway gets."""

    response: dict[str, Any]

    @property
    def status(self) -> int:
        return int(self.response["statusCode"])

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.response["body"]))

    def header(self, name: str) -> str:
        return str(self.response["headers"][name])

    def is_problem(self, status: int, code: str) -> bool:
        """Whether it is this problem, in the form of RFC 9457."""
        assert self.header("Content-Type") == CONTENT_TYPE
        body = self.body
        assert {"type", "title", "detail"} <= set(body)
        return (self.status, body["status"], body["code"]) == (status, status, code)
