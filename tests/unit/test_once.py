"""What is made once is made when it is asked for, and by one thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from liveness.once import once

THREADS = 8


def test_threads_that_come_together_get_the_one_thing_that_was_made() -> None:
    made: list[str] = []
    together = Barrier(THREADS)

    def make(name: str) -> str:
        made.append(name)
        return name.upper()

    make_once = once(make)

    def ask(number: int) -> str:
        together.wait()
        return make_once(("a", "b")[number % 2])

    assert made == []
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(ask, range(THREADS))) == ["A", "B"] * (THREADS // 2)
    assert sorted(made) == ["a", "b"]


def test_what_fails_to_be_made_is_tried_again() -> None:
    answers: list[OSError | str] = [OSError("not yet"), "made"]

    def make() -> str:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    make_once = once(make)

    with pytest.raises(OSError, match="not yet"):
        make_once()
    assert make_once() == make_once() == "made"
