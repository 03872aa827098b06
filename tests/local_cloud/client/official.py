"""The vendor's own client, for comparison with ours."""

from __future__ import annotations

from typing import Any

# The vendor ships neither annotations nor stubs.
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.retry import StandardRetryer

from local.detectliveface.process import DEFAULT_CREDENTIALS


def official(endpoint: str, url: str, *, timeout: float = 10.0) -> dict[str, Any]:
    """Call through the generic client, with its standard retries without delays."""
    http = HttpProfile(protocol="http", endpoint=endpoint, reqTimeout=timeout)
    profile = ClientProfile(httpProfile=http)
    profile.retryer = StandardRetryer(backoff_fn=lambda _: 0)
    key = Credential(DEFAULT_CREDENTIALS.secret_id, DEFAULT_CREDENTIALS.secret_key)
    client = CommonClient("iai", "2020-03-03", key, "ap-guangzhou", profile)
    response: dict[str, Any] = client.call_json("DetectLiveFace", {"Url": url})
    return response
