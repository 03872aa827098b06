"""An event of a bucket that is not this stack's is refused before anything is called."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from liveness.errors import ForeignBucketError
from tests.unit.function.environment import Context, import_app
from tests.unit.hostile.buckets import OTHERS
from tests.unit.hostile.messages import notification


class Untouched:
    """In place of the use case and the queue: every call fails the test."""

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"{name} was called")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler's module, with nothing behind it that may be called."""
    module = import_app(monkeypatch)
    untouched = replace(module.application, processor=Untouched(), retry_queue=Untouched())
    monkeypatch.setattr(module, "application", untouched)
    return module


@pytest.mark.parametrize("bucket", OTHERS.values(), ids=OTHERS)
def test_an_event_of_another_bucket_is_refused_and_calls_nothing(
    app: ModuleType, bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    event = notification()
    event["Records"][0]["s3"]["bucket"]["name"] = bucket

    with pytest.raises(ExceptionGroup) as refused:
        app.handler(event, Context())

    (error,) = refused.value.exceptions
    assert isinstance(error, ForeignBucketError)
    (record,) = caplog.records
    assert vars(record)["reason"] == "foreign_bucket"
