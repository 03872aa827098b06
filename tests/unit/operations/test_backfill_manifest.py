"""`backfill` reads manifests of S3 Inventory and S3 Batch Operations, and names a broken line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from tests.unit.operations.old_pictures import BUCKET, STORED_AT, OldPictures, pictures
from tests.unit.operations.test_backfill import HOSTILE, cells

__all__ = ["pictures"]

AT = STORED_AT.isoformat().replace("+00:00", ".000Z")
SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"


def inventory_line(key: str, version: str = "v1", *, marker: str = "false") -> str:
    cells = (BUCKET, quote_plus(key), version, "true", marker, "10", AT, "e-1")
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.csv"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_without_a_version_mean_the_latest_and_what_is_gone_is_counted(
    ending: str, pictures: OldPictures, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [HOSTILE, "unversioned.jpg", "gone.jpg", "deleted.jpg", "archived.jpg"]
    lines = [f"{BUCKET},{quote_plus(key, safe='/')}" for key in keys]
    path.write_bytes(b"\xef\xbb\xbf" + ending.join([*lines, ""]).encode())
    pictures.s3.heads = {
        (HOSTILE, None): {"VersionId": "v9"},
        ("unversioned.jpg", None): {},
        ("deleted.jpg", None): "405",
        ("archived.jpg", None): {"VersionId": "v1", "StorageClass": "GLACIER"},
    }

    assert pictures.run("--manifest", str(path), "--yes") == 0

    assert pictures.names == [f"{HOSTILE}@v9", "unversioned.jpg@etag:e-head"]
    counts = cells(capsys.readouterr().out)
    assert counts["gone since the manifest was written"] == "2"
    assert counts["archived"] == "1"
    assert counts["to judge"] == "2"
    assert counts["their size"] == "4.0 kB"


def test_lines_of_batch_operations_with_versions_are_completed_by_their_head(
    pictures: OldPictures, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("1.jpg,v1", "null.jpg,null", "over.jpg,null", "empty.jpg,", "1.jpg,v1")
    path.write_text("".join(f"{BUCKET},{name}\n" for name in names))
    pictures.s3.heads = {
        ("1.jpg", "v1"): {"VersionId": "v1"},
        ("null.jpg", None): {"VersionId": "null"},
        ("over.jpg", None): {"VersionId": "v2"},
        ("empty.jpg", None): {"VersionId": "v3"},
    }

    assert pictures.run("--manifest", str(path), "--yes") == 0

    assert set(pictures.names) == {"1.jpg@v1", "null.jpg@etag:e-head", "empty.jpg@v3"}
    output = capsys.readouterr().out
    assert cells(output)["overwritten, and without a version id"] == "1"
    assert "(100%)" in output


def test_an_inventory_needs_no_request_for_an_object_and_its_delete_markers_are_left_out(
    pictures: OldPictures, path: Path
) -> None:
    lines = inventory_line(HOSTILE) + inventory_line("m.jpg", marker="true")
    path.write_bytes(gzip.compress(lines.encode()))

    assert pictures.run("--manifest", str(path), "--yes") == 0

    (sent,) = pictures.sent
    assert sent.name == (f"s3://{BUCKET}/{HOSTILE}", "v1")
    assert sent.record["eventTime"] == AT
    assert sent.record["s3"]["object"]["size"] == 10


def test_an_inventory_is_read_from_s3_by_its_manifest_json(pictures: OldPictures) -> None:
    document = {
        "fileFormat": "CSV",
        "fileSchema": SCHEMA,
        "destinationBucket": "arn:aws:s3:::lists",
        "files": [{"key": "data/1.csv.gz"}, {"key": "data/2.csv.gz"}],
    }
    pictures.s3.contents = {
        "s3://lists/2026/manifest.json": json.dumps(document).encode(),
        "s3://lists/data/1.csv.gz": gzip.compress(inventory_line("1.jpg").encode()),
        "s3://lists/data/2.csv.gz": gzip.compress(inventory_line("2.jpg").encode()),
    }

    assert pictures.run("--manifest", "s3://lists/2026/manifest.json", "--yes") == 0

    assert pictures.names == ["1.jpg@v1", "2.jpg@v1"]
    assert pictures.sent[0].record["s3"]["object"]["eTag"] == "e-1"


def test_prefix_and_since_count_for_a_manifest_too(
    pictures: OldPictures, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("".join(map(inventory_line, ("a/1.jpg", "b/2.jpg", "b/c/3.jpg"))))
    sources = {"SourceBuckets": "archive", "KeyPrefixes": "b/c/"}

    assert pictures.run("--manifest", str(path), "--prefix", "b/", "--yes", **sources) == 0
    assert pictures.names == ["b/2.jpg@v1", "b/c/3.jpg@v1"]
    assert cells(capsys.readouterr().out)["outside of the prefixes"] == "1"

    assert pictures.run("--manifest", str(path), "--since", "9d", "--yes") == 0
    assert len(pictures.sent) == 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{BUCKET}", "it has 1 column; a line is Bucket,Key[,VersionId], or has an inventory's c"),
        (
            f"{BUCKET},a,v1,true",
            "it has 4 columns; a line is Bucket,Key[,VersionId], or has an inventory's",
        ),
        (f"{BUCKET},", "the key is not 1 to 1,024 bytes long"),
        (f"{BUCKET},{'a' * 1025}", "the key is not 1 to 1,024 bytes long"),
        (f"{BUCKET},%ff.jpg", "the key is not URL-encoded UTF-8"),
        (f"{BUCKET},a,v 1", "the version id is not of the form S3 gives it"),
        (f"{BUCKET},a,v1,yes,false", "IsLatest is neither true nor false"),
        (f"{BUCKET},a,v1,true,no", "IsDeleteMarker is neither true nor false"),
        (f"{BUCKET},a,v1,true,false,big,2026-11-01T00:00:00Z", "the size is not a number of bytes"),
        (f"{BUCKET},a,v1,true,false,1,today", "LastModifiedDate is not a time in ISO 8601"),
        (f"{BUCKET},a,v1,true,false,1,2026-11-01", "LastModifiedDate has no time zone"),
        (",a", "the bucket is missing"),
        ("other-bucket,a", "'other-bucket' is no source of this stack"),
        (f'{BUCKET},"a"b', "',' expected after '\"'"),
        (f"{BUCKET},a,bad-id", "S3 has no such version id"),
    ],
)
def test_a_broken_line_is_named_by_its_number_and_nothing_is_sent(
    line: str, why: str, pictures: OldPictures, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(f"{BUCKET},1.jpg\n\n{line}\n{BUCKET},2.jpg\n")
    pictures.s3.heads = {(f"{n}.jpg", None): {"VersionId": "v1"} for n in (1, 2)}
    pictures.s3.heads["a", "bad-id"] = "400"

    assert pictures.run("--manifest", str(path), "--yes") == 1

    error = capsys.readouterr().err
    assert error.startswith(f"{path}, line 3: {why}")
    assert error.endswith(". Nothing was sent.\n")
    assert error.count("\n") == 1
    assert pictures.sent == []


def test_bytes_that_are_no_utf_8_are_named_by_their_line(
    pictures: OldPictures, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(f"{BUCKET},1.jpg\n{BUCKET},\xff.jpg\n".encode("latin-1"))

    assert pictures.run("--manifest", str(path), "--yes") == 1
    assert f"{path}, line 2: the key is not URL-encoded UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("cut", [5, 30])
def test_a_file_that_is_cut_off_is_one_line(
    cut: int, pictures: OldPictures, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(gzip.compress(inventory_line("1.jpg").encode())[:-cut])

    assert pictures.run("--manifest", str(path), "--yes") == 1

    error = capsys.readouterr().err
    assert "the file cannot be read (" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "contents", "text"),
    [
        ("/nowhere.csv", {}, "There is no file '/nowhere.csv' to read as a manifest."),
        ("s3://lists/1.csv", {}, "There is no object 's3://lists/1.csv' to read as a manifest."),
        ("s3://lists/m.json", b"[1]", "s3://lists/m.json is not the manifest.json of an S3 Inv"),
        (
            "s3://lists/m.json",
            b'{"fileFormat": "ORC", "fileSchema": "", "destinationBucket": "b", "files": []}',
            "s3://lists/m.json is an inventory as ORC: take CSV.",
        ),
    ],
)
def test_a_manifest_that_is_none_is_one_line(
    name: str,
    contents: bytes | Mapping[str, bytes],
    text: str,
    pictures: OldPictures,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if isinstance(contents, bytes):
        pictures.s3.contents[name] = contents

    assert pictures.run("--manifest", name, "--yes") == 1

    error = capsys.readouterr().err
    assert error.startswith(text)
    assert error.count("\n") == 1
