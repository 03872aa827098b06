"""The contestants, each built as it would be deployed."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.say import Trouble
from tests.benchmarks.runtime import PROJECT, STATE, TOOLS, UV, Runtime

_HANDLERS = Path(__file__).parent / "contestants"
_MARK = "\n# The benchmark's own\n"
# Of these the sample events tell, too.
STACK_NAME = "selfie-liveness"
ACCOUNT = "123456789012"
# What the stack makes and a parameter's default does not tell.
_MADE = {
    "VERDICTS_TABLE": "verdicts",
    "VERDICTS_TOPIC_ARN": f"arn:aws:sns:us-east-1:{ACCOUNT}:verdicts",
    "TENCENT_SECRET_ARN": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:tencent-a1b2c3",
    "RETRY_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/retry",
}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A function as built, with its layer where it has one, and its own environment."""

    name: str
    function: Path
    layer: Path | None
    environment: Mapping[str, str]

    def zipped(self) -> int:
        """Bytes of the zip files that Lambda would unpack."""
        return sum(_zipped(part) for part in (self.function, self.layer) if part)

    def uncompiled(self) -> int:
        """How many sources lack bytecode that the runtime takes without looking at the source."""
        sources = [
            path for part in (self.function, self.layer) if part for path in part.rglob("*.py")
        ]
        return sum(not _is_compiled(source) for source in sources)

    def trust(self, authority: Path) -> None:
        """Have its own CA bundle, where every library looks first, end with this authority."""
        for part in (self.function, self.layer or self.function):
            for bundle in part.glob("**/certifi/cacert.pem"):
                text = bundle.read_text(encoding="utf-8").partition(_MARK)[0]
                bundle.write_text(text + _MARK + authority.read_text(), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Contestants:
    """Who runs against whom; `nothing` is what all of them stand on."""

    ours: Contestant
    tutorial: Contestant
    careful: Contestant
    floor: Contestant
    nothing: Contestant


def build(runtime: Runtime) -> Contestants:
    """Build everything with `sam build`. Raises Trouble."""
    ours, peers = STATE / "ours", STATE / "peers"
    _sam_build(PROJECT / "template.yaml", ours, runtime)
    _sam_build(_HANDLERS / "template.yaml", peers, runtime)
    floor, nothing = (_copied(_HANDLERS / name, runtime) for name in ("floor", "nothing"))
    # Careful is what its author would have after reading about cold starts.
    careful = _compiled(peers / "Careful", runtime)
    told = {**_MADE, "TENCENT_REGION": "ap-guangzhou"}
    return Contestants(
        ours=Contestant(
            "ours", ours / "CheckLivenessFunction", ours / "LivenessLayer", _environment()
        ),
        tutorial=Contestant("tutorial", peers / "Tutorial", None, told),
        careful=Contestant("careful", careful, None, told),
        floor=Contestant("floor", floor, None, told),
        nothing=Contestant("nothing", nothing, None, {}),
    )


def _sam_build(template: Path, built: Path, runtime: Runtime) -> None:
    log = STATE / f"sam-build-{built.name}.log"
    # SAM wants the very Python that it builds for, with pip.
    path = [str(runtime.python.parent), str(TOOLS / "bin"), str(UV.parent), os.environ["PATH"]]
    with log.open("w") as output:
        done = subprocess.run(
            [
                *(str(TOOLS / "bin" / "sam"), "build", "--template-file", str(template)),
                *("--build-dir", str(built), "--base-dir", str(template.parent)),
            ],
            cwd=PROJECT,
            env={**os.environ, "PATH": os.pathsep.join(path), "SAM_CLI_TELEMETRY": "0"},
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode != 0:
        raise Trouble(f"`sam build` of {template} failed.", "Read its log.", log)


def _copied(source: Path, runtime: Runtime) -> Path:
    target = STATE / source.name
    shutil.copytree(source, target, dirs_exist_ok=True)
    return _compiled(target, runtime)


def _compiled(folder: Path, runtime: Runtime) -> Path:
    subprocess.run(
        [
            *(str(runtime.python), "-m", "compileall", "-q"),
            *("--invalidation-mode", "unchecked-hash", str(folder)),
        ],
        check=True,
    )
    return folder


def _environment() -> Mapping[str, str]:
    """Our function's variables as template.yaml sets them, parameters at their defaults."""
    template = yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8"))
    function = template["Resources"]["CheckLivenessFunction"]["Properties"]
    variables: dict[str, Any] = function["Environment"]["Variables"]
    told = {
        name: _MADE.get(name) or _resolved(value, template["Parameters"])
        for name, value in variables.items()
    }
    return {"AWS_LAMBDA_FUNCTION_TIMEOUT": str(function["Timeout"]), **told}


def _resolved(value: Any, parameters: Mapping[str, Any]) -> str:
    match value:
        case {"Ref": name} if name in parameters:
            return str(parameters[name]["Default"])
        case {"Ref": "AWS::StackName"}:
            return STACK_NAME
        case {"Fn::Sub": str(text)}:
            return _substituted(text)
        case str() | int():
            return str(value)
    raise Trouble(
        f"template.yaml sets a variable to {value}, which the benchmark cannot resolve.",
        "Add its name to _MADE in tests/benchmarks/builds.py.",
    )


def _substituted(text: str) -> str:
    return text.replace("${AWS::StackName}", STACK_NAME).replace("${AWS::AccountId}", ACCOUNT)


def _is_compiled(source: Path) -> bool:
    # PEP 552: magic number, then flags; 1 is "by hash, unchecked".
    compiled = Path(cache_from_source(source))
    return compiled.exists() and compiled.read_bytes()[:8] == MAGIC_NUMBER + b"\1\0\0\0"


def _zipped(folder: Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    return archive.tell()
