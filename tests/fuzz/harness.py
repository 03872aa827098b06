"""Runs atheris on one target and counts the results of its cases."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

# Ships no types.
import atheris  # type: ignore[import-untyped]


def fuzz(
    name: str,
    run_case: Callable[[bytes], str],
    *,
    seeds: Sequence[bytes],
    words: Sequence[bytes],
    max_length: int,
) -> None:
    """Call `run_case` with bytes until the time is over, guided by coverage; does not return.

    `run_case` returns the name of the result, and raises for a forbidden one: then the process
    exits with a code other than 0 and writes the bytes to the current folder as `crash-…`.
    `words` are what a target compares input with; the fuzzer inserts them anywhere.
    """
    parser = argparse.ArgumentParser(prog=f"python -m tests.fuzz.{name}")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder for the cases that reach new code")
    arguments = parser.parse_args()

    corpus: Path = arguments.corpus or Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    dictionary = corpus.with_name(f"{corpus.name}.dict")
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words))

    results: Counter[str] = Counter()
    end = time.monotonic() + arguments.seconds

    def one_case(data: bytes) -> None:
        results[run_case(data)] += 1
        if time.monotonic() > end:
            sys.stdout.write(f"{name}: {results.total():,} cases\n")
            sys.stdout.writelines(
                f"{count:>12,}  {result}\n" for result, count in results.most_common()
            )
            sys.stdout.flush()
            # Like libFuzzer: Python's exit handlers do not run.
            os._exit(0)

    options = [f"-max_len={max_length}", f"-dict={dictionary}", "-verbosity=0"]
    atheris.Setup([name, *options, str(corpus)], one_case)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
