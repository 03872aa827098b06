"""The audit fails for a vulnerability, and for an unknown package unless all are unknown."""

from __future__ import annotations

import pytest
import requests

from local.audit import LOCK, Vulnerabilities, locked_packages, main


def test_every_package_of_the_lock_file_is_audited() -> None:
    names: list[str] = []

    def lookup(name: str, _version: str) -> Vulnerabilities:
        names.append(name)
        return ()

    assert main(lookup) == 0
    assert "requests" in names
    assert names == [name for name, _ in locked_packages(LOCK)]
    assert len(names) == LOCK.read_text().count("==")


@pytest.mark.parametrize("found", [("CVE-2026-1",), None])
def test_one_vulnerable_or_unknown_package_fails(
    found: Vulnerabilities, capsys: pytest.CaptureFixture[str]
) -> None:
    def lookup(name: str, _version: str) -> Vulnerabilities:
        return found if name == "requests" else ()

    assert main(lookup) == 1

    assert "requests 2." in capsys.readouterr().out


@pytest.mark.parametrize("cause", [requests.ConnectionError(), requests.Timeout(), None])
def test_without_data_one_line_says_so_and_nothing_fails(
    cause: Exception | None, capsys: pytest.CaptureFixture[str]
) -> None:
    def lookup(_name: str, _version: str) -> Vulnerabilities:
        if cause:
            raise cause
        return None

    assert main(lookup) == 0

    output = capsys.readouterr().out
    assert output.startswith("NOT AUDITED: ")
    assert output.count("\n") == 1


def test_any_other_error_passes_through() -> None:
    def lookup(_name: str, _version: str) -> Vulnerabilities:
        raise requests.HTTPError("500")

    with pytest.raises(requests.HTTPError):
        main(lookup)
