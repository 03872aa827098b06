"""Rules, chance and bounds, without a server."""

from __future__ import annotations

from collections import Counter

from local.detectliveface.effect import LIVE, Effect, End, Fault, Judged, Refused
from local.detectliveface.script import Rule, Script, Subject

THROTTLED = Refused("FailedOperation.RequestLimitExceeded")
BROKEN = Refused("FailedOperation.ServerError")
STORM = (
    Rule(Effect(THROTTLED), probability=0.05),
    Rule(Effect(BROKEN), probability=0.05),
    Rule(Effect(Fault.DROP), probability=0.02),
    Rule(Effect(Fault.GARBAGE), probability=0.01),
)


def about(
    name: str, sha256: str | None = None, action: str = "DetectLiveFace", *, inline: bool = False
) -> Subject:
    return Subject(action, f"/uploads/selfies/{name}", sha256, inline)


def ends(script: Script, *names: str) -> list[End | None]:
    return [script.choose(about(name))[0].end for name in names]


def storm(seed: int, names: list[str]) -> dict[str, End | None]:
    script = Script(STORM, seed)
    return {name: script.choose(about(name))[0].end for name in names}


def test_the_first_rule_that_matches_decides() -> None:
    script = Script([Rule(Effect(BROKEN), name="a*"), Rule(Effect(THROTTLED))])
    assert ends(script, "a.jpg", "b.jpg") == [BROKEN, THROTTLED]


def test_a_rule_prevails_over_the_name() -> None:
    assert ends(Script([Rule(Effect(BROKEN))]), "spoof.jpg") == [BROKEN]


def test_without_a_rule_the_name_decides_and_else_it_is_live() -> None:
    assert ends(Script(), "spoof.jpg", "IMG_1.jpg") == [Judged(live=False), LIVE]


def test_a_rule_may_speak_of_bytes_and_of_an_action() -> None:
    script = Script([Rule(Effect(BROKEN), sha256="a" * 64, action="DetectLiveFace")])
    for subject, end in (
        (about("1", "a" * 64), BROKEN),
        (about("2", "b" * 64), LIVE),
        (about("3", "a" * 64, "DetectLiveFaceAccurate"), LIVE),
    ):
        assert script.choose(subject)[0].end == end


def test_pace_and_end_may_come_from_different_rules() -> None:
    script = Script([Rule(Effect(slow=200, jitter=50)), Rule(Effect(BROKEN))])
    assert script.choose(about("live.jpg"))[0] == Effect(BROKEN, slow=200, jitter=50)


def test_times_bounds_a_rule_for_each_picture() -> None:
    script = Script([Rule(Effect(BROKEN), times=2)])
    assert ends(script, "a", "a", "a", "b", "b", "b") == [BROKEN, BROKEN, LIVE] * 2


def test_times_in_all_bounds_a_rule_over_all_pictures() -> None:
    script = Script([Rule(Effect(BROKEN), times_in_all=2)])
    assert ends(script, "a", "b", "c", "a") == [BROKEN, BROKEN, LIVE, LIVE]


def test_a_name_may_bound_its_effect_to_the_first_calls() -> None:
    assert ends(Script(), *["first-2-drop.jpg"] * 4) == [Fault.DROP, Fault.DROP, LIVE, LIVE]


def test_an_inline_picture_is_past_the_download() -> None:
    name = "error-FailedOperation.ImageDownloadError.jpg"
    chosen = [Script().choose(about(name, inline=inline))[0].end for inline in (False, True)]
    assert chosen == [Refused("FailedOperation.ImageDownloadError"), LIVE]


def test_probabilities_share_the_calls_between_them() -> None:
    seen = Counter(storm(7, [f"live-{number}.jpg" for number in range(4000)]).values())
    assert 160 <= seen[THROTTLED] <= 240
    assert 160 <= seen[BROKEN] <= 240
    assert 50 <= seen[Fault.DROP] <= 110
    assert 20 <= seen[Fault.GARBAGE] <= 60
    assert seen.total() == 4000


def test_the_seed_decides_in_whatever_order_pictures_come() -> None:
    names = [f"live-{number}.jpg" for number in range(500)]
    assert storm(7, names) == storm(7, names[::-1])
    assert storm(7, names) != storm(8, names)


def test_each_call_for_a_picture_draws_anew() -> None:
    script = Script([Rule(Effect(BROKEN), probability=0.5)], seed=7)
    assert set(ends(script, *["live.jpg"] * 40)) == {BROKEN, LIVE}


def test_clearing_begins_the_same_chances_again() -> None:
    script = Script([Rule(Effect(Fault.GARBAGE))], seed=7)
    before = script.choose(about("live.jpg"))[1].random()
    script.clear()
    assert script.choose(about("live.jpg"))[0].end is LIVE
    script.clear()
    assert script.choose(about("live.jpg"))[1].random() == before
