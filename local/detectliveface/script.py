"""What acceptable pictures are answered: rules of the control endpoint, then their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random

from local.detectliveface.effect import LIVE, Effect, Refused, effect_named

DEFAULT_SEED = 0
_NOT_DOWNLOADED = Refused("FailedOperation.ImageDownloadError")


@dataclass(frozen=True, slots=True)
class Rule:
    """An effect for the calls that match everything given.

    `name` is a shell pattern over the last path segment, `sha256` that of the picture's bytes.
    `times` bounds the effect for each picture, `times_in_all` over all of them.
    """

    effect: Effect
    name: str | None = None
    sha256: str | None = None
    action: str | None = None
    probability: float | None = None
    times: int | None = None
    times_in_all: int | None = None

    def matches(self, subject: Subject) -> bool:
        """Whether the rule speaks of such a call at all, chance and bounds aside."""
        return (
            (self.name is None or fnmatchcase(subject.name, self.name))
            and (self.sha256 is None or self.sha256 == subject.sha256)
            and (self.action is None or self.action == subject.action)
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call is about: the decoded path of its address, and the sha256 of the bytes.

    Either may be unknown: inline bytes have no path, what failed to download has no bytes.
    """

    action: str
    object: str | None
    sha256: str | None
    inline: bool = False

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return (self.object or "").rpartition("/")[2]

    @property
    def key(self) -> str:
        """What calls for the same picture have in common."""
        return self.object if self.object is not None else f"sha256:{self.sha256}"


class Script:
    """Chooses effects; the same calls in any order get the same ones, given the seed.

    Chance is drawn from the seed, the picture and how often it was asked about, so that calls
    that overtake one another change nothing.
    """

    def __init__(self, rules: Iterable[Rule] = (), seed: int = DEFAULT_SEED) -> None:
        self.replace(rules, seed)

    def replace(self, rules: Iterable[Rule], seed: int) -> None:
        """Put new rules in force and forget what was counted."""
        self._rules = tuple(rules)
        self._seed = seed
        self._asked: Counter[str] = Counter()
        self._used: Counter[tuple[int, str | None]] = Counter()

    def clear(self) -> None:
        """Drop the rules and forget what was counted; the seed stays."""
        self.replace((), self._seed)

    def choose(self, subject: Subject) -> tuple[Effect, Random]:
        """Say how this call is answered, and give the chance that belongs to it.

        The first rule that applies gives the end and the first that has one the pace; the
        picture's name gives what is left, and the default is live.
        """
        self._asked[subject.key] += 1
        chance = Random(f"{self._seed}/{subject.key}/{self._asked[subject.key]}")  # noqa: S311 - no secret
        applying = [*self._applying(subject, chance.random()), self._named(subject)]
        end = next((effect.end for effect in applying if effect.end is not None), LIVE)
        pace = next((effect for effect in applying if effect.slow or effect.drip), Effect())
        return replace(pace, end=end), chance

    def _applying(self, subject: Subject, drawn: float) -> Iterable[Effect]:
        """Rules with a probability share one draw: 5 % and 2 % are 7 % of the calls in all."""
        ended = False
        share = 0.0
        for index, rule in enumerate(self._rules):
            if not rule.matches(subject) or _absurd(rule.effect, subject):
                continue
            if rule.probability is not None:
                share += rule.probability
                if not share - rule.probability <= drawn < share:
                    continue
            if (ended and rule.effect.end is not None) or not self._spend(index, rule, subject):
                continue
            ended = ended or rule.effect.end is not None
            yield rule.effect

    def _spend(self, index: int, rule: Rule, subject: Subject) -> bool:
        mine, all_of_them = (index, subject.key), (index, None)
        if rule.times is not None and self._used[mine] >= rule.times:
            return False
        if rule.times_in_all is not None and self._used[all_of_them] >= rule.times_in_all:
            return False
        self._used[mine] += 1
        self._used[all_of_them] += 1
        return True

    def _named(self, subject: Subject) -> Effect:
        effect = effect_named(subject.name)
        spent = effect.first is not None and self._asked[subject.key] > effect.first
        return Effect() if spent or _absurd(effect, subject) else effect


def _absurd(effect: Effect, subject: Subject) -> bool:
    # Nothing is downloaded for a picture that came inline: this is the way out of that error.
    return subject.inline and effect.end == _NOT_DOWNLOADED
