"""docs/subscribers.md: one rule keeps the same verdicts in whatever order notifications arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipes import SUBSCRIBERS, recipe_module

type Notification = Mapping[str, Any]

keep: Callable[[dict[Any, Notification], Notification], bool]
keep = recipe_module(SUBSCRIBERS, "Two rules", "verdicts.py")["keep"]

LIVE, NOT_LIVE, RETAKE, FAILED = "live", "not_live", "retake", "failed"


def notification(version: str, outcome: str) -> Notification:
    suffix = "-failed" if outcome == FAILED else ""
    return {
        "object": "s3://bucket/a.jpg",
        "version": version,
        "id": f"{version}{suffix}",
        "outcome": outcome,
    }


@st.composite
def deliveries(draw: st.DrawFn) -> list[Notification]:
    """Verdicts on up to four versions, some `failed` before; each delivered up to three times."""
    delivered = []
    for version in draw(st.sets(st.sampled_from("abcd"), min_size=1)):
        outcomes = draw(
            st.sampled_from([{LIVE}, {NOT_LIVE}, {RETAKE}, {FAILED}, {FAILED, LIVE}])
            | st.sampled_from([{FAILED, NOT_LIVE}, {FAILED, RETAKE}])
        )
        for outcome in sorted(outcomes):
            delivered += [notification(version, outcome)] * draw(st.integers(1, 3))
    return draw(st.permutations(delivered))


@given(deliveries())
def test_the_same_verdicts_remain_in_every_order(delivered: list[Notification]) -> None:
    expected = {
        (each["object"], each["version"]): each["id"]
        for each in sorted(delivered, key=lambda each: each["outcome"] != FAILED)
    }
    verdicts: dict[Any, Notification] = {}
    for each in delivered:
        keep(verdicts, each)

    assert {upload: verdict["id"] for upload, verdict in verdicts.items()} == expected


@given(deliveries())
def test_no_id_is_kept_twice(delivered: list[Notification]) -> None:
    verdicts: dict[Any, Notification] = {}
    kept = Counter(each["id"] for each in delivered if keep(verdicts, each))

    assert set(kept.values()) == {1}


@pytest.mark.parametrize("outcome", [LIVE, NOT_LIVE, RETAKE])
def test_a_failed_that_arrives_last_replaces_nothing(outcome: str) -> None:
    verdicts: dict[Any, Notification] = {}

    assert keep(verdicts, notification("a", outcome))
    assert not keep(verdicts, notification("a", FAILED))
    assert [verdict["outcome"] for verdict in verdicts.values()] == [outcome]


@pytest.mark.parametrize("outcome", [LIVE, NOT_LIVE, RETAKE])
def test_a_later_verdict_replaces_a_failed(outcome: str) -> None:
    verdicts: dict[Any, Notification] = {}

    assert keep(verdicts, notification("a", FAILED))
    assert keep(verdicts, notification("a", outcome))
    assert [verdict["outcome"] for verdict in verdicts.values()] == [outcome]
