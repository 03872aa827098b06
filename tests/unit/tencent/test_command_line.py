"""The command line: what it asks, prints and returns."""

from __future__ import annotations

import json
import runpy
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from liveness.errors import (
    AccountBlocked,
    CredentialsRefused,
    ErrorAnswer,
    LivenessError,
    PictureNotDownloaded,
    RequestRefused,
    ServiceUnreachable,
    Throttled,
    TransientFault,
)
from liveness.model import Action, Outcome
from liveness.picture import ADVICE
from liveness.tencent import __main__ as command
from liveness.tencent.answer import (
    Answer,
    DetectLiveFaceAccurateAnswer,
    DetectLiveFaceAnswer,
)
from liveness.tencent.client import DetectLiveFaceClient, Service
from liveness.tencent.terminal import what_to_do
from tests.unit.tencent.terminal import (
    BMP,
    DOWN,
    ENVIRONMENT,
    LIVE,
    REJECTED,
    SPOOF,
    URL,
    Terminal,
)


def test_an_address_is_asked_about_as_url_and_a_file_as_image(tmp_path: Path) -> None:
    picture = tmp_path / "selfie.bmp"
    picture.write_bytes(BMP)
    terminal = Terminal(LIVE, LIVE)
    assert terminal.run(URL, str(picture), "--timeout", "7") == command.LIVE
    assert terminal.asked == [(URL, None, 7.0), (None, BMP, 7.0)]
    assert terminal.err == []


def test_the_table_has_a_row_for_each_picture_without_an_addresss_query() -> None:
    terminal = Terminal(LIVE, SPOOF, REJECTED, DOWN)
    terminal.run(URL, "https://e.com/b", "https://e.com/c", "https://e.com/d")
    assert terminal.out == [
        "PICTURE                         OUTCOME     SCORE  MODEL  REQUEST ID",
        "https://example.com/selfie.jpg  live            -  3.0    r-live",
        "https://e.com/b                 not_live     12.5  2.0    r-spoof",
        "https://e.com/c                 retake          -  -      r-no",
        "https://e.com/d                 failed          -  -      -",
    ]
    assert terminal.err == [
        "detectliveface: https://e.com/c: InvalidParameterValue.NoFaceInPhoto: Show your face.",
        "detectliveface: https://e.com/d: NoAnswer.TimedOut: check --endpoint, --timeout, "
        "network and proxy: no complete answer came in time",
    ]


def test_json_has_the_documented_shape_on_a_line_for_each_picture(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    accurate = DetectLiveFaceAccurateAnswer(Decimal("61.25"), "3.0", "r-accurate")
    bare = DetectLiveFaceAnswer(None, True, "3.0", "r-bare")
    half = DetectLiveFaceAnswer(Decimal(99), None, "2.0", "r-half")
    terminal = Terminal(LIVE, accurate, bare, half, REJECTED)
    terminal.run("--json", *[URL] * 5, str(text))
    assert [json.loads(line)["Response"] for line in terminal.out] == [
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
                "Code": "PictureUnfit.format_text",
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
def test_exit_codes_differ_and_the_gravest_counts(
    replies: list[Answer | LivenessError], code: int
) -> None:
    assert Terminal(*replies).run(*[URL] * len(replies)) == code


def test_an_answer_that_the_rules_cannot_read_is_a_failure() -> None:
    accurate_2 = DetectLiveFaceAccurateAnswer(Decimal(50), "2.0", "r-odd")
    assert Terminal(accurate_2).run(URL) == command.FAILURE


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing.jpg", "No such file or directory"), (".", "Is a directory"), ("a\0b", "not a file")],
)
def test_a_file_that_cannot_be_read_is_a_failure_in_one_line(
    tmp_path: Path, name: str, why: str
) -> None:
    terminal = Terminal()
    assert terminal.run(str(tmp_path / name)) == command.FAILURE
    (line,) = terminal.err
    assert why in line
    assert line.isprintable()


def test_a_name_no_terminal_can_show_is_shown_all_the_same() -> None:
    assert command.shown("a\udc80\n\x1b[31m") == "a???[31m"


def test_the_options_are_the_services_settings() -> None:
    terminal = Terminal(LIVE)
    options = {
        "--endpoint": "http://127.0.0.1:8080",
        "--region": "ap-singapore",
        "--action": "DetectLiveFaceAccurate",
        "--face-model-version": "3.0",
        "--language": "zh-CN",
    }
    terminal.run(URL, *(text for option in options.items() for text in option))
    accurate = Action.DETECT_LIVE_FACE_ACCURATE
    endpoint = "http://127.0.0.1:8080"
    assert terminal.service == Service(endpoint, "ap-singapore", accurate, "3.0", "zh-CN")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ([], "the following arguments are required: PICTURE_OR_URL"),
        ([URL, "--endpoint", "http://example.com"], "must use https"),
        ([URL, "--timeout", "0"], "give seconds, up to 86,400"),
        ([URL, "--timeout", "nan"], "give seconds"),
        ([URL, "--timeout", "soon"], "give seconds"),
        ([URL, "--action", "Other"], "invalid choice"),
    ],
)
def test_wrong_usage_is_one_line(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        Terminal().run(*argv)
    assert caught.value.code == command.USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert line.endswith("(see detectliveface --help)")


def test_help_documents_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        Terminal().run("--help")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "exit codes: 0 all live, 1 one is not live, 2 usage" in shown
    assert "TENCENTCLOUD_SECRET_ID" in shown


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (CredentialsRefused, "check SecretId, SecretKey and token in the console, CAM > API keys"),
        (AccountBlocked, "see billing, permissions and the Action in the console: told so"),
        (RequestRefused, "check the address and the options of this command: told so"),
        (Throttled, "send fewer requests a second, or try again later"),
        (PictureNotDownloaded, "the service cannot fetch the address: give the picture as a file"),
        (ServiceUnreachable, "check --endpoint, --timeout, network and proxy: told so"),
        (TransientFault, "try again later: told so"),
    ],
)
def test_every_failure_says_what_to_do(kind: type[TransientFault], told: str) -> None:
    assert what_to_do(kind(ErrorAnswer("Code", "told so"))) == told


@pytest.mark.parametrize("given", [None, ["--explain", URL]])
def test_main_uses_the_process_and_its_streams(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[str] | None
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["detectliveface", "--explain", URL, "/nowhere.jpg"])
    code = command.main(given)
    shown = capsys.readouterr()
    assert "CanonicalRequest" in shown.out
    assert (code, "nowhere" in shown.err) == ((0, False) if given else (4, True))


def test_python_m_exits_with_the_commands_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["detectliveface"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(command.__file__), run_name="__main__")
    assert caught.value.code == command.USAGE
    assert "PICTURE_OR_URL" in capsys.readouterr().err


def test_an_interrupt_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(DetectLiveFaceClient, "call", interrupted)
    assert command.main([URL]) == command.INTERRUPTED
    assert capsys.readouterr().err == "detectliveface: interrupted\n"


def test_a_reader_who_has_seen_enough_ends_it_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def nobody_reads(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(DetectLiveFaceClient, "call", nobody_reads)
    with (tmp_path / "output").open("w") as output:
        monkeypatch.setattr("sys.stdout", output)
        assert command.main([URL]) == command.NO_LONGER_READ
        output.write("into the void")

    assert "void" not in (tmp_path / "output").read_text()
    assert capsys.readouterr().err == ""


def test_outcomes_without_weight_are_a_success() -> None:
    assert command.exit_code([]) == command.LIVE
    assert command.exit_code([Outcome.LIVE]) == command.LIVE
