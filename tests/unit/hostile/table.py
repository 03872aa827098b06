"""The bad inputs by class, counted, as a table: ``python -m tests.security_page`` writes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.local_cloud.hostile import samples, test_hostile
from tests.unit.hostile import test_answers, test_buckets, test_keys, test_messages, test_stored
from tests.unit.hostile.answers import ANSWERS
from tests.unit.hostile.buckets import OTHERS
from tests.unit.hostile.keys import TAKEN, UNTAKEN
from tests.unit.hostile.messages import MESSAGES
from tests.unit.hostile.stored import LET_THROUGH, METADATA, REFUSED, SIZES

_PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class BadInputs:
    """One class; `through_the_cloud` are those of them that a whole cloud is given, too."""

    what: str
    inputs: Mapping[str, object]
    outcome: str
    test: Callable[..., None]
    through_the_cloud: Collection[str] = ()
    cloud_test: Callable[..., None] | None = None

    def row(self) -> str:
        """The row in Markdown."""
        tests = _link(self.test) + (f", {_link(self.cloud_test)}" if self.cloud_test else "")
        counts = f"{len(self.inputs)} | {len(self.through_the_cloud) or '-'}"
        return f"| {self.what} | {counts} | {self.outcome} | {tests} |\n"


_MESSAGES = [name for name in samples.MESSAGES if name not in OTHERS]
_BUCKETS = [name for name in samples.MESSAGES if name in OTHERS]

CLASSES = (
    BadInputs(
        "keys that S3 takes: control and invisible characters, `../`, percent sequences, "
        "1,024 bytes of emoji, queries, code",
        TAKEN,
        "the verdict of that very object, under exactly that key",
        test_keys.test_a_key_is_told_recorded_announced_and_signed_for_exactly_as_it_is,
        samples.KEYS,
        test_hostile.test_every_key_gets_the_verdict_of_its_own_object,
    ),
    BadInputs(
        "keys that no object has: too long, no UTF-8, no text",
        UNTAKEN,
        "refused as no upload, and not quoted: FailedUploads",
        test_keys.test_what_is_no_key_is_refused_and_not_quoted,
    ),
    BadInputs(
        "messages and events: no JSON, JSON bombs, wrong shapes, fields and nestings",
        MESSAGES,
        "refused as no upload; the messages beside it are answered: FailedUploads",
        test_messages.test_a_message_that_tells_of_no_upload_costs_no_other_its_verdict,
        _MESSAGES,
        test_hostile.test_every_message_lies_before_a_person_in_the_end_and_the_good_ones_are_answered,
    ),
    BadInputs(
        "events that name a bucket which is not ours",
        OTHERS,
        "refused before anything is called: FailedUploads",
        test_buckets.test_an_event_that_names_another_bucket_is_refused_and_calls_nothing,
        _BUCKETS,
        test_hostile.test_every_message_lies_before_a_person_in_the_end_and_the_good_ones_are_answered,
    ),
    BadInputs(
        "metadata: 2 KB, control characters, claims of a verdict",
        METADATA,
        "the picture's verdict; nothing but `subject` is told",
        test_stored.test_metadata_says_whose_picture_it_is_and_nothing_else,
        samples.METADATA,
        test_hostile.test_metadata_says_whose_picture_it_is_and_nothing_else,
    ),
    BadInputs(
        "declared sizes, from a byte too many to 5 GB and beyond",
        SIZES,
        "`retake`, `file_too_large`; 64 KiB read, no call",
        test_stored.test_of_an_object_that_is_too_large_no_more_than_its_first_bytes_is_read,
    ),
    BadInputs(
        "files: decompression bombs, sides of 32 bits, endless segments, other formats, programs",
        REFUSED,
        "`retake` with its reason; about a megabyte read at most, nothing unpacked, no call",
        test_stored.test_a_file_that_is_no_picture_to_judge_is_sent_back_with_its_reason,
        samples.FILES,
        test_hostile.test_every_file_is_sent_back_with_its_reason,
    ),
    BadInputs(
        "pictures whose harm lies behind an orderly head",
        LET_THROUGH,
        "the service's verdict; nothing unpacked here",
        test_stored.test_a_file_with_an_orderly_head_gets_the_services_verdict_and_nothing_is_unpacked,
    ),
    BadInputs(
        "answers of the service, or of somebody before it",
        ANSWERS,
        "a fault of the error tree: tried again, then `failed`; never a verdict",
        test_answers.test_an_answer_that_states_no_verdict_is_a_fault_of_the_tree,
    ),
)


def bad_inputs() -> str:
    """The table in Markdown."""
    total = sum(len(each.inputs) for each in CLASSES)
    through = sum(len(each.through_the_cloud) for each in CLASSES)
    head = "| class | inputs | of these through a whole cloud | outcome | tried by |\n"
    rows = "".join(each.row() for each in CLASSES)
    return f"{head}|---|---|---|---|---|\n{rows}| **all** | **{total}** | **{through}** | | |\n"


def _link(test: Callable[..., None]) -> str:
    path = Path(test.__code__.co_filename).relative_to(_PROJECT)
    return f"[`{test.__name__}`](../{path})"
