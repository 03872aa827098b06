"""The rate limit, with a fake clock."""

from __future__ import annotations

from local.detectliveface.errors import ApiError
from local.detectliveface.request import RateLimit


def allows(limit: RateLimit) -> bool:
    try:
        limit.check()
    except ApiError:
        return False
    return True


def test_the_limit_holds_within_any_second() -> None:
    moments = iter([0.0, 0.5, 0.9, 1.0, 1.1, 1.5])
    limit = RateLimit(2, lambda: next(moments))
    assert [allows(limit) for _ in range(6)] == [True, True, False, True, False, True]


def test_without_a_limit_all_calls_are_allowed() -> None:
    limit = RateLimit(None, lambda: 0.0)
    assert all(allows(limit) for _ in range(1000))
