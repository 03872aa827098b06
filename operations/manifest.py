"""A manifest: the list of objects that S3 Inventory or an operator has written, as CSV.

Three shapes are read, plain or compressed by gzip, from a file or an s3:// address: `Bucket,Key`
and `Bucket,Key,VersionId` of S3 Batch Operations; `Bucket,Key,VersionId,IsLatest,IsDeleteMarker,
Size,LastModifiedDate` and more of S3 Inventory; and the manifest.json of an inventory, which names
its columns and files. Keys are URL-encoded in all of them.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from liveness.aws.errors import error_code
from operations.console import counted
from operations.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_INVENTORY = (
    *("Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker"),
    *("Size", "LastModifiedDate"),
)
# Columns by their number; further ones of an inventory are in an order of its own.
_COLUMNS: Mapping[int, Sequence[str]] = {2: _INVENTORY[:2], 3: _INVENTORY[:3]}
_FEWEST_OF_AN_INVENTORY = 5
_GZIP = b"\x1f\x8b"
_MAX_KEY_BYTES = 1024
_VERSION_ID = re.compile(r"[!-9;-~]{1,1024}")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a manifest; None is what the line does not say.

    `place` is for messages: the file's name and the line's number.
    """

    place: str
    bucket: str
    key: str
    version_id: str | None = None
    is_delete_marker: bool = False
    size: int | None = None
    last_modified: datetime | None = None
    etag: str = ""
    storage_class: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    path: Path
    columns: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a manifest on this machine, which can be read more than once."""

    files: Sequence[_File]

    def entries(self) -> Iterator[Entry]:
        """Yield line by line. Raises UserError, with its number, at one that cannot be read."""
        for file in self.files:
            yield from _entries(file)


@contextmanager
def open_manifest(s3: S3Client, name: str) -> Iterator[Manifest]:
    """Open a path or an s3:// address; what is in S3 is copied first, into a temporary folder.

    So both passes read the same, and no connection to S3 stays open for hours. Raises UserError.
    """
    with TemporaryDirectory() as folder:
        file = _File(name, _local(s3, name, Path(folder) / "manifest"))
        inventory = name.endswith(".json")
        yield Manifest(_inventory_files(s3, file, Path(folder)) if inventory else [file])


def _local(s3: S3Client, name: str, copy: Path) -> Path:
    if not name.startswith("s3://"):
        if not Path(name).is_file():
            raise UserError(f"There is no file {name!r} to read as a manifest.")
        return Path(name)
    bucket, _, key = name.removeprefix("s3://").partition("/")
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        if error_code(error) in {"NoSuchKey", "NoSuchBucket"}:
            raise UserError(f"There is no object {name!r} to read as a manifest.") from error
        raise
    with copy.open("wb") as file:
        shutil.copyfileobj(body, file)
    return copy


def _inventory_files(s3: S3Client, manifest: _File, folder: Path) -> Sequence[_File]:
    """The files that an inventory's manifest.json lists, in its destination bucket."""
    try:
        content: Any = json.loads(manifest.path.read_bytes())
        is_csv, columns = content["fileFormat"] == "CSV", content["fileSchema"].split(",")
        bucket = content["destinationBucket"].rpartition(":")[2]
        names = [f"s3://{bucket}/{file['key']}" for file in content["files"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{manifest.name} is not the manifest.json of an S3 Inventory.") from error
    if not is_csv:
        raise UserError(f"{manifest.name} is an inventory as {content['fileFormat']}: take CSV.")
    named = [column.strip() for column in columns]
    return [
        _File(name, _local(s3, name, folder / str(number)), named)
        for number, name in enumerate(names)
    ]


def _entries(file: _File) -> Iterator[Entry]:
    with _open_text(file.path) as text:
        lines = csv.reader(text, strict=True)
        try:
            for cells in lines:
                if cells:
                    yield _entry(cells, file.columns, f"{file.name}, line {lines.line_num}")
        except csv.Error as error:
            raise UserError(f"{file.name}, line {lines.line_num}: {error}.") from error
        except (EOFError, OSError, zlib.error) as error:
            place = f"{file.name}, after line {lines.line_num}"
            raise UserError(f"{place}: the file cannot be read ({error}).") from error


def _open_text(path: Path) -> TextIO:
    with path.open("rb") as file:
        opened: Any = gzip.open if file.read(len(_GZIP)) == _GZIP else open
    # What is no UTF-8 is found with its line, in the key.
    text: TextIO = opened(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return text


def _entry(cells: Sequence[str], columns: Sequence[str] | None, place: str) -> Entry:
    try:
        return _parsed(dict(zip(columns or _usual(cells), cells, strict=False)), place)
    except ValueError as error:
        raise UserError(f"{place}: {error}.") from error


def _usual(cells: Sequence[str]) -> Sequence[str]:
    if len(cells) >= _FEWEST_OF_AN_INVENTORY:
        return _INVENTORY
    if len(cells) not in _COLUMNS:
        raise ValueError(
            f"it has {counted(len(cells), 'column')}; a line is Bucket,Key[,VersionId], or has an "
            "inventory's columns, from Bucket,Key,VersionId,IsLatest,IsDeleteMarker on"
        )
    return _COLUMNS[len(cells)]


def _parsed(named: Mapping[str, str], place: str) -> Entry:
    version_id, size = named.get("VersionId", ""), named.get("Size", "")
    if version_id and not _VERSION_ID.fullmatch(version_id):
        raise ValueError("the version id is not of the form S3 gives it")
    if size and not size.isdecimal():
        raise ValueError("the size is not a number of bytes")
    _boolean(named, "IsLatest")
    if not named.get("Bucket"):
        raise ValueError("the bucket is missing")
    return Entry(
        place,
        named["Bucket"],
        _key(named.get("Key", "")),
        version_id or None,
        _boolean(named, "IsDeleteMarker"),
        int(size) if size else None,
        _time(named.get("LastModifiedDate", "")),
        named.get("ETag", ""),
        named.get("StorageClass", ""),
    )


def _key(encoded: str) -> str:
    try:
        key = unquote_plus(encoded, errors="strict")
        length = len(key.encode())
    except UnicodeError:
        # The cause is left out: its text would quote from the key.
        raise ValueError("the key is not URL-encoded UTF-8") from None
    if not 1 <= length <= _MAX_KEY_BYTES:
        raise ValueError("the key is not 1 to 1,024 bytes long")
    return key


def _boolean(named: Mapping[str, str], name: str) -> bool:
    text = named.get(name, "").lower() or "false"
    if text not in _BOOLEANS:
        raise ValueError(f"{name} is neither true nor false")
    return _BOOLEANS[text]


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("LastModifiedDate is not a time in ISO 8601") from None
    if time and time.tzinfo is None:
        raise ValueError("LastModifiedDate has no time zone")
    return time
