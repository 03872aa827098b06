"""The generated tables of docs/security.md: ``python -m tests.security_page`` renews them."""

from __future__ import annotations

import sys

from tests.marked import Marked

COMMAND = "python -m tests.security_page"
PAGE = Marked("security.md", COMMAND)


def section(name: str) -> str:
    """What the page has of a table. Raises ValueError where it has no place for it."""
    return PAGE.section(name)


def main() -> None:
    """Renew both."""
    from tests.template.permissions import permissions  # noqa: PLC0415  # each needs other tools
    from tests.unit.hostile.table import bad_inputs  # noqa: PLC0415

    PAGE.renew("permissions", permissions())
    PAGE.renew("bad inputs", bad_inputs())
    sys.stdout.write(f"{PAGE.path} is as the template and the tests are.\n")


if __name__ == "__main__":
    main()
