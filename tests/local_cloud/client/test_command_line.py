"""The command line as a process, against the stand-in."""

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

from liveness.tencent.signing import Credentials
from local.detectliveface.server import MADE_UP, Control, DetectLiveFaceServer
from tests.local_cloud.detectliveface.album import QUERY, Album, picture

LIVE, NOT_LIVE, USAGE, RETAKE, FAILURE = range(5)
INSTALLED = Path(sys.executable).with_name("detectliveface")
TEMPORARY = Credentials("AKIDMADEUPTEMPORARY00000000000003", "madeUpTemporaryKey3", "madeUpToken3")
_AMPLE = 60


@dataclass(frozen=True, slots=True)
class Run:
    """How the command ended and what it said."""

    code: int
    out: list[str]
    err: list[str]

    def responses(self) -> list[dict[str, Any]]:
        """What `--json` printed, a line for each picture."""
        answers = [json.loads(line) for line in self.out]
        assert all(answer.keys() == {"Response"} for answer in answers)
        return [answer["Response"] for answer in answers]


type Command = Callable[..., Run]


def environment_of(credentials: Credentials) -> dict[str, str]:
    environment = {
        "TENCENTCLOUD_SECRET_ID": credentials.secret_id,
        "TENCENTCLOUD_SECRET_KEY": credentials.secret_key,
    }
    if credentials.token:
        environment["TENCENTCLOUD_TOKEN"] = credentials.token
    return environment


@pytest.fixture
def command(server: DetectLiveFaceServer, tmp_path: Path) -> Command:
    """Run the command in an empty folder and an environment of its own.

    Whatever it says must hold no part of a key and no query of an address.
    """

    def command(*arguments: str, environment: Mapping[str, str] | None = None) -> Run:
        given = environment_of(MADE_UP) if environment is None else environment
        done = subprocess.run(
            [sys.executable, "-m", "liveness.tencent", "--endpoint", server.url, *arguments],
            cwd=tmp_path,
            env={"PYTHONWARNINGS": "error", **given},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=_AMPLE,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        for secret in (*given.values(), QUERY):
            assert secret not in said
        return Run(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())

    return command


def test_a_live_person_is_a_row_and_a_success(
    command: Command, album: Album, control: Control
) -> None:
    url = album.put("live.jpg")
    shown = url.partition("?")[0]

    run = command(url, "--timeout", "30")

    (call,) = control.calls().calls
    assert (run.code, run.err) == (LIVE, [])
    assert [line.split() for line in run.out] == [
        ["PICTURE", "OUTCOME", "SCORE", "MODEL", "REQUEST", "ID"],
        [shown, "live", "-", "3.0", call.request_id],
    ]
    assert (call.object, call.inline) == ("/uploads/selfies/live.jpg", False)


def test_an_attack_has_its_own_exit_code(command: Command, album: Album) -> None:
    run = command(album.put("spoof.jpg"), "--face-model-version", "2.0")
    assert (run.code, run.err) == (NOT_LIVE, [])
    assert run.out[1].split()[1:4] == ["not_live", "12.0", "2.0"]


def test_a_picture_that_cannot_be_judged_has_its_own_exit_code_and_says_what_to_do(
    command: Command, album: Album
) -> None:
    run = command(album.put("no-face.jpg"))
    assert run.code == RETAKE
    assert run.out[1].split()[1] == "retake"
    (line,) = run.err
    assert "InvalidParameterValue.NoFaceInPhoto" in line
    assert line.endswith("Take a new picture with your whole face in it.")


def test_no_answer_has_its_own_exit_code_and_says_what_to_do(
    command: Command, album: Album
) -> None:
    run = command(album.put("error-ResourceUnavailable.InArrears.jpg"))
    assert run.code == FAILURE
    assert run.out[1].split()[1] == "failed"
    (line,) = run.err
    assert "ResourceUnavailable.InArrears: see billing" in line


def test_an_answer_that_does_not_come_is_a_failure_by_the_time_out(
    command: Command, album: Album
) -> None:
    run = command(album.put("hang.jpg"), "--timeout", "0.5")
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
def test_of_several_pictures_the_gravest_counts_and_each_has_its_row(
    command: Command, album: Album, names: list[str], code: int
) -> None:
    run = command(*map(album.put, names))
    assert run.code == code
    assert [line.split()[0].rpartition("/")[2] for line in run.out[1:]] == names


def test_a_file_is_sent_as_image_with_its_own_bytes(
    command: Command, control: Control, tmp_path: Path
) -> None:
    content = picture(300, 400, "PNG", "olive")
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
        (picture(400, 300), "aspect_ratio"),
        (b"", "empty_file"),
    ],
    ids=["GIF", "lying", "empty"],
)
def test_a_file_that_breaks_the_rules_is_not_sent(
    command: Command, control: Control, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "selfie.jpg").write_bytes(content)
    run = command("selfie.jpg", "--json")
    assert run.code == RETAKE
    (response,) = run.responses()
    assert response["Error"]["Code"] == f"PictureUnfit.{reason}"
    assert response["RequestId"] is None
    assert control.calls().total == 0


def test_json_has_the_documents_shape(command: Command, album: Album, control: Control) -> None:
    run = command("--json", *map(album.put, ["score-99.5.jpg", "no-face.jpg"]))
    verdict, error = run.responses()
    judged, refused = control.calls().calls
    assert verdict == {
        "Score": 99.5,
        "IsLiveness": True,
        "FaceModelVersion": "3.0",
        "RequestId": judged.request_id,
    }
    code = "InvalidParameterValue.NoFaceInPhoto"
    assert error == {
        "Error": {"Code": code, "Message": "The stand-in was told to answer this"},
        "RequestId": refused.request_id,
    }


def test_json_of_the_successor_has_no_is_liveness(command: Command, album: Album) -> None:
    run = command("--json", "--action", "DetectLiveFaceAccurate", album.put("score-39.jpg"))
    assert run.code == NOT_LIVE
    (response,) = run.responses()
    assert response.keys() == {"Score", "FaceModelVersion", "RequestId"}
    assert response["Score"] == 39


def test_temporary_credentials_come_from_the_environment(
    command: Command, album: Album, control: Control
) -> None:
    control.set_credentials(TEMPORARY)
    assert command(album.put("live.jpg"), environment=environment_of(TEMPORARY)).code == LIVE


def test_a_wrong_key_is_a_failure_that_says_where_to_look(
    command: Command, album: Album, control: Control
) -> None:
    wrong = Credentials(MADE_UP.secret_id, "notTheKeyOfThisId")
    run = command(album.put("live.jpg"), environment=environment_of(wrong))
    assert run.code == FAILURE
    (line,) = run.err
    assert "AuthFailure.SignatureFailure: check SecretId, SecretKey" in line
    assert control.calls().total == 1


def test_without_credentials_nothing_is_asked(
    command: Command, album: Album, control: Control
) -> None:
    run = command(album.put("live.jpg"), environment={})
    assert (run.code, run.out) == (USAGE, [])
    (line,) = run.err
    assert "TENCENTCLOUD_SECRET_ID" in line
    assert control.calls().total == 0


def test_explain_sends_nothing_and_masks_what_is_secret(
    command: Command, album: Album, control: Control, tmp_path: Path
) -> None:
    content = picture()
    (tmp_path / "selfie.jpg").write_bytes(content)
    url = album.put("live.jpg")
    asked_before = len(album.asked)

    run = command("--explain", url, "selfie.jpg", environment=environment_of(TEMPORARY))

    assert (run.code, run.err) == (LIVE, [])
    assert control.calls().total == 0
    assert len(album.asked) == asked_before
    text = "\n".join(run.out)
    for heading in ("CanonicalRequest:\nPOST\n/\n\n", "StringToSign:\nTC3-HMAC-SHA256\n"):
        assert text.count(heading) == 2
    assert text.count("X-TC-Token: made…") == 2
    assert text.count("Authorization: TC3-HMAC-SHA256 Credential=AKID…/") == 2
    body = json.dumps({"Url": url}).encode()
    assert f"Body: {len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}" in text


def test_it_is_installed_under_its_own_name() -> None:
    done = subprocess.run([INSTALLED, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: detectliveface ")
