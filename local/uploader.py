"""Uploads as a phone does: an HTTP PUT to a presigned URL."""

import urllib.parse
from dataclasses import dataclass

import requests

from local.emulator import Emulator

URL_VALID_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Uploader:
    """A phone whose app backend presigns PUTs to one bucket."""

    emulator: Emulator
    bucket: str

    def upload(self, key: str, content: bytes, *, subject: str | None = None) -> str:
        """Upload and return the object's version id. `subject` is whose selfie it is."""
        metadata = {"subject": subject} if subject else {}
        url = self.emulator.client("s3").generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": key, "Metadata": metadata},
            ExpiresIn=URL_VALID_SECONDS,
        )
        headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        ca_bundle = str(self.emulator.ca_bundle)
        response = requests.put(url, data=content, headers=headers, timeout=30, verify=ca_bundle)
        response.raise_for_status()
        return urllib.parse.unquote(response.headers["x-amz-version-id"])
