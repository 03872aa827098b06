"""What the proxy does to requests, and to which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from threading import Lock

from tests.faults.step import Seen, Step


class Harm(StrEnum):
    """What becomes of a request. "After" is when it was done and not answered yet."""

    FAILS = "fails"
    THROTTLES = "throttles"
    SLOW = "slow"
    RESETS = "resets"
    LOSES_ANSWER = "loses the answer"
    KILLS_BEFORE = "kills before"
    KILLS_AFTER = "kills after"


@dataclass(frozen=True, slots=True)
class Rule:
    """Harm to the requests that match: their step, and a shell pattern over `bucket/key`.

    `share` of them is hit, of 1; `times` bounds how often for each object.
    """

    harm: Harm
    steps: frozenset[Step]
    objects: str | None = None
    share: float = 1.0
    times: int | None = None

    def matches(self, seen: Seen) -> bool:
        """Whether the rule speaks of the request at all."""
        if seen.step not in self.steps:
            return False
        return self.objects is None or fnmatchcase(seen.object or "", self.objects)


class Rules:
    """The rules in force, and how often each harm was done. Safe for several threads."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = Random(seed)  # noqa: S311 - no secret
        self._lock = Lock()
        self._rules: tuple[Rule, ...] = ()
        self._used: Counter[tuple[Rule, str | None]] = Counter()
        self.done: Counter[tuple[Harm, Seen]] = Counter()

    def set(self, *rules: Rule) -> None:
        """Put these in force instead of all earlier ones, whose counts are forgotten."""
        with self._lock:
            self._rules = rules
            self._used.clear()
            self.done.clear()

    def lift(self) -> None:
        """Let every request through from now on; what was done stays counted."""
        with self._lock:
            self._rules = ()

    def harm_to(self, seen: Seen) -> Harm | None:
        """Say what becomes of a request, and count it; the first rule that applies does."""
        with self._lock:
            rule = self._first(rule for rule in self._rules if self._may(rule, seen))
            if rule is None:
                return None
            self._used[rule, seen.object] += 1
            self.done[rule.harm, seen] += 1
            return rule.harm

    def _may(self, rule: Rule, seen: Seen) -> bool:
        left = rule.times is None or self._used[rule, seen.object] < rule.times
        return left and rule.matches(seen)

    def _first(self, rules: Iterable[Rule]) -> Rule | None:
        return next((rule for rule in rules if self._chance.random() < rule.share), None)
