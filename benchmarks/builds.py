"""Our function and its peers, each built as it would be deployed."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import Any

import certifi

from benchmarks.measurements import template
from benchmarks.runtime import PROJECT, STATE, TOOLS, UV, Runtime
from local.console import UserError

_PEERS = Path(__file__).parent / "peers"
STACK_NAME = "selfie-liveness"
ACCOUNT = "123456789012"
# Variables that refer to the stack's resources.
_RESOURCES = {
    # Of the sample events.
    "UPLOAD_BUCKET": f"{STACK_NAME}-{ACCOUNT}-ap-southeast-1-an",
    "VERDICTS_TABLE": "verdicts",
    "VERDICTS_TOPIC_ARN": f"arn:aws:sns:us-east-1:{ACCOUNT}:verdicts",
    "UPLOADS_TABLE": "uploads",
    "IDEMPOTENCY_TABLE": "idempotency",
    "TENCENT_SECRET_ARN": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:tencent-a1b2c3",
    "DIGEST_KEY_ARN": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:digest-a1b2c3",
    "RETRY_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/retry",
    "FAILED_UPLOADS_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/failed",
}


@dataclass(frozen=True, slots=True)
class Build:
    """A built function, its layers, its environment variables and its handler."""

    name: str
    function: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    handler: str = "app.handler"

    @property
    def folders(self) -> list[Path]:
        """The folders that are deployed."""
        return [self.function, *self.layers]

    def zipped_bytes(self) -> int:
        """Return the size of the zip files that are deployed."""
        return sum(_zipped_bytes(folder) for folder in self.folders)

    def uncompiled(self) -> int:
        """Return how many sources lack bytecode that the runtime loads without checking them."""
        sources = [path for folder in self.folders for path in folder.rglob("*.py")]
        return sum(not _is_compiled(source) for source in sources)

    def trust(self, authority: Path) -> None:
        """Append an authority to the CA bundles that the libraries read by default."""
        for folder in self.folders:
            for bundle in folder.glob("**/certifi/cacert.pem"):
                text = bundle.read_text(encoding="utf-8") + authority.read_text()
                # uv installs hard links into its cache: never write through one.
                bundle.unlink()
                bundle.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Builds:
    """Our functions, peers of one, and the empty handler whose instructions are subtracted."""

    ours: Build
    upload_api: Build
    tutorial: Build
    careful: Build
    lower_bound: Build
    empty: Build

    @property
    def compared(self) -> list[Build]:
        """The function that decides, and its peers."""
        return [self.ours, self.tutorial, self.careful, self.lower_bound]

    def trust(self, authority: Path) -> None:
        """Have all of them trust an authority, beside the full CA bundle."""
        for build in (*self.compared, self.upload_api):
            build.trust(authority)
        bundle = Path(certifi.where()).read_text(encoding="utf-8")
        (STATE / "bundle.pem").write_text(bundle + authority.read_text(), encoding="utf-8")


def build_all(runtime: Runtime) -> Builds:
    """Build everything with `sam build`. Raises UserError."""
    ours, peers = STATE / "ours", STATE / "peers"
    _sam_build(PROJECT / "template.yaml", ours, runtime)
    _sam_build(_PEERS / "template.yaml", peers, runtime)
    environment = {**_RESOURCES, "TENCENT_REGION": "ap-guangzhou"}
    return Builds(
        ours=Build(
            "ours",
            ours / "CheckLivenessFunction",
            (ours / "LivenessLayer",),
            dict(_environment("CheckLivenessFunction")),
        ),
        upload_api=Build(
            "upload_api",
            ours / "UploadApiFunction",
            (ours / "LivenessLayer", ours / "UploadApiLayer"),
            dict(_environment("UploadApiFunction")),
            "upload_api.app.handler",
        ),
        tutorial=Build("tutorial", peers / "Tutorial", (), environment),
        # Whoever has read about cold starts compiles.
        careful=Build("careful", _compiled(peers / "Careful", runtime), (), environment),
        lower_bound=Build("lower_bound", _copied("lower_bound", runtime), (), environment),
        empty=Build("empty", _copied("empty", runtime), (), {}),
    )


def _sam_build(template_file: Path, built: Path, runtime: Runtime) -> None:
    log = STATE / f"sam-build-{built.name}.log"
    # SAM needs the Python version that it builds for, with pip.
    path = [str(runtime.python.parent), str(TOOLS / "bin"), str(UV.parent), os.environ["PATH"]]
    with log.open("w") as output:
        done = subprocess.run(
            [
                *(str(TOOLS / "bin" / "sam"), "build", "--template-file", str(template_file)),
                *("--build-dir", str(built), "--base-dir", str(template_file.parent)),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "PATH": os.pathsep.join(path),
                "SAM_CLI_TELEMETRY": "0",
                # Compiled code runs here.
                "LAYER_PLATFORM": "host",
            },
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode != 0:
        raise UserError(f"`sam build` of {template_file} failed.", "Read its log.", log)


def _copied(peer: str, runtime: Runtime) -> Path:
    target = STATE / peer
    shutil.copytree(_PEERS / peer, target, dirs_exist_ok=True)
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


def _environment(name: str) -> Iterator[tuple[str, str]]:
    """One of our functions' variables as in template.yaml, with the parameters' defaults."""
    function = template()["Resources"][name]["Properties"]
    yield "AWS_LAMBDA_FUNCTION_TIMEOUT", str(function["Timeout"])
    for variable, value in function["Environment"]["Variables"].items():
        yield variable, _RESOURCES.get(variable) or _resolved(value)


def _resolved(value: Any) -> str:
    parameters = template()["Parameters"]
    match value:
        case {"Ref": name} if name in parameters:
            return str(parameters[name]["Default"])
        case {"Ref": "AWS::StackName"}:
            return STACK_NAME
        case str() | int():
            return str(value)
    raise UserError(
        f"template.yaml sets a variable to {value}, which the benchmark cannot resolve.",
        "Add its name to _RESOURCES in benchmarks/builds.py.",
    )


def _is_compiled(source: Path) -> bool:
    # PEP 552: magic number, then flags; 1 is "by hash, unchecked".
    compiled = Path(cache_from_source(source))
    return compiled.exists() and compiled.read_bytes()[:8] == MAGIC_NUMBER + b"\1\0\0\0"


def _zipped_bytes(folder: Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    return archive.tell()
