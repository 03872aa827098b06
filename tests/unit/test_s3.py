"""The reader that fetches only what is read."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from liveness.aws.s3 import RangedReader

CONTENT = bytes(range(256)) * 8


class Fetched:
    """Remembers what was fetched."""

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []

    def __call__(self, start: int, end: int) -> bytes:
        self.ranges.append((start, end))
        return CONTENT[start:end]


def test_the_first_bytes_cost_no_request() -> None:
    fetched = Fetched()
    reader = RangedReader(CONTENT[:100], len(CONTENT), fetched)

    assert reader.read(100) == CONTENT[:100]
    assert fetched.ranges == []


def test_what_lies_further_back_is_fetched_where_it_is_read() -> None:
    fetched = Fetched()
    reader = RangedReader(CONTENT[:100], len(CONTENT), fetched)

    reader.seek(1000)

    assert reader.read(4) == CONTENT[1000:1004]
    assert fetched.ranges == [(1000, 1004)]


def test_nothing_lies_behind_the_end() -> None:
    reader = RangedReader(CONTENT[:100], len(CONTENT), Fetched())

    assert reader.seek(10, io.SEEK_END) == len(CONTENT) + 10
    assert reader.read(1) == b""


@given(
    head=st.integers(0, len(CONTENT)),
    steps=st.lists(
        st.tuples(st.sampled_from([0, 1, 2]), st.integers(-3000, 3000), st.integers(0, 99))
    ),
)
def test_it_reads_like_a_file(head: int, steps: list[tuple[int, int, int]]) -> None:
    file = io.BytesIO(CONTENT)
    reader = io.BufferedReader(RangedReader(CONTENT[:head], len(CONTENT), Fetched()), 64)
    for whence, offset, length in steps:
        place = max(0, (0, file.tell(), len(CONTENT))[whence] + offset)
        file.seek(place)
        reader.seek(place)

        assert reader.read(length) == file.read(length)
        assert reader.tell() == file.tell()
