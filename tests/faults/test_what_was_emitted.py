"""Nothing that the scenarios before have emitted, at DEBUG, gives away what nobody may read.

The last of the suite: it searches what the others left. That each kind is found wherever it is
planted is shown in tests/local_cloud/test_leaks.py.
"""

from __future__ import annotations

import pytest

from tests.emitted import Emitted
from tests.faults.sent import picture
from tests.faults.stage import NOTE, NOTE_NAME, Stage
from tests.faults.test_rotation import RENEWED
from tests.leaks import Search


@pytest.fixture(scope="module")
def everything(stage: Stage) -> Emitted:
    return stage.emitted()


def test_the_scenarios_have_said_all_that_they_can_say(stage: Stage, everything: Emitted) -> None:
    assert stage.report.tallies, "no scenario has run: run the whole suite (`make faults`)"
    silent = {place for place, text in everything.items() if not text}
    assert silent <= {"the queue of retries", "the failed uploads"}
    for said in ('"message":"step taken"', '"level":"DEBUG"', '"eventSource":"aws:s3"'):
        assert said in everything["the log group"]


def test_nothing_of_it_gives_anything_away(stage: Stage, everything: Emitted) -> None:
    sent = [tally.endings[0].sent.name.key for tally in stage.report.tallies]
    search = Search(
        {
            "the key": stage.cloud.credentials.secret_key,
            "the key that replaced it": RENEWED.secret_key,
            "metadata": NOTE,
            "the name of metadata": NOTE_NAME,
        },
        {f"the picture {key}": picture(key) for key in sent},
    )

    found = {place: search.kinds_in(text) for place, text in everything.items()}

    assert found == {place: set() for place in everything}
