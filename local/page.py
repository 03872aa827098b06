"""The capture page with a cloud on this machine: ``python -m local.page [--name NAME]``.

The page has a port of its own, so that CORS of the API and of the bucket applies as on the web.
"""

import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.cloud import leave_running, local_cloud, read_arguments, with_upload_api
from local.console import UserError, run
from local.loopback import listen, serve
from local.parameters import read_parameters
from local.sam_cli import PROJECT, sam_build
from local.upload_api import SUBJECT

WEB = PROJECT / "web"
PERMISSIONS_POLICY = "camera=(self), accelerometer=(self), gyroscope=(self)"


def content_security_policy(api_url: str) -> str:
    """The policy that web/README.md asks of whoever serves the page.

    API and bucket are at one address here; on AWS `connect-src` names both.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self' {api_url}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


class _WithHeaders:
    """Adds headers to every answer."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page_application(folder: Path, api_url: str) -> Starlette:
    """The files of the page, and its config.json with the API's URL in it."""

    async def config(_request: Request) -> Response:
        return JSONResponse(json.loads((folder / "config.json").read_text()) | {"api_url": api_url})

    headers = {
        "content-security-policy": content_security_policy(api_url),
        "permissions-policy": PERMISSIONS_POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Starlette(
        routes=[
            Route("/config.json", config),
            Mount("/", StaticFiles(directory=folder, html=True)),
        ],
        middleware=[Middleware(_WithHeaders, headers)],
    )


def main() -> int:
    """Run a cloud and the page until they are interrupted."""
    options = read_arguments("make page", __doc__)
    return run(lambda: _serve(options.name, options.parameters), interrupted=0)


def _serve(name: str, parameters: str) -> int:
    listener, url = listen()
    options = with_upload_api(read_parameters(parameters), url)
    with listener, local_cloud(name, build=sam_build, **options) as cloud:
        api = cloud.upload_api
        if api is None:
            happened = "The page needs the upload API, and these parameters turn it off."
            raise UserError(happened, "Leave UploadApi=off and CreateUploadBucket=off out.")
        with serve(page_application(WEB, api.url), listener):
            leave_running(
                name,
                {**cloud.variables(), "PAGE_URL": url},
                f"The page, with a token of the subject {SUBJECT!r}, good for an hour:",
                f"  {url}/#token={api.token()}",
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
