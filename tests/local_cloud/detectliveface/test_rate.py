"""The limit, on a clock of our own."""

from __future__ import annotations

from local.detectliveface.rate import RateLimit


def test_so_many_calls_are_admitted_within_any_second() -> None:
    moments = iter([0.0, 0.5, 0.9, 1.0, 1.1, 1.5])
    limit = RateLimit(2, lambda: next(moments))
    assert [limit.admits() for _ in range(6)] == [True, True, False, True, False, True]


def test_without_a_limit_all_calls_are_admitted() -> None:
    limit = RateLimit(None, lambda: 0.0)
    assert all(limit.admits() for _ in range(1000))
