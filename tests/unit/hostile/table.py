"""The hostile inputs by class, as a table: ``python -m tests.security_page`` writes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.local_cloud.hostile import samples, test_hostile_uploads
from tests.unit.hostile import (
    test_buckets,
    test_keys,
    test_messages,
    test_responses,
    test_stored,
)
from tests.unit.hostile.buckets import OTHERS
from tests.unit.hostile.keys import TAKEN, UNTAKEN
from tests.unit.hostile.messages import MESSAGES
from tests.unit.hostile.responses import RESPONSES
from tests.unit.hostile.stored import LET_THROUGH, METADATA, REFUSED, SIZES

_PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class HostileInputs:
    """One class; `through_the_cloud` are those that are also sent through a local cloud."""

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
    HostileInputs(
        "keys that S3 accepts: control and invisible characters, `../`, percent sequences, "
        "1,024 bytes of emoji, queries, code",
        TAKEN,
        "the verdict of exactly that object, under exactly that key",
        test_keys.test_a_key_is_stored_published_and_presigned_exactly_as_it_is,
        samples.KEYS,
        test_hostile_uploads.test_each_key_gets_the_verdict_of_its_own_object,
    ),
    HostileInputs(
        "keys that no object has: too long, not UTF-8, not text",
        UNTAKEN,
        "refused and not quoted; FailedUploads",
        test_keys.test_an_invalid_key_is_refused_and_not_quoted,
    ),
    HostileInputs(
        "messages and events: not JSON, JSON bombs, wrong shapes, fields and nesting",
        MESSAGES,
        "refused, and the messages beside it get their verdicts; FailedUploads",
        test_messages.test_a_message_without_an_upload_does_not_affect_the_others,
        _MESSAGES,
        test_hostile_uploads.test_each_unreadable_message_is_dead_lettered_and_the_valid_ones_get_verdicts,
    ),
    HostileInputs(
        "events of a bucket that is not this stack's",
        OTHERS,
        "refused before anything is called; FailedUploads",
        test_buckets.test_an_event_of_another_bucket_is_refused_and_calls_nothing,
        _BUCKETS,
        test_hostile_uploads.test_each_unreadable_message_is_dead_lettered_and_the_valid_ones_get_verdicts,
    ),
    HostileInputs(
        "metadata: 2 KB, control characters, a made-up verdict",
        METADATA,
        "the verdict of the image; only `subject` and `consent_id` are published",
        test_stored.test_only_subject_and_consent_id_of_the_metadata_are_published,
        samples.METADATA,
        test_hostile_uploads.test_only_subject_and_consent_id_of_the_metadata_are_published,
    ),
    HostileInputs(
        "declared sizes, from one byte too many to over 5 GB",
        SIZES,
        "`retake`, `file_too_large`; 64 KiB are read, no call",
        test_stored.test_only_the_first_bytes_of_an_object_that_is_too_large_are_read,
    ),
    HostileInputs(
        "files: decompression bombs, sides of 32 bits, endless segments, other formats, programs",
        REFUSED,
        "`retake` with its reason; at most about 1 MB is read, nothing decompressed, no call",
        test_stored.test_an_invalid_file_is_a_retake_with_its_reason,
        samples.FILES,
        test_hostile_uploads.test_each_file_is_a_retake_with_its_reason,
    ),
    HostileInputs(
        "images with hostile content behind a valid head",
        LET_THROUGH,
        "the verdict of the service; nothing is decompressed here",
        test_stored.test_a_file_with_a_valid_head_gets_the_services_verdict_and_is_not_decompressed,
    ),
    HostileInputs(
        "responses of the service, or of somebody in front of it",
        RESPONSES,
        "an error of the error tree: retried, then `failed`; never a verdict",
        test_responses.test_a_response_without_a_detection_is_an_error_of_the_tree,
    ),
)


def bad_inputs() -> str:
    """The table in Markdown."""
    total = sum(len(each.inputs) for each in CLASSES)
    through = sum(len(each.through_the_cloud) for each in CLASSES)
    head = "| class | inputs | of these through a local cloud | outcome | tested by |\n"
    rows = "".join(each.row() for each in CLASSES)
    return f"{head}|---|---|---|---|---|\n{rows}| **all** | **{total}** | **{through}** | | |\n"


def _link(test: Callable[..., None]) -> str:
    path = Path(test.__code__.co_filename).relative_to(_PROJECT)
    return f"[`{test.__name__}`](../{path})"
