"""The audit fails for what is found, and passes unseen packages only where none can be seen."""

from __future__ import annotations

import pytest
import requests

from local.audit import LOCK, Audited, locked, main


def test_every_package_of_the_lock_is_looked_at() -> None:
    seen: list[str] = []

    def look(name: str, _version: str) -> Audited:
        seen.append(name)
        return Audited(name, ())

    assert main(look) == 0
    assert "requests" in seen
    assert seen == [name for name, _ in locked(LOCK)]
    assert len(seen) == LOCK.read_text().count("==")


@pytest.mark.parametrize("known", [("CVE-2026-1",), None])
def test_a_package_that_is_vulnerable_or_alone_unknown_fails(
    known: tuple[str, ...] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    def look(name: str, version: str) -> Audited:
        return Audited(f"{name} {version}", known if name == "requests" else ())

    assert main(look) == 1

    assert "requests 2." in capsys.readouterr().out


@pytest.mark.parametrize("cause", [requests.ConnectionError(), requests.Timeout(), None])
def test_where_there_is_no_data_one_line_says_so_and_nothing_fails(
    cause: Exception | None, capsys: pytest.CaptureFixture[str]
) -> None:
    def look(name: str, _version: str) -> Audited:
        if cause:
            raise cause
        return Audited(name, None)

    assert main(look) == 0

    told = capsys.readouterr().out
    assert told.startswith("NOT AUDITED: ")
    assert told.count("\n") == 1


def test_any_other_failure_of_the_audit_is_one() -> None:
    def look(_name: str, _version: str) -> Audited:
        raise requests.HTTPError("500")

    with pytest.raises(requests.HTTPError):
        main(look)
