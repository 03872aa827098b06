"""What other pages may take from the benchmark: its figures, and Lambda's share of a CPU.

This module imports nothing of the measuring, so that reading a figure is cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "performance.md"
OURS = "ours"
# Memory at which Lambda gives a whole vCPU; below, it gives a proportional share ("Configure
# Lambda function memory", Lambda developer guide).
WHOLE_CPU_MB = 1769


def measured(row: str, program: str = OURS) -> float:
    """Return a figure of docs/performance.md, by its row and column. Raises LookupError."""
    head: Sequence[str] = ()
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if OURS in cells:
            head = cells
        elif head and cells[0] == row:
            return float(cells[head.index(program)])
    raise LookupError(row)


def at_memory(cpu_ms: float, memory: int) -> float:
    """Return how many milliseconds it takes to use so much CPU time with `memory` MB."""
    return cpu_ms * WHOLE_CPU_MB / min(memory, WHOLE_CPU_MB)


@cache
def template() -> dict[str, Any]:
    """Return template.yaml; CloudFormation's short forms become `{"Ref": …}`, `{"Fn::…": …}`."""
    parsed: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def memory_mb() -> int:
    """Return the MemorySize of the function in template.yaml."""
    return int(template()["Resources"]["CheckLivenessFunction"]["Properties"]["MemorySize"])
