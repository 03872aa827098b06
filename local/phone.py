"""A phone with one person's token: it uses the upload API and its forms, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

# Longer than a long poll, whose function may have to start before.
_TIMEOUT_SECONDS = 60.0
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Phone:
    """Each method sends one request and returns the response, whatever it is."""

    api_url: str
    token: str | None

    def start(
        self, size: int, content_type: str = "image/jpeg", *, key: str | None = None, **more: Any
    ) -> requests.Response:
        """POST /v1/uploads, with an Idempotency-Key or without; `more` is added to the body."""
        body = {"content_type": content_type, "size": size, **more}
        return self.request("POST", "", json=body, headers={"Idempotency-Key": key} if key else {})

    def send(self, upload: Mapping[str, Any], picture: bytes, **changed: str) -> requests.Response:
        """Send the form with the picture; `changed` fields replace those of the API."""
        fields = upload["fields"] | changed
        files = {"file": ("selfie", picture)}
        return requests.post(upload["url"], data=fields, files=files, timeout=_TIMEOUT_SECONDS)

    def status(self, upload_id: str, *, wait: int = 0) -> requests.Response:
        """GET /v1/uploads/{id}; a long poll takes up to 20 seconds."""
        return self.request("GET", f"/{upload_id}?wait={wait}" if wait else f"/{upload_id}")

    def erase(self, upload_id: str) -> requests.Response:
        """DELETE /v1/uploads/{id}."""
        return self.request("DELETE", f"/{upload_id}")

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] = NOTHING, **options: Any
    ) -> requests.Response:
        """Send any request to `/v1/uploads` and what is below it."""
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        return requests.request(
            method,
            f"{self.api_url}/v1/uploads{path}",
            headers={**bearer, **headers},
            timeout=_TIMEOUT_SECONDS,
            **options,
        )
