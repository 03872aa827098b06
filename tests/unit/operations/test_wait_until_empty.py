"""A queue counts as empty only after it was empty at every look for a while."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from operations.errors import UserError
from operations.queue import POLL_SECONDS, wait_until_empty
from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.queues import RETRY, FakeQueues, queues
from tests.unit.operations.test_waiting_messages import Clock

__all__ = ["queues"]


def counts(queues: FakeQueues, *, wait: float, settle: float) -> Sequence[int]:
    clock = Clock()
    followed = wait_until_empty(
        queues,  # type: ignore[arg-type]  # the part of SQS that it uses
        RETRY,
        wait=wait,
        settle=settle,
        clock=clock,
        sleep=clock.sleep,
    )
    return [queue.messages for queue in followed]


def test_it_ends_once_the_queue_stays_empty(queues: FakeQueues) -> None:
    queues.in_flight[RETRY] = [2, 0, 1, 0, 0, 0, 5]

    assert counts(queues, wait=60, settle=2 * POLL_SECONDS) == [2, 0, 1, 0, 0, 0]


def test_an_empty_queue_without_a_time_to_settle_is_looked_at_once(queues: FakeQueues) -> None:
    assert counts(queues, wait=0, settle=0) == [0]


def test_messages_of_every_kind_are_waited_for_and_the_wait_ends(
    aws: FakeAws, queues: FakeQueues
) -> None:
    queues.delayed[RETRY] = 1

    text = (
        r"ours-retry still has 1 message after 2 minutes\. `aws sqs purge-queue --queue-url "
        rf"{RETRY}` deletes them"
    )
    with pytest.raises(UserError, match=text):
        counts(queues, wait=120, settle=0)
