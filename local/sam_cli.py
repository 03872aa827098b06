"""The real template, built and deployed by the real SAM CLI."""

import os
from collections.abc import Mapping
from pathlib import Path

from local.console import UserError
from local.emulator import Emulator
from local.process_group import start_process_group, stop_process_group
from local.setup import PROJECT, TOOLS, UV

__all__ = ["PROJECT", "STACK_NAME", "sam_build", "sam_deploy"]

STACK_NAME = "selfie-liveness"


def sam_deploy(
    home: Path, built_template: Path, parameters: Mapping[str, str], emulator: Emulator
) -> Mapping[str, str]:
    """Deploy what `sam_build` has built, and return the stack's outputs by name.

    Raises UserError where that fails.
    """
    _run(
        home,
        "deploy",
        *("--template-file", str(built_template)),
        *("--stack-name", STACK_NAME, "--no-confirm-changeset", "--parameter-overrides"),
        *(parameter_override(name, value) for name, value in parameters.items()),
        environment=emulator.environment,
    )
    stacks = emulator.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def parameter_override(name: str, value: str) -> str:
    """Return the word for --parameter-overrides, quoted: SAM CLI cuts a bare value at a blank."""
    quoted = value.replace('"', '\\"')
    return f'{name}="{quoted}"'


def sam_build(home: Path, template: Path = PROJECT / "template.yaml") -> Path:
    """Build the function and its layer below `home`, and return the template to deploy.

    Raises UserError where that fails.
    """
    directory = home / "build"
    _run(
        home,
        "build",
        *("--template-file", str(template)),
        *("--base-dir", str(PROJECT), "--build-dir", str(directory)),
        # The emulator runs the functions on this machine: compiled code must be its own.
        environment={"LAYER_PLATFORM": "host"},
    )
    return directory / "template.yaml"


def _run(home: Path, command: str, *arguments: str, environment: Mapping[str, str]) -> None:
    log = home / f"sam-{command}.log"
    config = ("--config-file", str(PROJECT / "samconfig.toml"))
    process = start_process_group(
        [f"{TOOLS}/bin/sam", command, *arguments, *config],
        log=log,
        environment={
            **os.environ,
            **environment,
            # SAM CLI needs the Python that it builds for; the layer's Makefile needs uv.
            "PATH": os.pathsep.join([f"{TOOLS}/bin", f"{UV}/bin", os.environ["PATH"]]),
            "SAM_CLI_TELEMETRY": "0",
            # Seconds; the emulator does everything at once.
            "SAM_CLI_POLL_DELAY": "0.2",
            "__SAM_CLI_APP_DIR": str(home / "sam"),
        },
        directory=PROJECT,
    )
    try:
        status = process.wait()
    finally:
        stop_process_group(process)
    if status != 0:
        lines = log.read_text(errors="replace").split("\n")
        last_line = next((line for line in reversed(lines) if line.strip()), "no output")
        raise UserError(f"`sam {command}` failed: {last_line}.", "Read its log.", log)
