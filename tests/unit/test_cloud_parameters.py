"""`make cloud PARAMETERS=…`: what it takes, what it refuses, and which buckets it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from samcli.cli.types import CfnParameterOverridesType

from liveness.credentials import TencentCredentials
from liveness.sources import Sources
from local.cloud import LocalCloud, main, with_upload_api
from local.console import UserError
from local.emulator import Emulator
from local.parameters import read_parameters
from local.sam_cli import parameter_override

OUTPUTS = dict.fromkeys(
    [
        "UploadBucketName",
        "VerdictsTableName",
        "VerdictsTopicArn",
        "RetryQueueUrl",
        "FailedUploadsQueueUrl",
        "TencentSecretArn",
        "CheckLivenessFunctionName",
    ],
    "ours",
)


def cloud(outputs: Mapping[str, str], *source_buckets: str) -> LocalCloud:
    emulator = Emulator("https://127.0.0.1:1", Path("log"), Path("ca.pem"))
    fake: Any = SimpleNamespace(url="https://127.0.0.1:2")
    key = TencentCredentials("FAKEID", "key")
    sources = Sources(outputs.get("UploadBucketName"), source_buckets)
    return LocalCloud(emulator, fake, outputs, "queue", key, sources)


def test_words_are_parameters_and_a_value_may_have_an_equals_sign_or_be_a_list() -> None:
    assert read_parameters("  SourceBuckets=a,b\n KeyPrefixes=day=1/,selfies/ TagUploads=on ") == {
        "SourceBuckets": "a,b",
        "KeyPrefixes": "day=1/,selfies/",
        "TagUploads": "on",
    }
    assert read_parameters("") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LogLevel", r"'LogLevel' is not Name=value\. Write words like PARAMETERS='"),
        ("=DEBUG", r"'=DEBUG' is not Name=value\."),
        ("LogLevl=DEBUG", r"template\.yaml has no parameter 'LogLevl'\. Did you mean LogLevel\?"),
        ("Q=1", r"template\.yaml has no parameter 'Q'\. README\.md lists the parameters\."),
        ("LogLevel=DEBUG LogLevel=INFO", r"LogLevel is given twice\."),
        ("LogLevel=", r"LogLevel has no value\. Leave it out"),
        ("KeyPrefixes=a,,b", r"'KeyPrefixes=a,,b' has an empty item\."),
        ("SourceBucket=a", r"template\.yaml has no parameter 'SourceBucket'. Did you mean Source"),
        ("SourceKmsKeyArns=a,", r"'SourceKmsKeyArns=a,' has an empty item\."),
    ],
)
def test_what_the_deployment_would_misread_is_refused_with_what_to_do(
    text: str, message: str
) -> None:
    with pytest.raises(UserError, match=f"^{message}"):
        read_parameters(text)


@pytest.mark.parametrize("value", ["a,b", "two words/", 'a "quoted" one', "it's/", "a=b/é$x"])
def test_sam_cli_reads_a_value_as_it_was_given(value: str) -> None:
    word = parameter_override("KeyPrefixes", value)

    assert CfnParameterOverridesType().convert((word,), None, None) == {"KeyPrefixes": value}


def test_a_refusal_is_one_line_before_anything_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["cloud", "--parameters=LogLevel=INFO Nonsense"])

    assert main() == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("'Nonsense' is not Name=value.")
    assert output.err.count("\n") == 1


def test_a_stack_without_a_bucket_of_its_own_has_the_first_source_bucket_in_its_place() -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if name != "UploadBucketName"}

    variables = cloud(outputs, "first", "second").variables()

    assert variables["UPLOAD_BUCKET"] == "first"
    assert variables["SOURCE_BUCKETS"] == "first,second"


def test_the_stacks_own_bucket_comes_before_the_source_buckets() -> None:
    variables = cloud(OUTPUTS, "first").variables()

    assert variables["UPLOAD_BUCKET"] == "ours"
    assert variables["SOURCE_BUCKETS"] == "ours,first"
    assert cloud(OUTPUTS).variables()["SOURCE_BUCKETS"] == "ours"


def test_clouds_that_people_start_have_the_upload_api() -> None:
    assert with_upload_api({})["UploadApi"] == "on"
    assert with_upload_api({"UploadApi": "off"})["UploadApi"] == "off"
    # There is no bucket then that it could upload to.
    assert with_upload_api({"CreateUploadBucket": "off"}) == {"CreateUploadBucket": "off"}
