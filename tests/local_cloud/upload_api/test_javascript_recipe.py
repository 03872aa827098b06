"""The JavaScript of docs/app.md, as a reader copies it, in a browser and from another origin."""

from __future__ import annotations

import base64
import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.cloud import LocalCloud
from local.loopback import serve
from tests.local_cloud.upload_api.people import Person, detectliveface_answers
from tests.page.browser import Camera, run_browser
from tests.page.chromium import HOW_TO_INSTALL, find_chromium
from tests.recipes import recipe_file

# What Selenium runs: arguments in, and the last one is called with what comes out.
_SCRIPT = """
const [api, token, picture, done] = arguments;
const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
const blob = new Blob([bytes], { type: "image/jpeg" });
import("/selfie.js")
  .then((module) => module.checkSelfie(api, token, blob))
  .then((answer) => done(answer.status), (error) => done(error.code ?? String(error)));
"""


def _application() -> Starlette:
    module = recipe_file("docs/app.md", "JavaScript", "selfie.js")
    return Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse("<!doctype html><title>An app</title>")),
            Route("/selfie.js", lambda _: Response(module, media_type="text/javascript")),
        ]
    )


def test_the_javascript_function_returns_the_status_or_rejects_with_the_code(
    cloud: LocalCloud,
    web_app: tuple[socket.socket, str],
    api_url: str,
    person: Person,
    next_selfie: bytes,
) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(f"no Chromium: {HOW_TO_INSTALL}")
    listener, url = web_app
    picture = base64.b64encode(next_selfie).decode()
    with (
        serve(_application(), listener.dup()),
        run_browser(chromium, Camera(None)) as driver,
        detectliveface_answers(cloud, next_selfie, "spoof"),
    ):
        driver.get(url)
        answer = driver.execute_async_script(_SCRIPT, api_url, person.phone.token, picture)
        person.started(next_selfie)
        refused = driver.execute_async_script(_SCRIPT, api_url, person.phone.token, picture)

    assert (answer, refused) == ("not_live", "upload_open")
