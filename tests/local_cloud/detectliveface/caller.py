"""A caller that can sign wrongly, which the official SDK cannot."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from liveness.credentials import TencentCredentials
from liveness.tencent.auth import sign
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls one fake. Headers that are None are left out; `resign` edits Authorization."""

    fake: FakeDetectLiveFace

    def post(
        self,
        parameters: Mapping[str, Any] | bytes,
        *,
        credentials: TencentCredentials = DEFAULT_CREDENTIALS,
        headers: Mapping[str, str | None] | None = None,
        skew: int = 0,
        content_type: str = JSON,
        host: str | None = None,
        service: str = "iai",
        signed: Mapping[str, str] | None = None,
        resign: Callable[[str], str] = str,
        timeout: float = 10,
    ) -> requests.Response:
        """Send one call and return the response."""
        body = parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()
        timestamp = int(time.time()) + skew
        sent: dict[str, str | None] = {
            "Content-Type": content_type,
            "Host": host or self.fake.endpoint,
            "X-TC-Action": "DetectLiveFace",
            "X-TC-Version": "2020-03-03",
            "X-TC-Region": "ap-guangzhou",
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Token": credentials.token,
            "Authorization": resign(
                sign(
                    body,
                    content_type=content_type,
                    host=host or self.fake.endpoint,
                    timestamp=timestamp,
                    credentials=credentials,
                    service=service,
                    signed_headers=signed or {},
                ).authorization
            ),
            **(headers or {}),
        }
        return requests.post(
            self.fake.url,
            data=body,
            headers={name: value for name, value in sent.items() if value is not None},
            timeout=timeout,
            allow_redirects=False,
        )

    def call(self, parameters: Mapping[str, Any] | bytes, **how: Any) -> dict[str, Any]:
        """Call and return the fields of the document's `Response`."""
        response = self.post(parameters, **how)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == JSON
        fields: dict[str, Any] = response.json()["Response"]
        assert fields["RequestId"]
        return fields

    def error_code(self, parameters: Mapping[str, Any] | bytes, **how: Any) -> str | None:
        """Call and return the error's code; None for a success."""
        error = self.call(parameters, **how).get("Error")
        if error is None:
            return None
        assert error["Message"]
        return str(error["Code"])
