"""Checks the layer's dependencies for known vulnerabilities.

Part of `make check`, run by the interpreter of `.local/audit`, where pip-audit is. The data is
PyPI's, which a machine behind a mirror may not reach: then, and only then, nothing fails.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import requests
from packaging.version import Version

from local.setup import PROJECT, STATE

LOCK = PROJECT / "layers" / "liveness" / "requirements.lock"
TIMEOUT_SECONDS = 15

type Vulnerabilities = tuple[str, ...] | None
"""The ids of a package's vulnerabilities; None where PyPI has no data about it."""
type Lookup = Callable[[str, str], Vulnerabilities]


def main(lookup: Lookup | None = None) -> int:
    """Audit every package of the lock file; 1 where one has, or may have, a vulnerability.

    Where all are unknown, that is a mirror without data: it counts as unreachable.
    """
    packages, lookup = locked_packages(LOCK), lookup or pypi_lookup()
    try:
        results = {f"{name} {version}": lookup(name, version) for name, version in packages}
    except (requests.ConnectionError, requests.Timeout):
        return _not_audited("PyPI cannot be reached from here")
    if set(results.values()) == {None}:
        return _not_audited("the package index of this machine has no data")
    findings = {package: ids for package, ids in results.items() if ids != ()}
    for package, ids in findings.items():
        print(f"{package}: {', '.join(ids or ['unknown to PyPI'])}")
    print(f"{len(results)} packages of the layer audited, {len(findings)} to check.")
    return 1 if findings else 0


def _not_audited(why: str) -> int:
    print(f"NOT AUDITED: {why}; run `make check` where it can be.")
    return 0


def locked_packages(lock: Path) -> list[tuple[str, str]]:
    """Names and versions in a lock file."""
    return re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE)


def pypi_lookup() -> Lookup:
    """A lookup in PyPI's data, by pip-audit; errors other than of the connection pass through."""
    # Not in the environment of the tests, which do not need it.
    from pip_audit import _service as pip_audit  # type: ignore[import-not-found]  # noqa: PLC0415

    service = pip_audit.PyPIService(cache_dir=STATE / "audit", timeout=TIMEOUT_SECONDS)

    def lookup(name: str, version: str) -> Vulnerabilities:
        try:
            found, known = service.query(pip_audit.ResolvedDependency(name, Version(version)))
        except pip_audit.ConnectionError as cause:
            raise requests.ConnectionError(str(cause)) from cause
        return None if found.is_skipped() else tuple(each.id for each in known)

    return lookup


if __name__ == "__main__":
    sys.exit(main())
