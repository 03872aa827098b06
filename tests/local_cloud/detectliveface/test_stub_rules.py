"""Rules, probabilities and limits, without a process."""

from __future__ import annotations

from collections import Counter

from local.detectliveface.effect import LIVE, Detected, Effect, Error, Fault, Result
from local.detectliveface.request_log import Call
from local.detectliveface.stub_rules import Rule, StubRules

THROTTLED = Error("FailedOperation.RequestLimitExceeded")
BROKEN = Error("FailedOperation.ServerError")
BAD_DAY = (
    Rule(Effect(THROTTLED), probability=0.05),
    Rule(Effect(BROKEN), probability=0.05),
    Rule(Effect(Fault.DROP), probability=0.02),
    Rule(Effect(Fault.GARBAGE), probability=0.01),
)


def call(
    name: str, sha256: str | None = None, action: str = "DetectLiveFace", *, inline: bool = False
) -> Call:
    return Call(action=action, object=f"/uploads/selfies/{name}", sha256=sha256, inline=inline)


def results(rules: StubRules, *names: str) -> list[Result | None]:
    return [rules.choose(call(name))[0].result for name in names]


def bad_day(seed: int, names: list[str]) -> dict[str, Result | None]:
    rules = StubRules(BAD_DAY, seed)
    return {name: rules.choose(call(name))[0].result for name in names}


def test_the_first_rule_that_matches_decides() -> None:
    rules = StubRules([Rule(Effect(BROKEN), name="a*"), Rule(Effect(THROTTLED))])
    assert results(rules, "a.jpg", "b.jpg") == [BROKEN, THROTTLED]


def test_a_rule_takes_precedence_over_the_name() -> None:
    assert results(StubRules([Rule(Effect(BROKEN))]), "spoof.jpg") == [BROKEN]


def test_without_a_rule_the_name_decides_and_the_default_is_live() -> None:
    assert results(StubRules(), "spoof.jpg", "IMG_1.jpg") == [Detected(live=False), LIVE]


def test_a_rule_can_match_a_sha256_and_an_action() -> None:
    rules = StubRules([Rule(Effect(BROKEN), sha256="a" * 64, action="DetectLiveFace")])
    for each, result in (
        (call("1", "a" * 64), BROKEN),
        (call("2", "b" * 64), LIVE),
        (call("3", "a" * 64, "DetectLiveFaceAccurate"), LIVE),
    ):
        assert rules.choose(each)[0].result == result


def test_delay_and_result_can_come_from_different_rules() -> None:
    rules = StubRules([Rule(Effect(slow=200, jitter=50)), Rule(Effect(BROKEN))])
    assert rules.choose(call("live.jpg"))[0] == Effect(BROKEN, slow=200, jitter=50)


def test_times_limits_a_rule_per_image() -> None:
    rules = StubRules([Rule(Effect(BROKEN), times=2)])
    assert results(rules, "a", "a", "a", "b", "b", "b") == [BROKEN, BROKEN, LIVE] * 2


def test_times_in_all_limits_a_rule_over_all_images() -> None:
    rules = StubRules([Rule(Effect(BROKEN), times_in_all=2)])
    assert results(rules, "a", "b", "c", "a") == [BROKEN, BROKEN, LIVE, LIVE]


def test_a_name_can_limit_its_effect_to_the_first_calls() -> None:
    assert results(StubRules(), *["first-2-drop.jpg"] * 4) == [Fault.DROP, Fault.DROP, LIVE, LIVE]


def test_an_inline_image_has_no_download_error() -> None:
    name = "error-FailedOperation.ImageDownloadError.jpg"
    chosen = [StubRules().choose(call(name, inline=inline))[0].result for inline in (False, True)]
    assert chosen == [Error("FailedOperation.ImageDownloadError"), LIVE]


def test_probabilities_of_several_rules_add_up() -> None:
    seen = Counter(bad_day(7, [f"live-{number}.jpg" for number in range(4000)]).values())
    assert 160 <= seen[THROTTLED] <= 240
    assert 160 <= seen[BROKEN] <= 240
    assert 50 <= seen[Fault.DROP] <= 110
    assert 20 <= seen[Fault.GARBAGE] <= 60
    assert seen.total() == 4000


def test_the_seed_gives_the_same_results_in_any_order_of_images() -> None:
    names = [f"live-{number}.jpg" for number in range(500)]
    assert bad_day(7, names) == bad_day(7, names[::-1])
    assert bad_day(7, names) != bad_day(8, names)


def test_each_call_for_an_image_has_its_own_random_number() -> None:
    rules = StubRules([Rule(Effect(BROKEN), probability=0.5)], seed=7)
    assert set(results(rules, *["live.jpg"] * 40)) == {BROKEN, LIVE}


def test_clearing_restarts_the_random_numbers() -> None:
    rules = StubRules([Rule(Effect(Fault.GARBAGE))], seed=7)
    before = rules.choose(call("live.jpg"))[1].random()
    rules.clear()
    assert rules.choose(call("live.jpg"))[0].result is LIVE
    rules.clear()
    assert rules.choose(call("live.jpg"))[1].random() == before
