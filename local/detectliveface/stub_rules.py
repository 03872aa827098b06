"""Stub rules: the effect of a call, by the control endpoint's rules and the object's name."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from random import Random
from typing import Annotated

from pydantic import ConfigDict, Field, NonNegativeInt, PlainValidator
from pydantic.dataclasses import dataclass

from local.detectliveface.effect import LIVE, Effect, Error, effect_from_name, parse_effect
from local.detectliveface.request_log import Call

DEFAULT_SEED = 0
_NOT_DOWNLOADED = Error("FailedOperation.ImageDownloadError")


def _effect_of_rule(value: object) -> Effect:
    effect = value if isinstance(value, Effect) else parse_effect(str(value))
    if effect.first is not None:
        raise ValueError("a rule has times in place of first-")
    return effect


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Rule:
    """An effect for the calls that match all that is given.

    `name` is a shell pattern for the last path segment. `times` limits the effect for each
    image, `times_in_all` for all of them.
    """

    effect: Annotated[Effect, PlainValidator(_effect_of_rule)]
    name: str | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    action: str | None = None
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    times: NonNegativeInt | None = None
    times_in_all: NonNegativeInt | None = None

    def matches(self, call: Call) -> bool:
        """Whether the rule is for such a call, apart from probability and limits."""
        return (
            (self.name is None or fnmatchcase(call.name, self.name))
            and self.sha256 in {None, call.sha256}
            and self.action in {None, call.action}
            and _makes_sense(self.effect, call)
        )


class StubRules:
    """Chooses effects: the same ones for the same calls in any order, given the seed.

    The random numbers depend on the seed, the image and the number of its calls, so that calls
    that overtake one another change nothing.
    """

    def __init__(self, rules: Iterable[Rule] = (), seed: int = DEFAULT_SEED) -> None:
        self.replace(rules, seed)

    def replace(self, rules: Iterable[Rule], seed: int) -> None:
        """Set new rules and reset all counts."""
        self._rules = tuple(rules)
        self._seed = seed
        self._calls: Counter[str | None] = Counter()
        self._used: Counter[tuple[int, str | None]] = Counter()

    def clear(self) -> None:
        """Remove the rules and reset all counts; the seed stays."""
        self.replace((), self._seed)

    def choose(self, call: Call) -> tuple[Effect, Random]:
        """Return the effect of a call, and the random numbers for it.

        The first rule that applies gives the result, the first one with a delay the delay; the
        image's name gives what is left, and the default is live.
        """
        self._calls[call.picture] += 1
        chance = Random(f"{self._seed}/{call.picture}/{self._calls[call.picture]}")  # noqa: S311
        effects = [*self._applicable(call, chance.random()), self._effect_of_name(call)]
        result = next((effect.result for effect in effects if effect.result is not None), LIVE)
        delay = next((effect for effect in effects if effect.slow or effect.drip), Effect())
        return replace(delay, result=result), chance

    def _applicable(self, call: Call, drawn: float) -> Iterator[Effect]:
        """Rules with a probability share one number: 5 % and 2 % are 7 % of the calls in all."""
        has_result = False
        share = 0.0
        for index, rule in enumerate(self._rules):
            if not rule.matches(call):
                continue
            if rule.probability is not None:
                share += rule.probability
                if not share - rule.probability <= drawn < share:
                    continue
            sets_result = rule.effect.result is not None
            if (has_result and sets_result) or not self._use(index, rule, call):
                continue
            has_result = has_result or sets_result
            yield rule.effect

    def _use(self, index: int, rule: Rule, call: Call) -> bool:
        """Count a use of the rule, unless a limit is reached."""
        limits = {(index, call.picture or ""): rule.times, (index, None): rule.times_in_all}
        if any(limit is not None and self._used[key] >= limit for key, limit in limits.items()):
            return False
        self._used.update(limits.keys())
        return True

    def _effect_of_name(self, call: Call) -> Effect:
        effect = effect_from_name(call.name)
        used_up = effect.first is not None and self._calls[call.picture] > effect.first
        return effect if not used_up and _makes_sense(effect, call) else Effect()


def _makes_sense(effect: Effect, call: Call) -> bool:
    # Nothing is downloaded for an inline image: sending it is the client's answer to that error.
    return not (call.inline and effect.result == _NOT_DOWNLOADED)
