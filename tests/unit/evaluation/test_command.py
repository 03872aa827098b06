"""`detectliveface evaluate` among fakes: what is asked, sent, kept and reported."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from evaluation.command import Dependencies, run
from evaluation.results import read_results
from liveness.errors import (
    AccountBlockedError,
    AwsServiceError,
    ThrottledError,
    UnknownModelError,
)
from liveness.models import Action, Deadline, ErrorResponse, Outcome
from liveness.ports import CredentialsProvider
from liveness.tencent.request import ServiceConfig
from liveness.tencent.response import DetectLiveFaceResponse
from tests.unit.tencent.command import BMP, ENVIRONMENT, LIVE, REJECTED

ANSWER = ErrorResponse("Code", "message")
NAMES = ("bona_fide/a.bmp", "bona_fide/b.bmp", "attack/print/c.bmp")

type Reply = DetectLiveFaceResponse | BaseException


class Command:
    """The command among fakes; `replies` by the number that follows a picture's bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out: list[str] = []
        self.err: list[str] = []
        self.asked: list[str] = []
        self.sent: list[tuple[str, int]] = []
        self.waited: list[float] = []
        self.replies: dict[int, Reply] = {}
        self.typed = "yes"
        self.configs: list[ServiceConfig] = []
        self.environment = ENVIRONMENT
        self._lock = threading.Lock()
        for index, name in enumerate(NAMES):
            path = folder / "pictures" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(BMP + bytes([index]))

    def __call__(self, *arguments: str) -> int:
        self.out.clear()
        self.err.clear()
        dependencies = Dependencies(
            environment=self.environment,
            print_line=self.out.append,
            print_error=self.err.append,
            typed=self._type,
            create_client=self._client,
            secret=self._secret,
            monotonic=lambda: 0.0,
            sleep=self.waited.append,
        )
        return run(arguments, dependencies)

    def send(self, *arguments: str) -> int:
        return self(str(self.folder / "pictures"), "--results", str(self.results), *arguments)

    @property
    def results(self) -> Path:
        return self.folder / "results.csv"

    def outcomes(self) -> dict[str, Outcome]:
        return {each.presentation.picture: each.outcome for each in read_results(self.results)}

    def json(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads("\n".join(self.out))
        return shown

    def _type(self, question: str) -> str:
        self.asked.append(question)
        return self.typed

    def _client(self, _credentials: CredentialsProvider, config: ServiceConfig) -> Client:
        self.configs.append(config)
        return Client(self, config.action)

    def _secret(self, _arn: str) -> CredentialsProvider:
        raise AwsServiceError("secretsmanager", "AccessDeniedException")

    def reply(self, action: Action, index: int) -> DetectLiveFaceResponse:
        with self._lock:
            self.sent.append((action.value, index))
        reply = self.replies.get(index, LIVE)
        if isinstance(reply, BaseException):
            raise reply
        return reply


class Client:
    def __init__(self, command: Command, action: Action) -> None:
        self._command, self._action = command, action

    def call(
        self, *, url: str | None = None, image: bytes | None = None, deadline: Deadline
    ) -> DetectLiveFaceResponse:
        assert image
        assert not url
        assert deadline.remaining == 15
        return self._command.reply(self._action, image[-1])


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(tmp_path)


def test_the_price_is_shown_and_asked_for_before_anything_is_sent(command: Command) -> None:
    command.typed = "no"

    assert command.send("--json") == 1
    assert command.sent == []
    assert command.err == [
        "3 calls, at most CNY 0.01 (CNY 0.0019 each, docs/cost.md); 0 answered before; about "
        "0:00:01 at 20 a second.",
        "Nothing was sent.",
    ]
    assert command.asked == ["Send 3 pictures to https://iai.tencentcloudapi.com? (yes/no) "]


def test_with_yes_nothing_is_asked_and_every_picture_has_its_row(command: Command) -> None:
    command.replies[1] = REJECTED

    assert command.send("--yes", "--json") == 0
    assert command.asked == []
    assert sorted(command.sent) == [("DetectLiveFace", index) for index in range(3)]
    assert command.outcomes() == {
        "bona_fide/a.bmp": Outcome.LIVE,
        "bona_fide/b.bmp": Outcome.RETAKE,
        "attack/print/c.bmp": Outcome.LIVE,
    }
    shown = command.json()
    assert shown["bona_fide"]["non_response_reasons"] == {"no_face": 1}
    assert shown["worst_apcer"] == 1


def test_what_has_an_answer_is_not_sent_again(command: Command) -> None:
    command.replies[1] = ThrottledError(ANSWER)
    command.send("--yes", "--json")
    command.replies.clear()
    command.sent.clear()

    assert command.send("--yes", "--json") == 0
    assert command.sent == [("DetectLiveFace", 1)]
    assert set(command.outcomes().values()) == {Outcome.LIVE}


def test_with_nothing_to_send_neither_a_key_nor_an_answer_is_needed(command: Command) -> None:
    command.send("--yes", "--json")
    command.environment = {}

    assert command.send("--json") == 0
    assert command.asked == []


def test_an_answer_of_an_unknown_model_was_billed_and_is_not_asked_for_again(
    command: Command,
) -> None:
    command.replies[1] = UnknownModelError(ANSWER)
    command.send("--yes", "--json")
    command.sent.clear()
    command.send("--yes", "--json")

    assert command.sent == []
    assert command.outcomes()["bona_fide/b.bmp"] is Outcome.FAILED


def test_both_actions_get_every_picture_with_the_model_where_there_is_a_choice(
    command: Command,
) -> None:
    both = ("--action", "DetectLiveFace", "--action", "DetectLiveFaceAccurate")

    assert command.send("--yes", "--json", "--face-model-version", "2.0", *both) == 0
    assert len(command.sent) == len(set(command.sent)) == 6
    models = [(config.action.value, config.face_model_version) for config in command.configs]
    assert models == [("DetectLiveFace", "2.0"), ("DetectLiveFaceAccurate", None)]


def test_what_is_wrong_for_every_picture_stops_the_others(command: Command) -> None:
    command.replies[0] = AccountBlockedError(ANSWER)

    assert command.send("--yes", "--workers", "1") == 1
    assert command.sent == [("DetectLiveFace", 0)]
    assert "see billing, permissions and the Action" in command.err[-1]
    assert command.outcomes() == {}


def test_calls_are_spaced_by_the_rate(command: Command) -> None:
    command.send("--yes", "--json", "--rate", "10", "--workers", "1")

    assert command.waited == pytest.approx([0.1, 0.2])


def test_an_interrupt_keeps_what_is_answered_and_says_how_to_go_on(command: Command) -> None:
    command.replies[1] = KeyboardInterrupt()

    assert command.send("--yes", "--workers", "1") == 130
    assert "the same command goes on" in command.err[-1]
    assert command.outcomes() == {"bona_fide/a.bmp": Outcome.LIVE}


def test_a_file_that_cannot_be_read_is_a_failure_with_its_reason(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text("path,label\nnone.jpg,attack\n")
    command(str(tmp_path / "labels.csv"), "--results", str(command.results), "--yes", "--json")

    (result,) = read_results(command.results)
    assert (result.outcome, result.reason) == (Outcome.FAILED, "file_unreadable")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [([], "set TENCENTCLOUD_SECRET_ID"), (["--secret-arn", "arn:x"], "check --secret-arn")],
)
def test_without_credentials_nothing_is_asked_or_sent(
    command: Command, arguments: list[str], line: str
) -> None:
    command.environment = {}

    assert command.send("--yes", *arguments) == 2
    assert line in command.err[-1]
    assert command.asked == []
    assert command.sent == []


def test_results_are_read_without_a_call_and_reported_with_both_pictures(
    command: Command, tmp_path: Path
) -> None:
    command.send("--yes", "--json")
    command.environment = {}
    command.sent.clear()

    assert command("--results", str(command.results), "--report", str(tmp_path / "kept")) == 0
    assert command.sent == []
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "report.md",
        "det.png",
        "det.svg",
    }
    assert (tmp_path / "kept" / "report.md").read_text() == command.out[0]


def test_json_alone_writes_no_report(command: Command, tmp_path: Path) -> None:
    command.send("--yes", "--json")

    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "results.csv"}


def test_without_matplotlib_one_line_says_what_to_do_and_no_picture_is_a_way(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.send("--yes", "--json")
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    assert command("--results", str(command.results)) == 1
    assert command.err == [
        "detectliveface evaluate: The DET curve needs matplotlib: `make setup` installs it; "
        "--no-picture does without."
    ]
    assert command("--results", str(command.results), "--no-picture") == 0
    assert "det.svg" not in command.out[0]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "give PICTURES to send, or --results to read"),
        (["p", "--rate", "41"], "not a number from 1 to 40"),
        (["p", "--workers", "0"], "not a number from 1 to 32"),
        (["p", "--max-apcer", "5"], "no share from 0 to 1"),
        (["p", "--max-apcer", "x"], "no share from 0 to 1"),
        (["p", "--max-apcer", "NaN"], "no share from 0 to 1"),
        (["p", "--action", "DetectLiveFaceAccurate", "--face-model-version", "2.0"], "models 3.0"),
        (["p", "--endpoint", "http://example.com"], "must use https"),
    ],
)
def test_wrong_usage_is_one_line(
    command: Command, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command(*arguments)

    assert problem in capsys.readouterr().err


def test_an_empty_results_file_is_nothing_to_evaluate(command: Command) -> None:
    command.results.write_text(
        "picture,label,instrument,outcome,reason,score,action,face_model_version\n"
    )

    assert command("--results", str(command.results)) == 1
    assert "no results to evaluate" in command.err[-1]


def test_a_report_that_cannot_be_written_is_one_line(command: Command, tmp_path: Path) -> None:
    command.send("--yes", "--json")

    assert command("--results", str(command.results), "--report", str(command.results)) == 1
    assert "cannot be written" in command.err[-1]
