"""Nothing that the scenarios before have emitted, DEBUG logs included, contains a secret.

The last of the suite: it searches what the others left. That each kind of secret is found wherever
it is planted is shown in tests/local_cloud/test_secret_leaks.py.
"""

from __future__ import annotations

import pytest

from tests.emitted import Emitted
from tests.faults.harness import NOTE, NOTE_NAME, Harness
from tests.faults.test_key_rotation import RENEWED
from tests.faults.uploads import unique_jpeg
from tests.secret_leaks import LeakSearch


@pytest.fixture(scope="module")
def emitted(harness: Harness) -> Emitted:
    return harness.emitted()


def test_the_scenarios_have_emitted_everything_that_they_can(
    harness: Harness, emitted: Emitted
) -> None:
    assert harness.report.results, "no scenario has run: run the whole suite (`make faults`)"
    empty = {place for place, text in emitted.items() if not text}
    assert empty <= {"RetryQueue", "FailedUploads"}
    for text in ('"message":"span finished"', '"level":"DEBUG"', '"eventSource":"aws:s3"'):
        assert text in emitted["the log group"]


def test_nothing_that_was_emitted_contains_a_secret(harness: Harness, emitted: Emitted) -> None:
    keys = [result.uploads[0].sent.planned.key for result in harness.report.results]
    search = LeakSearch(
        {
            "the key": harness.cloud.credentials.secret_key,
            "the key that replaced it": RENEWED.secret_key,
            "metadata": NOTE,
            "the name of metadata": NOTE_NAME,
        },
        {f"the image {key}": unique_jpeg(key) for key in keys},
    )

    found = {place: search.kinds_in(text) for place, text in emitted.items()}

    assert found == {place: set() for place in emitted}
