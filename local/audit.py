"""Looks for known vulnerabilities in what the layer ships, and says so where it cannot look.

Part of `make check`, run by the interpreter of `.local/audit`, where pip-audit is. The data is
PyPI's, which a machine behind a mirror may not reach: then, and only then, nothing fails.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
from packaging.version import Version

from local.setup import PROJECT, STATE

LOCK = PROJECT / "layers" / "liveness" / "requirements.lock"
ANSWERS_WITHIN_SECONDS = 15

_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


class NotReached(Exception):
    """PyPI's data is out of reach from here."""


@dataclass(frozen=True, slots=True)
class Audited:
    """One package: its vulnerabilities by their ids, or None where PyPI does not know it."""

    package: str
    vulnerabilities: Sequence[str] | None


type Look = Callable[[str, str], Audited]


def main(look: Look | None = None) -> int:
    """Look at every package of the lock file; 1 where one has, or may have, a vulnerability."""
    try:
        audited = list(audit(locked(LOCK), look or pypi()))
    except NotReached as unreached:
        sys.stdout.write(f"NOT AUDITED: {unreached}; run `make check` where it can be.\n")
        return 0
    worse = [each for each in audited if each.vulnerabilities != ()]
    for each in worse:
        sys.stdout.write(
            f"{each.package}: {', '.join(each.vulnerabilities or ['unknown to PyPI'])}\n"
        )
    sys.stdout.write(f"{len(audited)} packages of the layer audited, {len(worse)} to look at.\n")
    return 1 if worse else 0


def audit(packages: Iterable[tuple[str, str]], look: Look) -> Iterator[Audited]:
    """Look at each. Raises NotReached, also where all are unknown, as to a mirror without data."""
    try:
        audited = [look(name, version) for name, version in packages]
    except (requests.ConnectionError, requests.Timeout) as cause:
        raise NotReached("PyPI cannot be reached from here") from cause
    if all(each.vulnerabilities is None for each in audited):
        raise NotReached("whoever answers for PyPI here has no data about any package")
    yield from audited


def locked(lock: Path) -> list[tuple[str, str]]:
    """Names and versions in a lock file."""
    return _LOCKED.findall(lock.read_text())


def pypi() -> Look:
    """Ask PyPI, by pip-audit. What else goes wrong passes through."""
    # Not in the environment of the tests, which need nothing of it.
    from pip_audit import _service as pip_audit  # type: ignore[import-not-found]  # noqa: PLC0415

    service = pip_audit.PyPIService(cache_dir=STATE / "audit", timeout=ANSWERS_WITHIN_SECONDS)

    def look(name: str, version: str) -> Audited:
        try:
            found, known = service.query(pip_audit.ResolvedDependency(name, Version(version)))
        except pip_audit.ConnectionError as cause:
            raise requests.ConnectionError(str(cause)) from cause
        ids = None if found.is_skipped() else tuple(each.id for each in known)
        return Audited(f"{name} {version}", ids)

    return look


if __name__ == "__main__":
    raise SystemExit(main())
