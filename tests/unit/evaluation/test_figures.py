"""The figures of a set that was counted by hand, as values, JSON and Markdown."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evaluation.det_picture import draw
from evaluation.figures import compare, evaluate
from evaluation.figures_json import to_json
from evaluation.proportion import Proportion
from evaluation.report import markdown
from evaluation.results import Result
from tests.unit.evaluation.samples import ACCURATE, PLAIN, result

FIVE_PERCENT = Fraction(1, 20)
# By Accurate's score: 1 of 4 bona fide rejected, 1 refused; print 1 of 2 accepted, 1 refused, 1
# failed; mask 0 of 1.
BY_SCORE = [
    result("a", "live", score="95"),
    result("b", "live", score="80"),
    result("c", "live", score="40"),
    result("d", "not_live", score="39.9"),
    result("e", "retake", reason="no_face"),
    result("f", "not_live", instrument="print", score="10"),
    result("g", "live", instrument="print", score="60"),
    result("h", "retake", instrument="print", reason="poor_quality"),
    result("i", "failed", instrument="print", reason="service_throttled"),
    result("j", "not_live", instrument="mask", score="20"),
]
# By IsLiveness: correct where Accurate is not (d, g), wrong at a and b, none for j.
BY_LIVENESS = [
    *(result(name, "not_live", action=PLAIN) for name in "ab"),
    *(result(name, "live", action=PLAIN) for name in "cd"),
    *(result(name, "not_live", instrument="print", action=PLAIN) for name in "fg"),
    result("j", "retake", instrument="mask", reason="no_face", action=PLAIN),
]


def figures(*results: Result, max_apcer: Fraction = FIVE_PERCENT) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(
        json.dumps(to_json(evaluate(results), compare(results), max_apcer))
    )
    return shown


def test_errors_are_counted_among_responses_and_non_responses_apart() -> None:
    (evaluation,) = evaluate(BY_SCORE)

    assert (evaluation.bona_fide.errors, evaluation.bona_fide.non_responses) == (
        Proportion(1, 4),
        Proportion(1, 5),
    )
    of_print = evaluation.attacks["print"]
    assert (of_print.errors, of_print.non_responses) == (Proportion(1, 2), Proportion(2, 4))
    assert of_print.reasons == {"poor_quality": 1, "service_throttled": 1}
    assert (evaluation.worst, evaluation.worst_apcer) == ("print", Fraction(1, 2))


def test_the_json_has_the_figures_of_each_instrument() -> None:
    shown = figures(*BY_SCORE)

    bona_fide = {key: shown["bona_fide"][key] for key in ("count", "bpcer", "non_response")}
    assert bona_fide == {"count": 4, "bpcer": 0.25, "non_response": 1}
    assert shown["bona_fide"]["bpcer_low"] == pytest.approx(0.0455872608)
    assert shown["bona_fide"]["bpcer_high"] == pytest.approx(0.6993581574)
    counts = {
        name: (each["count"], each["apcer"], each["non_response"])
        for name, each in shown["attacks"].items()
    }
    assert counts == {"mask": (1, 0.0, 0), "print": (2, 0.5, 2)}
    assert (shown["worst_apcer"], shown["worst_instrument"]) == (0.5, "print")
    assert shown["others"] == []
    assert shown["mcnemar"] is None


def test_the_json_has_what_follows_from_scores() -> None:
    shown = figures(*BY_SCORE)

    # Attacks 10, 20, 60 and bona fide 39.9, 40, 80, 95: at 80 half is rejected and no attack left.
    assert (shown["threshold"], shown["at_threshold"]) == (80, {"bpcer": 0.5, "worst_apcer": 0})
    assert shown["bpcer_at_apcer"] == {"0.01": 0.5, "0.05": 0.5, "0.1": 0.5}
    assert shown["eer"] == pytest.approx(1 / 3)
    assert figures(*BY_SCORE, max_apcer=Fraction(1, 2))["threshold"] == 39.9


def test_without_scores_there_is_one_point_and_neither_curve_nor_threshold() -> None:
    shown = figures(*BY_LIVENESS)

    assert (shown["threshold"], shown["eer"], shown["at_threshold"]) == (None, None, None)
    assert shown["bpcer_at_apcer"] == {"0.01": None, "0.05": None, "0.1": None}
    assert shown["attacks"]["mask"]["apcer"] is None
    assert (shown["bona_fide"]["bpcer"], shown["worst_apcer"]) == (0.5, 0.0)


def test_a_score_where_isliveness_decides_is_ignored_and_said() -> None:
    shown = figures(result("a", "live", score="99", action=PLAIN))

    assert shown["threshold"] is None
    assert any(each.startswith("1 scores are ignored") for each in shown["warnings"])


def test_a_score_equal_to_the_threshold_is_live_for_accurate_and_not_for_model_2() -> None:
    def threshold(action: str, model: str) -> float:
        named = {"action": action, "model": model}
        rows = [
            *(result(f"b{n}", "live", score="90", **named) for n in range(3)),
            *(result(f"a{n}", "live", instrument="x", score="88", **named) for n in range(3)),
        ]
        return float(figures(*rows)["threshold"])

    assert threshold(ACCURATE, "3.0") == 90
    assert threshold(PLAIN, "2.0") == 88


def test_both_actions_are_compared_on_the_pictures_that_both_answered() -> None:
    comparison = compare([*BY_SCORE, *BY_LIVENESS])

    assert comparison
    assert (comparison.bona_fide.only_first, comparison.bona_fide.only_second) == (2, 1)
    assert list(comparison.attacks) == ["print"]
    of_print = comparison.attacks["print"]
    assert (of_print.only_first, of_print.only_second) == (0, 1)


def test_the_json_has_the_other_action_and_mcnemars_test() -> None:
    shown = figures(*BY_SCORE, *BY_LIVENESS)

    assert [each["action"] for each in (shown, *shown["others"])] == [ACCURATE, PLAIN]
    assert shown["mcnemar"]["bona_fide"] == {
        "only_first_correct": 2,
        "only_second_correct": 1,
        "p_exact": 1.0,
        "chi_squared": 0.0,
        "p_chi_squared": 1.0,
    }


def test_every_rate_of_the_json_is_a_number_from_0_to_1_or_null() -> None:
    share = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    names = ("bpcer", "bpcer_low", "bpcer_high", "apcer", "apcer_low", "apcer_high", "eer")
    part = {"type": "object", "properties": dict.fromkeys(names, share)}
    schema = {
        "required": ["bona_fide", "attacks", "worst_apcer", "eer", "threshold"],
        "properties": {
            "bona_fide": part,
            "attacks": {"additionalProperties": part},
            "worst_apcer": share,
            "eer": share,
        },
    }

    for results in ([*BY_SCORE], [*BY_LIVENESS], [BY_SCORE[0]], [BY_SCORE[5]], [BY_SCORE[4]]):
        Draft202012Validator(schema).validate(figures(*results))


def test_a_sample_that_is_too_small_is_said_with_what_it_takes() -> None:
    warnings = figures(*BY_SCORE)["warnings"]

    assert (
        "print: 2 with a response is too small a sample. By the rule of three, even without an "
        "error the true rate could be 100.00 %; to show 5.00 % takes 60."
    ) in warnings
    assert any(each.startswith("1 non-responses are failures") for each in warnings)


def test_a_sample_that_is_large_enough_has_no_warning() -> None:
    rows = [result(f"b{n}", "live", score="90") for n in range(60)]
    rows += [result(f"a{n}", "not_live", instrument="print", score="9") for n in range(60)]

    assert figures(*rows)["warnings"] == []
    assert len(figures(*rows, max_apcer=Fraction(1, 100))["warnings"]) == 2


def test_what_has_no_response_at_all_is_said() -> None:
    warnings = figures(BY_SCORE[4], BY_SCORE[7])["warnings"]

    assert warnings[:2] == [
        "No bona fide picture got a response: BPCER is unknown.",
        "No attack got a response: APCER is unknown.",
    ]


def test_the_report_has_each_rate_with_its_interval_and_the_threshold() -> None:
    results = [*BY_SCORE, *BY_LIVENESS]
    text = markdown(evaluate(results), compare(results), FIVE_PERCENT, "det.svg")

    for line in (
        "| bona fide (BPCER) | 4 | 1 | 25.00 % (4.56 to 69.94) |",
        "| attack: print (APCER) | 2 | 1 | 50.00 % (9.45 to 90.55) |",
        "| attack: print (APNRR) | 2 of 4 | 50.00 % (15.00 to 85.00) "
        "| poor\\_quality 1, service\\_throttled 1 |",
        "A picture with a score of the threshold or more is live.",
        "Threshold for an APCER of at most 5.00 %: **80**.",
        "No score decides here: there is one operating point, and no threshold.",
        "| bona fide | 2 | 1 | 1.0000 | 0.000 | 1.0000 |",
        "![APCER and BPCER at every threshold](det.svg)",
    ):
        assert line in text.splitlines()


def test_an_instrument_cannot_add_markup_to_the_report() -> None:
    hostile = result("a", "live", instrument="<b>|`x`[y](z)\u202e", score="1")

    text = markdown(evaluate([hostile]), None, FIVE_PERCENT, None)

    assert r"attack: \<b\>\|\`x\`\[y\](z)? (APCER)" in text


@pytest.mark.parametrize(
    "results",
    [[*BY_SCORE, *BY_LIVENESS], BY_LIVENESS, [BY_SCORE[4]]],
    ids=["both", "no score", "no response"],
)
def test_the_curve_is_drawn_as_png_and_svg_the_same_each_time(
    tmp_path: Path, results: list[Result]
) -> None:
    paths = draw(evaluate(results), tmp_path)
    first = [path.read_bytes() for path in paths]
    draw(evaluate(results), tmp_path)

    assert [path.name for path in paths] == ["det.png", "det.svg"]
    assert first[0].startswith(b"\x89PNG")
    assert b"<svg" in first[1]
    assert [path.read_bytes() for path in paths] == first
