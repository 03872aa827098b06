"""Generated tables in documents, between marks that name the command which generates them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True, slots=True)
class Marked:
    """One document of docs/, and the command that generates its tables."""

    name: str
    command: str

    @property
    def path(self) -> Path:
        """The path of the document."""
        return DOCS / self.name

    def section(self, name: str) -> str:
        """The table as the document has it. Raises ValueError where its marks are missing."""
        found = self._pattern(name).search(self.path.read_text())
        if not found:
            raise ValueError(f"{self.name} has no marks for {name!r}")
        return found["table"]

    def replace(self, name: str, table: str) -> None:
        """Write a table between its marks."""
        text = self._pattern(name).sub(
            lambda found: f"{found['begin']}{table}{found['end']}", self.path.read_text()
        )
        self.path.write_text(text)

    def _pattern(self, name: str) -> re.Pattern[str]:
        begin, end = f"<!-- {name}: {self.command} -->\n", f"<!-- end of {name} -->"
        table = f"(?P<begin>{re.escape(begin)})(?P<table>.*?)(?P<end>{re.escape(end)})"
        return re.compile(table, re.DOTALL)
