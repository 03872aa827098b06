"""The generated tables of docs/security.md: ``python -m tests.security_page`` renews them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "security.md"
COMMAND = "python -m tests.security_page"


def section(name: str) -> str:
    """What the page has of a table. Raises ValueError where it has no place for it."""
    found = _place(name).search(PAGE.read_text())
    if not found:
        raise ValueError(f"{PAGE.name} has no place for {name!r}")
    return found["table"]


def renew(name: str, table: str) -> None:
    """Put a table in its place."""
    text = _place(name).sub(
        lambda found: f"{found['begin']}{table}{found['end']}", PAGE.read_text()
    )
    PAGE.write_text(text)


def _place(name: str) -> re.Pattern[str]:
    begin, end = f"<!-- {name}: {COMMAND} -->\n", f"<!-- end of {name} -->"
    table = f"(?P<begin>{re.escape(begin)})(?P<table>.*?)(?P<end>{re.escape(end)})"
    return re.compile(table, re.DOTALL)


def main() -> None:
    """Renew both."""
    from tests.template.permissions import permissions  # noqa: PLC0415  # each needs other tools
    from tests.unit.hostile.table import bad_inputs  # noqa: PLC0415

    renew("permissions", permissions())
    renew("bad inputs", bad_inputs())
    sys.stdout.write(f"{PAGE} is as the template and the tests are.\n")


if __name__ == "__main__":
    main()
