"""The messages that wait in the stack's queues, held until they are deleted or visible again."""

import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import Upload
from operations.console import counted
from operations.errors import UserError
from operations.queue import QUEUES, Receiver, describe_queue
from operations.stack import Stack

# Seconds, for reading all of them and for an operator's answer.
HOLD_SECONDS = 600
POLL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message, by its queue and SQS's id, and the uploads that it is about.

    `is_whole` is False where something in it cannot be read.
    """

    queue: str
    id: str
    uploads: Sequence[Upload]
    is_whole: bool = True
    kind: str = "message"


class WaitingMessages:
    """The messages of both queues, received until the end of a `with` block.

    Those that are not deleted in it are visible again after it. What boto3 raises passes through.
    """

    def __init__(
        self,
        stack: Stack,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        sqs = stack.session.client("sqs")
        self._receivers = {
            name: Receiver(sqs, stack.output(output), HOLD_SECONDS)
            for name, output in QUEUES.items()
        }
        self._clock, self._sleep = clock, sleep
        self._held_until = clock() + HOLD_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def receive(self, wait: float, *, ignore_in_flight: bool = False) -> None:
        """Receive all messages; wait so many seconds for those that are in flight or delayed.

        Raises UserError where there are such messages after that. SQS's counts are approximate.
        """
        deadline = self._clock() + wait
        for name, receiver in self._receivers.items():
            # Counted before the first receive: nothing that is in flight is ours.
            unreadable = 0 if ignore_in_flight else _unreadable(receiver)
            receiver.receive()
            if unreadable and wait:
                print(f"{_in_flight(name, unreadable)}; waiting up to {wait:g} s.", flush=True)
            while unreadable and self._clock() < deadline:
                self._sleep(POLL_SECONDS)
                receiver.receive()
                unreadable = _unreadable(receiver)
            if unreadable:
                raise UserError(
                    f"{_in_flight(name, unreadable)}, so that nobody can read them: nothing was "
                    "erased. Run it again when `make status` shows none in flight; where that "
                    "never happens, see --ignore-in-flight in `forget --help`."
                )

    def about(self, is_wanted: Callable[[Upload], bool]) -> Sequence[WaitingMessage]:
        """Keep the messages about uploads that are wanted; make all others visible again.

        Raises UserError where one is about anything else too.
        """
        wanted = [message for message in self._read() if any(map(is_wanted, message.uploads))]
        for message in wanted:
            if not (message.is_whole and all(map(is_wanted, message.uploads))):
                raise UserError(
                    f"Message {message.id} in {message.queue} is about other uploads too: nothing "
                    "was erased. What to do: docs/operating.md#messages-about-several-uploads."
                )
        self._release(keep={message.id for message in wanted})
        return wanted

    def delete(self, message: WaitingMessage) -> None:
        """Delete one. Raises UserError where others may have received it meanwhile."""
        if self._clock() > self._held_until:
            raise UserError("It took over ten minutes: the messages are visible to others again.")
        self._receivers[message.queue].delete(message.id)

    def _read(self) -> Iterator[WaitingMessage]:
        for name, receiver in self._receivers.items():
            for message_id, message in receiver.received.items():
                uploads, is_whole = [], True
                try:
                    for upload in uploads_in({"eventSource": "aws:sqs", "body": message["Body"]}):
                        uploads.append(upload)  # noqa: PERF402  # until there is an error
                except UnknownEventError:
                    is_whole = False
                yield WaitingMessage(name, message_id, uploads, is_whole)

    def _release(self, keep: Container[str] = ()) -> None:
        for receiver in self._receivers.values():
            receiver.release(keep)


def _unreadable(receiver: Receiver) -> int:
    """How many messages others have received, or are delayed; about, as SQS counts."""
    in_flight = describe_queue(receiver.sqs, receiver.url).in_flight_or_delayed
    return max(0, in_flight - len(receiver.received))


def _in_flight(name: str, number: int) -> str:
    return f"{name} has {counted(number, 'message')} in flight or delayed"
