"""The faults that a proxy injects, and the rules that say into which requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from threading import Lock

from tests.faults.function_requests import FunctionRequest, Operation


class Fault(StrEnum):
    """What happens to a request.

    LOST_RESPONSE and KILL_AFTER happen after the service has processed it.
    """

    ERROR = "error"
    THROTTLING = "throttling"
    SLOW = "slow response"
    RESET = "connection reset"
    DRIP = "dripping head"
    LOST_RESPONSE = "lost response"
    KILL_BEFORE = "killed before"
    KILL_AFTER = "killed after"


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Injects a fault into the requests that match: operation, and a pattern of `bucket/key`.

    `probability` is from 0 to 1; `times` limits how often it is injected for each object.
    """

    fault: Fault
    operations: frozenset[Operation]
    objects: str | None = None
    probability: float = 1.0
    times: int | None = None

    def matches(self, request: FunctionRequest) -> bool:
        """Whether the rule applies to the request at all."""
        if request.operation not in self.operations:
            return False
        return self.objects is None or fnmatchcase(request.object or "", self.objects)


class FaultRules:
    """The active rules, and how often each fault was injected. Safe for threads."""

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311 - no secret
        self._lock = Lock()
        self._rules: tuple[FaultRule, ...] = ()
        self._used: Counter[tuple[FaultRule, str | None]] = Counter()
        self.injected: Counter[tuple[Fault, FunctionRequest]] = Counter()

    def set(self, *rules: FaultRule) -> None:
        """Replace all rules and reset the counts."""
        with self._lock:
            self._rules = rules
            self._used.clear()
            self.injected.clear()

    def disable(self) -> None:
        """Let every request through from now on; the counts stay."""
        with self._lock:
            self._rules = ()

    def fault_for(self, request: FunctionRequest) -> Fault | None:
        """Choose the fault for a request and count it; the first rule that applies wins."""
        with self._lock:
            rule = self._first(rule for rule in self._rules if self._applies(rule, request))
            if rule is None:
                return None
            self._used[rule, request.object] += 1
            self.injected[rule.fault, request] += 1
            return rule.fault

    def _applies(self, rule: FaultRule, request: FunctionRequest) -> bool:
        is_left = rule.times is None or self._used[rule, request.object] < rule.times
        return is_left and rule.matches(request)

    def _first(self, rules: Iterable[FaultRule]) -> FaultRule | None:
        return next((rule for rule in rules if self._random.random() < rule.probability), None)
