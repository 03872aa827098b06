"""`make` passes every value on as it was given, whatever characters it has, and runs none of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# Records each call's arguments, and two variables that programs read.
PROGRAM = """\
#!/bin/sh
printf '%s\\0' "$@" "UPLOADS=$UPLOADS" "$MAKEFLAGS" end-of-call >> calls
"""
EVERYTHING = "s3://b/a$b $$c $(shell touch PWNED) `touch PWNED` 'd\" #e;touch PWNED\n&f *\\g %"
VALUES = (
    "s3://b/a$b.jpg",
    "$",
    "$$",
    "$$$",
    "a$$b",
    "$(shell touch PWNED)",
    "${shell touch PWNED}",
    "$(error no)",
    "$(touch PWNED)",
    "`touch PWNED`",
    "'",
    '"',
    'it\'s "quoted"',
    "'; touch PWNED; '",
    '"; touch PWNED; "',
    "a#b",
    r"a\#b",
    "a;touch PWNED",
    "a&&touch PWNED",
    "a|touch PWNED",
    "a > PWNED",
    "two  words ",
    "lines\nof\n\ttext\n",
    "@touch PWNED",
    "back\\slash\\",
    "%2e*?[a-z]~",
    "a=b:=c",
    ",),(",
    "-dash",
    "josé \U0001f642",
    EVERYTHING,
)
# Target, variable, and the argument of a program that its value ends up in.
TAKEN = [
    ("cloud", "NAME", "--name={}"),
    ("cloud", "PARAMETERS", "--parameters={}"),
    ("page", "NAME", "--name={}"),
    ("page", "PARAMETERS", "--parameters={}"),
    ("test", "WORKERS", "{}"),
    ("fuzz", "SECONDS", "{}"),
    ("faults", "UPLOADS", "UPLOADS={}"),
    ("deploy", "STACK", "{}"),
    ("secret", "STACK", "--stack={}"),
    ("status", "STACK", "--stack={}"),
    ("doctor", "STACK", "--stack={}"),
    ("logs", "STACK", "--stack={}"),
    ("logs", "ID", "--id={}"),
    ("verdict", "STACK", "--stack={}"),
    ("verdict", "OBJECT", "--object={}"),
    ("verdicts", "STACK", "--stack={}"),
    ("verdicts", "SUBJECT", "--subject={}"),
    ("verdicts", "OUTCOME", "--outcome={}"),
    ("verdicts", "REASON", "--reason={}"),
    ("verdicts", "SINCE", "--since={}"),
    ("verdicts", "LIMIT", "--limit={}"),
    ("failed", "STACK", "--stack={}"),
    ("replay", "STACK", "--stack={}"),
    ("backfill", "STACK", "--stack={}"),
    ("backfill", "BUCKET", "--bucket={}"),
    ("backfill", "PREFIX", "--prefix={}"),
    ("backfill", "SINCE", "--since={}"),
    ("backfill", "MANIFEST", "--manifest={}"),
    ("evaluate", "LABELS", "--labels={}"),
    ("evaluate", "PICTURES", "{}"),
    ("evaluate", "RESULTS", "--results={}"),
    ("delete", "STACK", "--stack={}"),
    ("forget", "STACK", "--stack={}"),
    ("forget", "SUBJECT", "--subject={}"),
    ("forget", "OBJECT", "--object={}"),
]
WITH_WORDS = ("deploy", "logs", "verdict", "verdicts", "backfill", "forget", "delete", "evaluate")
WAYS = ("command line", "environment")


class Make:
    """`make` in a directory where all programs only record how they are called."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        programs = directory / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name in ("python", "sam"):
            (programs / name).write_text(PROGRAM)
            (programs / name).chmod(0o755)
        shutil.copy(PROJECT / "Makefile", directory)

    def __call__(self, target: str, way: str = WAYS[0], **values: str) -> Sequence[str]:
        """Run a target and return the arguments of all programs."""
        typed = way == "command line"
        assignments = [f"{name}={value}" for name, value in values.items()] if typed else []
        done = subprocess.run(
            ["make", "PYTHON=true", *assignments, target],  # noqa: S607  # as people run it
            cwd=self.directory,
            env={"PATH": os.environ["PATH"], **({} if typed else values)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert not (self.directory / "PWNED").exists()
        recorded = (self.directory / "calls").read_text()
        (self.directory / "calls").unlink()
        return recorded.split("\0")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", VALUES)
def test_an_objects_name_is_passed_on_as_it_is(make: Make, way: str, value: str) -> None:
    assert f"--object={value}" in make("forget", way, OBJECT=value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("target", "name", "argument"), TAKEN)
def test_every_target_passes_its_values_on_as_they_are(
    make: Make, way: str, target: str, name: str, argument: str
) -> None:
    assert argument.format(EVERYTHING) in make(target, way, **{name: EVERYTHING})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("target", WITH_WORDS)
def test_args_are_split_at_blanks_and_nothing_else_is_done_with_them(
    make: Make, way: str, target: str
) -> None:
    words = ["a$b", "$$c", "$(touch", "PWNED)", "`touch", "PWNED`", "*", "'d\"", "e;touch", "#f"]

    passed = make(target, way, ARGS="  ".join(words) + "\n")

    assert "\0".join(words) in "\0".join(passed)


@pytest.mark.parametrize("target", sorted({target for target, _, _ in TAKEN}))
def test_no_value_reaches_a_make_further_down_which_would_expand_it(
    make: Make, target: str
) -> None:
    given = {name: "$(shell touch PWNED)" for each, name, _ in TAKEN if each == target}

    calls = "\0".join(make(target, **given)).split("\0end-of-call")

    flags = {call.rpartition("\0")[2] for call in calls if call.strip("\0")}
    assert not any("PWNED" in each for each in flags)


def test_values_have_defaults_and_those_without_one_are_left_out(make: Make) -> None:
    assert "--name=cloud" in make("cloud")
    assert make("test").count("3") == 2
    assert make("fuzz").count("60") == 2
    assert "UPLOADS=1000" in make("faults")
    assert "UPLOADS=" in make("test")
    assert "--stack=selfie-liveness" in make("evaluate", LABELS="labels.csv")
    called = make("forget")
    assert "--stack=selfie-liveness" in called
    assert not any(each.startswith(("--object", "--subject")) for each in called)
    assert not any(
        each.startswith(("--prefix", "--bucket")) for each in make("backfill", PREFIX="")
    )


def test_every_variable_of_a_target_that_is_no_program_is_checked_here() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    (names,) = [line for line in makefile.splitlines() if line.startswith("VALUES := ")]

    assert set(names.split()[2:]) == {name for _, name, _ in TAKEN} | {"ARGS"}
