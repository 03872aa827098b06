"""The real template, built and deployed by the real SAM CLI."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.engine import Engine
from local.leash import leashed, release
from local.say import Trouble

PROJECT = Path(__file__).resolve().parent.parent
STACK_NAME = "selfie-liveness"

# SAM CLI with the Python that it builds for, and uv, which fills the layer.
_COMMANDS = (str(PROJECT / ".venv" / "bin"), str(PROJECT / ".local" / "uv" / "bin"))


@dataclass(frozen=True, slots=True)
class SamCli:
    """SAM CLI with its environment, its artifacts apart from those of other clouds."""

    home: Path
    engine: Engine

    def build(self, template: Path = PROJECT / "template.yaml") -> None:
        """Build the function and its layer. Raises Trouble where that fails."""
        self._run("build", "--template-file", str(template), "--base-dir", str(PROJECT))

    def deploy(self, parameters: Mapping[str, str]) -> None:
        """Deploy what was built. Raises Trouble where that fails."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        self._run(
            "deploy",
            "--template-file",
            str(self._built / "template.yaml"),
            "--stack-name",
            STACK_NAME,
            "--no-confirm-changeset",
            "--parameter-overrides",
            *overrides,
        )

    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs by name."""
        cloudformation = self.engine.session.client("cloudformation", endpoint_url=self.engine.url)
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    @property
    def _built(self) -> Path:
        return self.home / "build"

    def _run(self, command: str, *arguments: str) -> None:
        log = self.home / f"sam-{command}.log"
        where = ["--build-dir", str(self._built)] if command == "build" else []
        process = leashed(
            [
                f"{_COMMANDS[0]}/sam",
                command,
                *arguments,
                *where,
                "--config-file",
                str(PROJECT / "samconfig.toml"),
            ],
            log=log,
            environment={
                **os.environ,
                **self.engine.environment,
                "PATH": os.pathsep.join([*_COMMANDS, os.environ["PATH"]]),
                "SAM_CLI_TELEMETRY": "0",
                "__SAM_CLI_APP_DIR": str(self.home / "sam"),
            },
            directory=PROJECT,
        )
        try:
            status = process.wait()
        finally:
            release(process)
        if status != 0:
            raise Trouble(f"`sam {command}` failed: {_last_line(log)}.", "Read its log.", log)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing."
