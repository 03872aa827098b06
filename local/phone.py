"""What a phone does: put a picture to the address that its backend signed for it."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass

import requests

from local.engine import Engine

ADDRESS_VALID_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone whose app backend hands out presigned PUTs for one bucket."""

    engine: Engine
    bucket: str

    def upload(self, key: str, content: bytes, *, subject: str | None = None) -> str:
        """Upload and return the object's version id. `subject` is whose selfie it is."""
        metadata = {"subject": subject} if subject else {}
        s3 = self.engine.session.client("s3", endpoint_url=self.engine.url)
        address = s3.generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": key, "Metadata": metadata},
            ExpiresIn=ADDRESS_VALID_SECONDS,
        )
        headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        answer = requests.put(
            address, data=content, headers=headers, timeout=30, verify=str(self.engine.ca_bundle)
        )
        answer.raise_for_status()
        return urllib.parse.unquote(answer.headers["x-amz-version-id"])
