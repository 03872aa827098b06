"""The server of `make page`, over http: files, configuration, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.loopback import listen, serve
from local.page import content_security_policy, page_application

API_URL = "http://127.0.0.1:8000"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "web"
    folder.mkdir()
    for name in ("index.html", "app.js", "style.css", "texts.json", "icon.svg"):
        (folder / name).write_text("{}")
    (folder / "config.json").write_text('{"api_url": "", "consent_id": "selfie-1"}')
    (tmp_path / "secret.txt").write_text("not of the page")
    listener, url = listen()
    with serve(page_application(folder, API_URL), listener):
        yield url


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/texts.json", "application/json"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_each_file_has_its_type_and_the_policy(path: str, content_type: str, url: str) -> None:
    response = requests.get(f"{url}{path}", timeout=10)

    assert (response.status_code, response.headers["content-type"]) == (200, content_type)
    assert response.headers["content-security-policy"] == content_security_policy(API_URL)
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_configuration_names_the_api(url: str) -> None:
    configuration = requests.get(f"{url}/config.json", timeout=10).json()

    assert configuration == {"api_url": API_URL, "consent_id": "selfie-1"}


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/missing.js"])
def test_nothing_else_is_served(path: str, url: str) -> None:
    request = requests.Request("GET", url).prepare()
    # As it is: `requests` would normalise it.
    request.url = f"{url}{path}"
    response = requests.Session().send(request, timeout=10)

    assert response.status_code == 404
