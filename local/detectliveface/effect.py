"""The magic words: what an effect is, and how it is spelled in names and in rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Fault(StrEnum):
    """Ends that are no answer of the API."""

    DROP = "drop"
    HANG = "hang"
    GARBAGE = "garbage"
    HTML = "html"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    REDIRECT = "redirect"
    NO_VERDICT = "no-verdict"


@dataclass(frozen=True, slots=True)
class Judged:
    """The picture shows a live person, or not; `score` (0-100) where one was asked for."""

    live: bool
    score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The API's error with this code."""

    code: str


@dataclass(frozen=True, slots=True)
class Status:
    """An HTML page under this HTTP status, as gateways in between send it."""

    status: int


type End = Judged | Refused | Status | Fault

LIVE = Judged(live=True)
NO_FACE = Refused("InvalidParameterValue.NoFaceInPhoto")
SEEN_IN_PICTURE = frozenset(
    {
        NO_FACE,
        Refused("FailedOperation.FaceSizeTooSmall"),
        Refused("FailedOperation.ImageFacedetectFailed"),
        Refused("LimitExceeded.ErrorFaceNumExceed"),
    }
)
"""Errors that only a look at an acceptable picture gives."""
# From the document for model 2.0; a score asked for speaks for itself in model 3.0 too.
_LIVE_ABOVE = Decimal(87)

_WORDS: Mapping[str, End] = {
    "live": LIVE,
    "spoof": Judged(live=False),
    "no-face": NO_FACE,
    **{fault.value: fault for fault in Fault},
}
_GRAMMAR = re.compile(
    rf"""
    (?:first-(?P<first>\d{{1,6}})-)?
    (?:slow-(?P<slow>\d{{1,6}})(?:~(?P<jitter>\d{{1,6}}))?(?:-|(?![a-z0-9~])))?
    (?:drip-(?P<drip>\d{{1,6}})(?:-|(?![a-z0-9])))?
    (?:(?:
        (?P<word>{"|".join(_WORDS)})
        | score-(?P<score>\d{{1,3}}(?:\.\d{{1,4}})?)
        | status-(?P<status>[2-5]\d\d)
        | error-(?P<code>[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)?)
    )(?![A-Za-z0-9]))?
    """,
    re.VERBOSE | re.ASCII,
)
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")


@dataclass(frozen=True, slots=True)
class Effect:
    """How a call is answered.

    `end` is what it comes to (None: left to others), `slow` a pause before the answer in
    milliseconds, give or take `jitter`; `drip` the milliseconds between two bytes of it.
    `first` limits the effect to that many calls for the picture.
    """

    end: End | None = None
    slow: int = 0
    jitter: int = 0
    drip: int = 0
    first: int | None = None


def effect_in(text: str) -> Effect:
    """Read an effect that a rule spells; raise ValueError unless all of it is one."""
    match = _GRAMMAR.fullmatch(text)
    if not text or match is None:
        raise ValueError("not an effect; README.md lists them")
    return _effect(match)


def effect_named(name: str) -> Effect:
    """Read the effect that an object's name begins with; any other name asks for nothing.

    `name` is a last path segment: `slow-500-spoof-00017.jpg`. What follows the effect, and
    the extension, only keep names apart.
    """
    match = _GRAMMAR.match(_EXTENSION.sub("", name))
    return _effect(match) if match else Effect()


def _effect(match: re.Match[str]) -> Effect:
    def number(group: str) -> int:
        return int(match[group] or 0)

    first = None if match["first"] is None else number("first")
    return Effect(_end(match), number("slow"), number("jitter"), number("drip"), first)


def _end(match: re.Match[str]) -> End | None:
    if match["score"]:
        score = Decimal(match["score"])
        return Judged(score > _LIVE_ABOVE, score)
    if match["status"]:
        return Status(int(match["status"]))
    if match["code"]:
        return Refused(match["code"])
    return _WORDS.get(match["word"])
