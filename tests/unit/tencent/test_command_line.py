"""The command `detectliveface`: its calls, its output and its exit codes."""

from __future__ import annotations

import json
import runpy
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from liveness.cli import detectliveface
from liveness.cli.output import advice_on
from liveness.errors import (
    AccountBlockedError,
    CredentialsRefusedError,
    DetectionError,
    ImageDownloadError,
    LivenessError,
    RequestRefusedError,
    ServiceUnreachableError,
    ThrottledError,
    TransientError,
)
from liveness.image_rules import ADVICE
from liveness.models import Action, ErrorResponse, Outcome
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ServiceConfig
from liveness.tencent.response import DetectLiveFaceResponse
from tests.unit.tencent.command import (
    BMP,
    DOWN,
    ENVIRONMENT,
    LIVE,
    REJECTED,
    SPOOF,
    URL,
    Command,
)


def test_a_url_is_sent_as_url_and_a_file_as_image(tmp_path: Path) -> None:
    picture = tmp_path / "selfie.bmp"
    picture.write_bytes(BMP)
    command = Command(LIVE, LIVE)
    assert command.run(URL, str(picture), "--timeout", "7") == detectliveface.LIVE
    assert command.calls == [(URL, None, 7.0), (None, BMP, 7.0)]
    assert command.err == []


def test_evaluate_is_the_command_of_the_repository(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["detectliveface", "evaluate", "--help"])
    with pytest.raises(SystemExit, match="0"):
        detectliveface.main()
    assert capsys.readouterr().out.startswith("usage: detectliveface evaluate ")


def test_evaluate_says_where_it_is_when_the_layer_is_installed_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(detectliveface, "entry_points", lambda **_: ())
    assert detectliveface.main(["evaluate", "pictures"]) == detectliveface.USAGE
    assert "`make setup` installs it" in capsys.readouterr().err


def test_the_table_has_a_row_for_each_image_and_no_query_of_a_url() -> None:
    command = Command(LIVE, SPOOF, REJECTED, DOWN)
    command.run(URL, "https://e.com/b", "https://e.com/c", "https://e.com/d")
    assert command.out == [
        "PICTURE                         OUTCOME     SCORE  MODEL  REQUEST ID",
        "https://example.com/selfie.jpg  live            -  3.0    r-live",
        "https://e.com/b                 not_live     12.5  2.0    r-spoof",
        "https://e.com/c                 retake          -  -      r-no",
        "https://e.com/d                 failed          -  -      -",
    ]
    assert command.err == [
        "detectliveface: https://e.com/c: InvalidParameterValue.NoFaceInPhoto: Show your face.",
        "detectliveface: https://e.com/d: NoAnswer.TimedOut: check --endpoint, --timeout, "
        "network and proxy: no complete answer came in time",
    ]


def test_json_has_the_documented_shape_on_a_line_for_each_image(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    accurate = DetectLiveFaceResponse(
        Decimal("61.25"), None, "3.0", "r-accurate", Action.DETECT_LIVE_FACE_ACCURATE
    )
    bare = DetectLiveFaceResponse(None, True, "3.0", "r-bare")
    half = DetectLiveFaceResponse(Decimal(99), None, "2.0", "r-half")
    command = Command(LIVE, accurate, bare, half, REJECTED)
    command.run("--json", *[URL] * 5, str(text))
    assert [json.loads(line)["Response"] for line in command.out] == [
        {"Score": 99, "IsLiveness": True, "FaceModelVersion": "3.0", "RequestId": "r-live"},
        {"Score": 61.25, "FaceModelVersion": "3.0", "RequestId": "r-accurate"},
        {"IsLiveness": True, "FaceModelVersion": "3.0", "RequestId": "r-bare"},
        {"Score": 99, "FaceModelVersion": "2.0", "RequestId": "r-half"},
        {
            "Error": {"Code": "InvalidParameterValue.NoFaceInPhoto", "Message": "no"},
            "RequestId": "r-no",
        },
        {
            "Error": {
                "Code": "ImageRejected.format_text",
                "Message": ADVICE["format_text"],
            },
            "RequestId": None,
        },
    ]


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ([LIVE, LIVE], 0),
        ([LIVE, SPOOF], 1),
        ([LIVE, REJECTED], 3),
        ([LIVE, DOWN], 4),
        ([REJECTED, SPOOF], 1),
        ([SPOOF, REJECTED, DOWN], 4),
    ],
)
def test_the_exit_code_is_that_of_the_most_severe_outcome(
    replies: list[DetectLiveFaceResponse | LivenessError], code: int
) -> None:
    assert Command(*replies).run(*[URL] * len(replies)) == code


def test_a_response_without_a_rule_to_decide_it_is_a_failure() -> None:
    accurate_2 = DetectLiveFaceResponse(
        Decimal(50), None, "2.0", "r-odd", Action.DETECT_LIVE_FACE_ACCURATE
    )
    assert Command(accurate_2).run(URL) == detectliveface.FAILURE


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing.jpg", "No such file or directory"), (".", "Is a directory"), ("a\0b", "not a file")],
)
def test_an_unreadable_file_is_a_failure_in_one_line(tmp_path: Path, name: str, why: str) -> None:
    command = Command()
    assert command.run(str(tmp_path / name)) == detectliveface.FAILURE
    (line,) = command.err
    assert why in line
    assert line.isprintable()


def test_unprintable_characters_of_a_name_are_replaced() -> None:
    assert detectliveface.displayed("a\udc80\n\x1b[31m") == "a???[31m"


def test_the_options_are_the_settings_of_the_service() -> None:
    command = Command(LIVE)
    options = {
        "--endpoint": "http://127.0.0.1:8080",
        "--region": "ap-singapore",
        "--action": "DetectLiveFaceAccurate",
        "--face-model-version": "3.0",
        "--language": "zh-CN",
    }
    command.run(URL, *(text for option in options.items() for text in option))
    accurate = Action.DETECT_LIVE_FACE_ACCURATE
    endpoint = "http://127.0.0.1:8080"
    assert command.config == ServiceConfig(endpoint, "ap-singapore", accurate, "3.0", "zh-CN")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "the following arguments are required: PICTURE_OR_URL"),
        ([URL, "--endpoint", "http://example.com"], "must use https"),
        ([URL, "--timeout", "0"], "give seconds, up to 86,400"),
        ([URL, "--timeout", "nan"], "give seconds"),
        ([URL, "--timeout", "soon"], "give seconds"),
        ([URL, "--action", "Other"], "invalid choice"),
    ],
)
def test_a_usage_error_is_one_line(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        Command().run(*argv)
    assert caught.value.code == detectliveface.USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert line.endswith("(see detectliveface --help)")


def test_help_documents_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        Command().run("--help")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "exit codes: 0 all live, 1 one is not live, 2 usage" in shown
    assert "TENCENTCLOUD_SECRET_ID" in shown


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (
            CredentialsRefusedError,
            "check SecretId, SecretKey and token in the console, CAM > API keys",
        ),
        (AccountBlockedError, "see billing, permissions and the Action in the console: a message"),
        (RequestRefusedError, "check the address and the options of this command: a message"),
        (ThrottledError, "send fewer requests a second, or try again later"),
        (ImageDownloadError, "the service cannot fetch the address: give the picture as a file"),
        (ServiceUnreachableError, "check --endpoint, --timeout, network and proxy: a message"),
        (TransientError, "try again later: a message"),
    ],
)
def test_every_error_has_advice(kind: type[DetectionError], advice: str) -> None:
    assert advice_on(kind(ErrorResponse("Code", "a message"))) == advice


@pytest.mark.parametrize("given", [None, ["--explain", URL]])
def test_main_uses_the_process_and_its_streams(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[str] | None
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["detectliveface", "--explain", URL, "/nowhere.jpg"])
    code = detectliveface.main(given)
    shown = capsys.readouterr()
    assert "CanonicalRequest" in shown.out
    assert (code, "nowhere" in shown.err) == ((0, False) if given else (4, True))


def test_python_m_exits_with_the_commands_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["detectliveface"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(detectliveface.__file__), run_name="__main__")
    assert caught.value.code == detectliveface.USAGE
    assert "PICTURE_OR_URL" in capsys.readouterr().err


def test_an_interrupt_prints_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(DetectLiveFaceClient, "call", interrupted)
    assert detectliveface.main([URL]) == detectliveface.INTERRUPTED
    assert capsys.readouterr().err == "detectliveface: interrupted\n"


def test_a_closed_pipe_ends_the_command_silently(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken_pipe(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(DetectLiveFaceClient, "call", broken_pipe)
    with (tmp_path / "output").open("w") as output:
        monkeypatch.setattr("sys.stdout", output)
        assert detectliveface.main([URL]) == detectliveface.BROKEN_PIPE
        output.write("into the void")

    assert "void" not in (tmp_path / "output").read_text()
    assert capsys.readouterr().err == ""


def test_live_alone_is_a_success() -> None:
    assert detectliveface.exit_code([]) == detectliveface.LIVE
    assert detectliveface.exit_code([Outcome.LIVE]) == detectliveface.LIVE
