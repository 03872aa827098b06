"""Scripts of one origin may use the API and the form; those of another may not."""

from __future__ import annotations

import socket

import pytest
import requests

from local.cloud import LocalCloud
from tests.local_cloud.upload_api.people import Person

OTHER_ORIGIN = "http://127.0.0.1:9"
ALLOWED = "access-control-allow-origin"


def preflight(url: str, origin: str, method: str, *headers: str) -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(headers)
    return requests.options(url, headers=asked, timeout=30)


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_a_script_of_the_origin_may_send_a_token(
    method: str, api_url: str, web_app: tuple[socket.socket, str]
) -> None:
    names = ("authorization", "content-type", "idempotency-key")
    answer = preflight(f"{api_url}/v1/uploads", web_app[1], method, *names)

    assert answer.ok
    assert answer.headers[ALLOWED] == web_app[1]
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in names)


def test_a_script_of_another_origin_may_not(api_url: str) -> None:
    assert ALLOWED not in preflight(f"{api_url}/v1/uploads", OTHER_ORIGIN, "POST").headers


def test_a_script_reads_when_to_try_again(
    person: Person, web_app: tuple[socket.socket, str]
) -> None:
    answer = person.phone.request("GET", "/unknown", headers={"Origin": web_app[1]})

    assert answer.headers[ALLOWED] == web_app[1]
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


def test_a_script_of_the_origin_may_send_the_form(
    person: Person, cloud: LocalCloud, web_app: tuple[socket.socket, str]
) -> None:
    url = person.started(b"x")["url"]

    assert preflight(url, web_app[1], "POST").headers[ALLOWED] == web_app[1]
    assert ALLOWED not in preflight(url, OTHER_ORIGIN, "POST").headers
    # Reading pictures is for nobody's script.
    assert ALLOWED not in preflight(url, web_app[1], "GET").headers
