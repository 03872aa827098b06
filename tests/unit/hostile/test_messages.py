"""No hostile message is taken for an upload, or affects the messages beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import Upload
from tests.unit.hostile.messages import MESSAGES, notification

MAX_ERROR_LENGTH = 1_000


@pytest.mark.parametrize("body", MESSAGES.values(), ids=MESSAGES)
def test_a_message_without_an_upload_does_not_affect_the_others(body: str) -> None:
    good = json.dumps(notification(key="live.jpg"))
    batch = [{"eventSource": "aws:sqs", "body": each} for each in (body, good)]
    uploads = uploads_in({"Records": batch})

    upload, error = next(uploads), _error(uploads)

    assert upload.key == "live.jpg"
    assert error.startswith("Records[0].body")
    assert error.isprintable()
    assert len(error) <= MAX_ERROR_LENGTH


def _error(uploads: Iterator[Upload]) -> str:
    with pytest.raises(UnknownEventError) as error:
        next(uploads)
    return str(error.value)
