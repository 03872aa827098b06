"""No message is taken for an upload that it does not tell of, or costs another its verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from liveness.errors import NotAnUpload
from liveness.events import uploads_in
from liveness.model import Upload
from tests.unit.hostile.messages import MESSAGES, notification

LONGEST_TEXT = 1_000


@pytest.mark.parametrize("body", MESSAGES.values(), ids=MESSAGES)
def test_a_message_that_tells_of_no_upload_costs_no_other_its_verdict(body: str) -> None:
    good = json.dumps(notification(key="live.jpg"))
    batch = [{"eventSource": "aws:sqs", "body": each} for each in (body, good)]
    uploads = uploads_in({"Records": batch})

    told, refused = next(uploads), _refusal(uploads)

    assert told.key == "live.jpg"
    assert refused.startswith("Records[0].body")
    assert refused.isprintable()
    assert len(refused) <= LONGEST_TEXT


def _refusal(uploads: Iterator[Upload]) -> str:
    with pytest.raises(NotAnUpload) as refused:
        next(uploads)
    return str(refused.value)
