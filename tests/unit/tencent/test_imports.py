"""What the client imports: fault 6 of the official SDK is an import of 124-184 ms."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import liveness

PACKAGE = Path(liveness.__file__).parent


def imports_of(module: str) -> set[str]:
    """The modules that importing `module` imports at once, not those for type checkers."""
    source = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    names: set[str] = set()
    for node in ast.parse(source.read_text("utf-8")).body if source.exists() else ():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {
                f"{node.module}.{alias.name}"
                for alias in node.names
                if (PACKAGE.parent.joinpath(*node.module.split("."), f"{alias.name}.py")).exists()
            }
    return names


def imported_by(module: str) -> set[str]:
    """The modules that importing `module` imports, directly or not."""
    imported: set[str] = set()
    pending = {module}
    while pending:
        imported |= pending
        ours = {name for name in pending if name.startswith("liveness.")}
        pending = {found for name in ours for found in imports_of(name)} - imported
    return imported


def test_the_client_needs_requests_and_imagesize_alone_from_outside() -> None:
    packages = {name.partition(".")[0] for name in imported_by("liveness.tencent.client")}
    assert packages - sys.stdlib_module_names == {"liveness", "requests", "urllib3", "imagesize"}


def test_the_client_imports_neither_command_nor_use_case_nor_aws() -> None:
    names = {name for name in imported_by("liveness.tencent.client") if "liveness" in name}
    assert names == {
        "liveness",
        *(
            f"liveness.{name}"
            for name in (
                "backoff",
                "credentials",
                "decision",
                "errors",
                "image_rules",
                "models",
                "ports",
            )
        ),
        *(
            f"liveness.tencent.{name}"
            for name in ("auth", "client", "error_codes", "http", "request", "response", "retry")
        ),
    }


def test_the_command_imports_no_boto3_unless_a_secret_is_named() -> None:
    names = imported_by("liveness.cli.detectliveface")
    assert "liveness.image_rules" in names
    assert not {name for name in names if name.startswith(("boto", "liveness.aws"))}
