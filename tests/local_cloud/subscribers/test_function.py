"""The recipe's function keeps one verdict for each version of an object, whatever SNS delivers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from local.cloud import LocalCloud
from tests.local_cloud.subscribers.conftest import Decided
from tests.local_cloud.subscribers.recipe_stack import (
    ARRIVES_WITHIN_SECONDS,
    deploy_recipe,
    invoke,
)
from tests.local_cloud.table import Table
from tests.recipes import SUBSCRIBERS, recipe_file

HEADING = "A Lambda function"
ORDERS = sorted(set(itertools.permutations(["failed", "failed", "not_live", "not_live"])))


@pytest.fixture(scope="module")
def stack(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    app = recipe_file(SUBSCRIBERS, HEADING, "app.py")
    return deploy_recipe(
        cloud, tmp_path_factory.mktemp("function"), HEADING, "template.yaml", app=app
    )


@pytest.fixture
def answers(cloud: LocalCloud, stack: Mapping[str, str]) -> Table:
    return Table(cloud.emulator, stack["AnswersTable"])


def test_the_verdict_of_an_upload_is_kept(answers: Table, decided: Decided) -> None:
    verdict = decided("function/live.jpg")

    row = answers.wait_for_row(bool, verdict, within=ARRIVES_WITHIN_SECONDS)
    assert row == {name: verdict[name] for name in ("object", "version", "id", "outcome")}


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_the_same_verdict_is_kept_in_every_order(
    cloud: LocalCloud, stack: Mapping[str, str], answers: Table, order: tuple[str, ...]
) -> None:
    upload = {"object": "s3://bucket/a.jpg", "version": " ".join(order)}
    ids = {"failed": "a-failed", "not_live": "a"}
    verdicts = [{**upload, "id": ids[outcome], "outcome": outcome} for outcome in order]

    kept = [
        verdict["outcome"]
        for verdict in verdicts
        if invoke(cloud, stack["FunctionName"], verdict) == "kept"
    ]

    assert kept == (["failed", "not_live"] if order[0] == "failed" else ["not_live"])
    assert answers.row(upload) == {**upload, "id": "a", "outcome": "not_live"}
