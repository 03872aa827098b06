"""Runs atheris on one target and counts how its cases ended.

atheris is no dependency of the project: see README.md for the environment to run this in.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

# Installed only where somebody fuzzes.
import atheris  # type: ignore[import-untyped]


def fuzz(
    name: str,
    decide: Callable[[bytes], str],
    *,
    seeds: Sequence[bytes],
    words: Sequence[bytes],
    longest: int,
) -> None:
    """Call `decide` with bytes until the time is over, guided by coverage; does not return.

    `decide` names how a case ended, and raises where that must not be: then the process ends
    with a code other than 0 and the bytes are kept in the current folder as `crash-…`.
    `words` are what a target compares with, to be tried anywhere.
    """
    parser = argparse.ArgumentParser(prog=f"python -m tests.fuzz.{name}")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found")
    arguments = parser.parse_args()

    corpus: Path = arguments.corpus or Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    dictionary = corpus.with_name(f"{corpus.name}.dict")
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words))

    ends: Counter[str] = Counter()
    over = time.monotonic() + arguments.seconds

    def one_case(data: bytes) -> None:
        ends[decide(data)] += 1
        if time.monotonic() > over:
            sys.stdout.write(f"{name}: {ends.total():,} cases\n")
            sys.stdout.writelines(f"{count:>12,}  {end}\n" for end, count in ends.most_common())
            sys.stdout.flush()
            # libFuzzer ends its process without Python's exit handlers: so do we, counts told.
            os._exit(0)

    options = [f"-max_len={longest}", f"-dict={dictionary}", "-verbosity=0"]
    atheris.Setup([name, *options, str(corpus)], one_case)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
