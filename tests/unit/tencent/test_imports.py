"""What the client imports: sdk fault 6 is an import of 124-184 ms, most of it unneeded."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import liveness

PACKAGE = Path(liveness.__file__).parent


def imports_of(module: str) -> set[str]:
    """The modules that importing `module` imports at once, not those for type checkers."""
    source = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8")
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def reached_from(module: str) -> set[str]:
    reached: set[str] = set()
    waiting = {module}
    while waiting:
        reached |= waiting
        ours = {name for name in waiting if name.startswith("liveness.")}
        waiting = {found for name in ours for found in imports_of(name)} - reached
    return reached


def test_the_client_needs_requests_and_nothing_else_from_outside() -> None:
    packages = {name.partition(".")[0] for name in reached_from("liveness.tencent.client")}
    assert packages - sys.stdlib_module_names == {"liveness", "requests", "urllib3"}


def test_the_client_leaves_command_line_and_reference_out() -> None:
    ours = {name for name in reached_from("liveness.tencent.client") if "liveness" in name}
    assert ours == {
        "liveness.errors",
        "liveness.idle",
        "liveness.model",
        "liveness.once",
        *(
            f"liveness.tencent.{name}"
            for name in (
                "answer",
                "bounded",
                "catalogue",
                "client",
                "codes",
                "direct",
                "no_answer",
                "retries",
                "service",
                "signing",
                "transport",
            )
        ),
    }


def test_the_command_line_reaches_no_boto3_unless_it_is_asked_for_a_secret() -> None:
    reached = reached_from("liveness.tencent.__main__")
    assert "liveness.picture" in reached
    assert not {name for name in reached if name.startswith(("boto", "liveness.aws"))}
