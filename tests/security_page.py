"""Generates the tables of docs/security.md: ``python -m tests.security_page``."""

from __future__ import annotations

import sys

from tests.marked import Marked

COMMAND = "python -m tests.security_page"
PAGE = Marked("security.md", COMMAND)


def section(name: str) -> str:
    """The table as the page has it. Raises ValueError where its marks are missing."""
    return PAGE.section(name)


def main() -> None:
    """Replace both tables."""
    from tests.template.permissions import permissions  # noqa: PLC0415  # their imports are slow
    from tests.unit.hostile.table import bad_inputs  # noqa: PLC0415

    PAGE.replace("permissions", permissions())
    PAGE.replace("bad inputs", bad_inputs())
    sys.stdout.write(f"{PAGE.path} is up to date.\n")


if __name__ == "__main__":
    main()
