"""The command `detectliveface` as a process, against the fake."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from liveness.credentials import TencentCredentials
from local.detectliveface.control_client import ControlClient
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace
from tests.local_cloud.detectliveface.image_host import QUERY, ImageHost, image

LIVE, NOT_LIVE, USAGE, RETAKE, FAILURE = range(5)
INSTALLED = Path(sys.executable).with_name("detectliveface")
TEMPORARY = TencentCredentials(
    "AKIDMADEUPTEMPORARY00000000000003", "madeUpTemporaryKey3", "madeUpToken3"
)
_AMPLE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Run:
    """The exit code of the command and its output."""

    code: int
    out: list[str]
    err: list[str]

    def responses(self) -> list[dict[str, Any]]:
        """What `--json` printed, a line for each image."""
        lines = [json.loads(line) for line in self.out]
        assert all(line.keys() == {"Response"} for line in lines)
        return [line["Response"] for line in lines]


type Command = Callable[..., Run]


def environment_of(credentials: TencentCredentials) -> dict[str, str]:
    environment = {
        "TENCENTCLOUD_SECRET_ID": credentials.secret_id,
        "TENCENTCLOUD_SECRET_KEY": credentials.secret_key,
    }
    if credentials.token:
        environment["TENCENTCLOUD_TOKEN"] = credentials.token
    return environment


@pytest.fixture
def command(fake: FakeDetectLiveFace, tmp_path: Path) -> Command:
    """Run the command in an empty folder and an environment of its own.

    Its output must have no part of a key and no query of a URL.
    """

    def command(*arguments: str, environment: Mapping[str, str] | None = None) -> Run:
        given = environment_of(DEFAULT_CREDENTIALS) if environment is None else environment
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "liveness.cli.detectliveface",
                "--endpoint",
                fake.url,
                *arguments,
            ],
            cwd=tmp_path,
            env={"PYTHONWARNINGS": "error", **given},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=_AMPLE_SECONDS,
        )
        output = done.stdout + done.stderr
        assert "Traceback" not in output
        for secret in (*given.values(), QUERY):
            assert secret not in output
        return Run(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())

    return command


def test_a_live_image_is_a_row_and_a_success(
    command: Command, image_host: ImageHost, control: ControlClient
) -> None:
    url = image_host.put("live.jpg")
    shown = url.partition("?")[0]

    run = command(url, "--timeout", "30")

    (call,) = control.calls().calls
    assert (run.code, run.err) == (LIVE, [])
    assert [line.split() for line in run.out] == [
        ["PICTURE", "OUTCOME", "SCORE", "MODEL", "REQUEST", "ID"],
        [shown, "live", "-", "3.0", call.request_id],
    ]
    assert (call.object, call.inline) == ("/uploads/selfies/live.jpg", False)


def test_an_attack_has_its_own_exit_code(command: Command, image_host: ImageHost) -> None:
    run = command(image_host.put("spoof.jpg"), "--face-model-version", "2.0")
    assert (run.code, run.err) == (NOT_LIVE, [])
    assert run.out[1].split()[1:4] == ["not_live", "12.0", "2.0"]


def test_an_image_that_must_be_retaken_has_its_own_exit_code_and_advice(
    command: Command, image_host: ImageHost
) -> None:
    run = command(image_host.put("no-face.jpg"))
    assert run.code == RETAKE
    assert run.out[1].split()[1] == "retake"
    (line,) = run.err
    assert "InvalidParameterValue.NoFaceInPhoto" in line
    assert line.endswith("Take a new picture with your whole face in it.")


def test_an_error_has_its_own_exit_code_and_advice(command: Command, image_host: ImageHost) -> None:
    run = command(image_host.put("error-ResourceUnavailable.InArrears.jpg"))
    assert run.code == FAILURE
    assert run.out[1].split()[1] == "failed"
    (line,) = run.err
    assert "ResourceUnavailable.InArrears: see billing" in line


def test_a_response_that_does_not_come_within_the_timeout_is_a_failure(
    command: Command, image_host: ImageHost
) -> None:
    run = command(image_host.put("hang.jpg"), "--timeout", "0.5")
    assert run.code == FAILURE
    (line,) = run.err
    assert "NoAnswer.TimedOut" in line


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["live-1.jpg", "live-2.jpg"], LIVE),
        (["live.jpg", "no-face.jpg"], RETAKE),
        (["spoof.jpg", "no-face.jpg", "live.jpg"], NOT_LIVE),
        (["error-ActionOffline.jpg", "spoof.jpg", "no-face.jpg"], FAILURE),
    ],
    ids=["live", "retake", "not live", "failure"],
)
def test_the_most_severe_outcome_is_the_exit_code_and_each_image_has_its_row(
    command: Command, image_host: ImageHost, names: list[str], code: int
) -> None:
    run = command(*map(image_host.put, names))
    assert run.code == code
    assert [line.split()[0].rpartition("/")[2] for line in run.out[1:]] == names


def test_a_file_is_sent_as_image_with_its_own_bytes(
    command: Command, control: ControlClient, tmp_path: Path
) -> None:
    content = image(300, 400, "PNG", "olive")
    (tmp_path / "selfie \u81ea\u62cd.png").write_bytes(content)
    run = command("selfie \u81ea\u62cd.png")
    (call,) = control.calls().calls
    assert run.code == LIVE
    assert run.out[1].startswith("selfie \u81ea\u62cd.png  live")
    assert (call.inline, call.sha256) == (True, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GIF89a" + bytes(64), "format_gif"),
        (image(400, 300), "aspect_ratio"),
        (b"", "empty_file"),
    ],
    ids=["GIF", "lying", "empty"],
)
def test_a_file_that_breaks_the_rules_is_not_sent(
    command: Command, control: ControlClient, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "selfie.jpg").write_bytes(content)
    run = command("selfie.jpg", "--json")
    assert run.code == RETAKE
    (response,) = run.responses()
    assert response["Error"]["Code"] == f"ImageRejected.{reason}"
    assert response["RequestId"] is None
    assert control.calls().total == 0


def test_json_has_the_shape_of_the_api(
    command: Command, image_host: ImageHost, control: ControlClient
) -> None:
    run = command("--json", *map(image_host.put, ["score-99.5.jpg", "no-face.jpg"]))
    success, error = run.responses()
    detected, rejected = control.calls().calls
    assert success == {
        "Score": 99.5,
        "IsLiveness": True,
        "FaceModelVersion": "3.0",
        "RequestId": detected.request_id,
    }
    code = "InvalidParameterValue.NoFaceInPhoto"
    assert error == {
        "Error": {"Code": code, "Message": "The fake was configured to answer this"},
        "RequestId": rejected.request_id,
    }


def test_json_of_the_successor_has_no_is_liveness(command: Command, image_host: ImageHost) -> None:
    run = command("--json", "--action", "DetectLiveFaceAccurate", image_host.put("score-39.jpg"))
    assert run.code == NOT_LIVE
    (response,) = run.responses()
    assert response.keys() == {"Score", "FaceModelVersion", "RequestId"}
    assert response["Score"] == 39


def test_temporary_credentials_come_from_the_environment(
    command: Command, image_host: ImageHost, control: ControlClient
) -> None:
    control.set_credentials(TEMPORARY)
    assert command(image_host.put("live.jpg"), environment=environment_of(TEMPORARY)).code == LIVE


def test_a_wrong_key_is_a_failure_with_advice(
    command: Command, image_host: ImageHost, control: ControlClient
) -> None:
    wrong = TencentCredentials(DEFAULT_CREDENTIALS.secret_id, "notTheKeyOfThisId")
    run = command(image_host.put("live.jpg"), environment=environment_of(wrong))
    assert run.code == FAILURE
    (line,) = run.err
    assert "AuthFailure.SignatureFailure: check SecretId, SecretKey" in line
    assert control.calls().total == 1


def test_without_credentials_nothing_is_sent(
    command: Command, image_host: ImageHost, control: ControlClient
) -> None:
    run = command(image_host.put("live.jpg"), environment={})
    assert (run.code, run.out) == (USAGE, [])
    (line,) = run.err
    assert "TENCENTCLOUD_SECRET_ID" in line
    assert control.calls().total == 0


def test_explain_sends_nothing_and_masks_secrets(
    command: Command, image_host: ImageHost, control: ControlClient, tmp_path: Path
) -> None:
    content = image()
    (tmp_path / "selfie.jpg").write_bytes(content)
    url = image_host.put("live.jpg")
    requests_before = len(image_host.targets)

    run = command("--explain", url, "selfie.jpg", environment=environment_of(TEMPORARY))

    assert (run.code, run.err) == (LIVE, [])
    assert control.calls().total == 0
    assert len(image_host.targets) == requests_before
    text = "\n".join(run.out)
    for heading in ("CanonicalRequest:\nPOST\n/\n\n", "StringToSign:\nTC3-HMAC-SHA256\n"):
        assert text.count(heading) == 2
    assert text.count("X-TC-Token: made…") == 2
    assert text.count("Authorization: TC3-HMAC-SHA256 Credential=AKID…/") == 2
    body = json.dumps({"Url": url}).encode()
    assert f"Body: {len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}" in text


def test_the_command_is_installed() -> None:
    done = subprocess.run([INSTALLED, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: detectliveface ")
